// Numbers from papers, apart from what was measured.
const PUBLISHED = [
  ["augmentation", "method"], ["measure", "measure"], ["percent", "value"], ["dataset", "data"], ["backbone", "backbone"],
  ["setting", "setting"], ["source", "source"], ["where", "where"], ["note", "note"],
];

function buildPublished() {
  byId("tab-published").hidden = !DATA.published.length;
}

// Made when it is first looked at: thousands of rows would hold up the board.
function showPublished() {
  const home = byId("published-home");
  if (home.hasChildNodes()) return;
  const head = el("thead", {}, el("tr", {}, PUBLISHED.map(([key, title]) => el("th", { scope: "col", class: key === "percent" ? "number" : null }, title))));
  home.replaceChildren(el("table", { class: "board" }, el("caption", { class: "hidden-text" }, "Published numbers"), head, el("tbody", {}, DATA.published.map(publishedLine))));
  watchEdge(home);
}

function publishedLine(row) {
  const texts = { ...row, measure: MEASURE.has(row.measure) ? titleOf(row.measure) : row.measure, percent: `${row.percent} %` };
  return el("tr", {}, PUBLISHED.map(([key]) => el("td", { class: key === "percent" ? "number" : "prose" }, texts[key])));
}
