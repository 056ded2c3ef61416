// The overall order: wins less losses of each row, with the interval, on one axis.
const ORDER = { line: 24, top: 46, label: 250, axis: 560, number: 70 };

function showOrder() {
  const rows = state.group.rows.filter((row) => row.wins !== null && wanted(row));
  const without = state.group.rows.filter((row) => row.wins === null && wanted(row));
  const { headline, panel } = state.group;
  byId("panel-order").replaceChildren(
    el("p", { class: "prose" }, `A row’s wins: over ${plural(headline.length, "headline measure")}, how many of the panel’s ${panel.labels.length} rows it is better than, beyond what seeds`
      + " and test images explain; its losses: how many are better than it. Every measure counts alike, no two are summed, and rows outside the panel move nobody. The bar is the 95 % interval of wins less losses."),
    el("ul", { class: "measures" }, headline.map((name) => el("li", { title: MEASURE.get(name)?.meaning }, titleOf(name)))),
    rows.length ? edged({ role: "region", "aria-label": "Wins less losses", tabindex: "0" }, orderPicture(rows)) : el("p", { class: "note" }, "No row of this order is called so."),
    without.length ? el("p", { class: "small" }, `Not in the order, since they lack a headline measure, seeds 0, 1, 2 … or outcomes: ${without.map((row) => row.key).join(", ")}.`) : "",
    folded(`The panel: ${plural(panel.labels.length, "row")}`, el("p", { class: "small" }, panelWords(panel))),
    folded("As a table", el("table", { class: "plain narrow" },
      el("thead", {}, el("tr", {}, ["method", "wins", "losses", "wins less losses", "95 % interval"].map((text, place) => el("th", { scope: "col", class: place ? "number" : null }, text)))),
      el("tbody", {}, rows.map(orderRow)))),
  );
}

function panelWords({ labels, listed, missing }) {
  const which = listed ? "Those that the board’s file lists" : "All that are ranked, since no file of the board lists others";
  return `${which}: ${labels.join(", ")}.${missing.length ? ` Listed, and not here in that version: ${missing.join(", ")}.` : ""}`;
}

function orderRow(row) {
  return el("tr", {}, el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => openRow(row) }, row.key)),
    [`${row.wins}`, `${row.losses}`, whole(net(row)), `${whole(row.net[0])} to ${whole(row.net[1])}`].map((text) => el("td", { class: "number" }, text)));
}

function orderPicture(rows) {
  const ends = rows.flatMap((row) => [...row.net, net(row)]);
  const [low, high] = [Math.min(-1, ...ends), Math.max(1, ...ends)];
  const x = (value) => ORDER.label + ((value - low) / (high - low)) * ORDER.axis;
  const width = ORDER.label + ORDER.axis + ORDER.number;
  const height = ORDER.top + rows.length * ORDER.line + 6;
  const about = `Wins less losses of ${plural(rows.length, "row")}, from ${rows[0].label}, ${whole(net(rows[0]))}, to ${rows.at(-1).label}, ${whole(net(rows.at(-1)))}`;
  return svg("svg", { class: "order", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": about },
    orderAxis(low, high, x, height), orderTitles(x, width), rows.map((row, place) => orderLine(row, ORDER.top + (place + 0.5) * ORDER.line, x, width)));
}

function orderAxis(low, high, x, height) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((each) => (high - low) / each <= 8) ?? high;
  const first = Math.ceil(low / step);
  const ticks = Array.from({ length: Math.floor(high / step) - first + 1 }, (_, place) => (first + place) * step);
  return ticks.flatMap((tick) => [
    svg("line", { class: tick ? "grid" : "axis", x1: x(tick), x2: x(tick), y1: ORDER.top - 6, y2: height }),
    svg("text", { class: "dim", x: x(tick), y: ORDER.top - 12, "text-anchor": "middle" }, whole(tick)),
  ]);
}

function orderTitles(x, width) {
  return [svg("text", { class: "dim", x: ORDER.label + ORDER.axis / 2, y: 12, "text-anchor": "middle" }, "wins less losses"),
    svg("text", { class: "dim", x: width - 8, y: 12, "text-anchor": "end" }, "wins/losses")];
}

function orderLine(row, y, x, width) {
  const line = svg("g", { class: state.group.panel.labels.includes(row.label) && row.why === null ? "method" : "method outside" },
    svg("title", {}, `${row.spec}: ${row.wins} wins, ${row.losses} losses`),
    svg("rect", { class: "hit", x: 0, y: y - ORDER.line / 2, width, height: ORDER.line }),
    svg("text", { x: ORDER.label - 14, y: y + 4, "text-anchor": "end" }, shortened(row.label, 30)),
    svg("line", { class: "span", x1: x(row.net[0]), x2: x(row.net[1]), y1: y, y2: y }),
    svg("circle", { class: "dot", cx: x(net(row)), cy: y, r: 4.5 }),
    svg("text", { class: "dim", x: width - 8, y: y + 4, "text-anchor": "end" }, `${row.wins}/${row.losses}`));
  line.addEventListener("click", () => openRow(row));
  return line;
}
