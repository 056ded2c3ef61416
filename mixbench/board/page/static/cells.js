// The cells of a row of the table.
function rowNode(row, names, lanes) {
  const chosen = state.chosen.includes(row.place);
  const node = el("tr", { class: chosen ? "chosen" : null, tabindex: "-1", "data-place": row.place, "aria-haspopup": "dialog" },
    tickCell(row, chosen), methodCell(row), lanes ? tiesCell(row, lanes) : null, winsCell(row),
    el("td", { class: "number own seeds", title: `seeds ${row.seeds.join(", ")}` }, seedsOf(row)),
    names.map((name) => el("td", { class: state.sort?.name === name ? "number sorted" : "number" }, measureCell(row.cells[name], name))));
  node.addEventListener("click", (event) => event.target.closest("td.tick, a") ?? openRow(row));
  node.addEventListener("keydown", (event) => rowKey(event, node, row));
  return node;
}

function tickCell(row, checked) {
  const box = el("input", { type: "checkbox", tabindex: "-1", checked, "aria-label": `compare ${row.key}` });
  box.addEventListener("change", () => choose(row.place));
  return el("td", { class: "tick" }, box);
}

function methodCell(row) {
  const marks = [
    row.flags.length ? el("span", { class: "flag", title: row.flags.join("\n") }, `⚑ ${row.flags.length}`, said(" flags")) : null,
    row.contributed ? el("span", { class: "tag", title: "a method that MixBench does not ship" }, "contributed") : null,
  ];
  return el("th", { scope: "row", class: "method" }, el("span", { class: "name", title: row.spec }, breakable(row.label)), marks,
    el("span", { class: "family" }, row.family, papersOf(row)));
}

function papersOf(row) {
  return row.methods.map((name) => [" · ", paperLink(name, DATA.papers[name].short, "-1")]);
}

function paperLink(name, text = DATA.papers[name].citation, tabindex = null) {
  const { link, title } = DATA.papers[name];
  return el("a", { href: link, title, tabindex, rel: "noreferrer" }, text);
}

function winsCell(row) {
  if (net(row) === null) return el("td", { class: "number own" }, el("span", { title: row.notes.join("\n") }, "–"));
  return el("td", { class: "number own" }, el("span", { class: "cell" },
    el("span", { class: "value" }, said("wins "), `${row.wins}`, el("span", { "aria-hidden": "true" }, "/"), said(", losses "), `${row.losses}`),
    el("span", { class: "below" }, said("wins less losses, 95 % interval "), `${whole(row.net[0])} to ${whole(row.net[1])}`)));
}

function measureCell(cell, name) {
  if (!cell) return el("span", {}, said("not measured"));
  const value = el(cell[5] ? "strong" : "span", { class: "value" }, number(cell[0], name));
  return el("span", { class: "cell" }, value, cell[5] ? said(", best mean") : null, el("span", { class: "below" }, intervalParts(cell, name), badge(cell[4])));
}

function intervalParts(cell, name) {
  const [, low, high] = cell;
  if (low === null || high === null) return null;
  const dash = low < 0 ? " to " : [el("span", { "aria-hidden": "true" }, "–"), said(" to ")];
  return el("span", {}, said(", 95 % interval "), number(low, name), dash, number(high, name));
}

// Bars beside rows that the measure they are sorted by does not tell apart, each band in a lane where it meets no other.
const MOST_LANES = 9;

function bandLanes(rows) {
  const bands = state.group.columns[state.sort?.name]?.bands ?? [];
  const places = new Map(rows.filter(({ why }) => why === null).map((row, place) => [row.label, place]));
  const spans = bands.map((band) => band.map((label) => places.get(label)).filter((place) => place !== undefined))
    .filter((span) => span.length > 1).map((span) => [Math.min(...span), Math.max(...span)]).sort(([a], [b]) => a - b);
  const lanes = [];
  for (const span of spans) {
    const free = lanes.find((lane) => lane.at(-1)[1] < span[0]);
    if (free) free.push(span);
    else lanes.push([span]);
  }
  return lanes.length && lanes.length <= MOST_LANES ? { places, lanes } : null;
}

function tiesCell(row, { places, lanes }) {
  const place = row.why === null ? places.get(row.label) : undefined;
  const bars = lanes.map((lane, at) => {
    const span = lane.find(([first, last]) => first <= place && place <= last);
    if (!span) return null;
    const bar = el("i", { class: `${place === span[0] ? "first" : ""} ${place === span[1] ? "last" : ""}` });
    bar.style.left = `${6 + 6 * at}px`;
    return bar;
  });
  const cell = el("td", { class: "ties", "aria-hidden": "true" }, bars);
  cell.style.minWidth = `${12 + 6 * lanes.length}px`;
  return cell;
}
