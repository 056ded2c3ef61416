// The overall order: a critical-difference diagram of average ranks.
const ORDER = { side: 230, middle: 460, step: 22, bar: 8, top: 66 };

function showOrder() {
  const { order, rows } = state.group;
  if (!order) return byId("panel-order").replaceChildren();
  const lines = order.average.map((rank, place) => el("tr", {}, el("td", { class: "number" }, `${place + 1}`),
    el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => openRow(rows[place]) }, rows[place].label)),
    el("td", { class: "number" }, rank.toFixed(2))));
  byId("panel-order").replaceChildren(
    el("p", { class: "prose" }, "The rule: rank the methods by their mean on each of ", `${order.measures.length} headline measures`,
      ", ties sharing their rank, and average the ranks. Every measure has the same weight; unlike measures are never summed. ",
      `Two methods whose average ranks differ by at most the critical difference, ${order.difference.toFixed(2)} `,
      "(Nemenyi’s test at 5 %), are not told apart: a bar joins them. ",
      `Friedman’s test that all rank alike: p = ${order.p}.`),
    el("ul", { class: "measures" }, order.measures.map((name) => el("li", { title: MEASURE.get(name)?.meaning }, titleOf(name)))),
    edged({ role: "region", "aria-label": "Critical-difference diagram", tabindex: "0" }, orderPicture(order, rows)),
    rows.length > order.average.length
      ? el("p", { class: "small" }, `Without a headline measure, so not in the order: ${rows.slice(order.average.length).map((row) => row.label).join(", ")}.`) : "",
    folded("As a table", el("table", { class: "plain narrow" },
      el("thead", {}, el("tr", {}, ["", "method", "average rank"].map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, lines))),
  );
}

function orderPicture(order, rows) {
  const count = order.average.length;
  const width = 2 * ORDER.side + ORDER.middle;
  const x = (rank) => ORDER.side + ((rank - 1) / (count - 1)) * ORDER.middle;
  const below = ORDER.top + 12 + order.joined.length * ORDER.bar + 14;
  const height = below + Math.ceil(count / 2) * ORDER.step;
  const about = `Average ranks of ${count} methods, from ${rows[0].label} (${order.average[0].toFixed(2)}) to ${rows[count - 1].label}`;
  return svg("svg", { class: "order", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": about },
    orderAxis(count, x), orderDifference(order, count, x),
    order.joined.map(([first, last], level) => orderBar(x(order.average[first]), x(order.average[last]), ORDER.top + 12 + level * ORDER.bar)),
    order.average.map((rank, place) => orderLine(rank, place, count, x, below, width, rows[place])));
}

function orderAxis(count, x) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => (count - 1) / each <= 10) ?? count;
  const ticks = [1, ...Array.from({ length: Math.floor(count / step) }, (_, place) => (place + 1) * step)].filter((tick, place) => !place || tick > 1);
  return [
    svg("line", { class: "axis", x1: x(1), x2: x(count), y1: ORDER.top, y2: ORDER.top }),
    ...ticks.flatMap((tick) => [
      svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: ORDER.top - 6, y2: ORDER.top }),
      svg("text", { class: "dim", x: x(tick), y: ORDER.top - 11, "text-anchor": "middle" }, `${tick}`),
    ]),
    svg("text", { class: "dim", x: x(1) - 16, y: ORDER.top + 4, "text-anchor": "end" }, "better"),
  ];
}

function orderDifference(order, count, x) {
  const end = x(Math.min(1 + order.difference, count));
  const cut = order.difference > count - 1 ? " (wider than the axis)" : "";
  return [
    svg("line", { class: "difference", x1: x(1), x2: end, y1: 24, y2: 24 }),
    svg("line", { class: "difference", x1: x(1), x2: x(1), y1: 19, y2: 29 }),
    svg("line", { class: "difference", x1: end, x2: end, y1: 19, y2: 29 }),
    svg("text", { x: (x(1) + end) / 2, y: 14, "text-anchor": "middle" }, `critical difference ${order.difference.toFixed(2)}${cut}`),
  ];
}

function orderBar(from, to, y) {
  return svg("line", { class: "joined", x1: from - 3, x2: to + 3, y1: y, y2: y });
}

function orderLine(rank, place, count, x, below, width, row) {
  const left = place < Math.ceil(count / 2);
  const y = below + (left ? place : count - 1 - place) * ORDER.step;
  const edge = left ? ORDER.side - 10 : width - ORDER.side + 10;
  const label = svg("text", { class: "method", x: left ? edge - 6 : edge + 6, y: y + 4, "text-anchor": left ? "end" : "start" },
    svg("title", {}, `${row.spec}: ${rank.toFixed(2)}`), shortened(row.label, 24), svg("tspan", { class: "dim" }, `  ${rank.toFixed(1)}`));
  label.addEventListener("click", () => openRow(row));
  return svg("g", {}, svg("polyline", { class: "elbow", points: `${x(rank)},${ORDER.top} ${x(rank)},${y} ${edge},${y}` }), label);
}

function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
