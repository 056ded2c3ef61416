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
  if (byId("published-home").hasChildNodes()) return;
  const kinds = { measure: publishedMeasure, percent: (row) => `${row.percent} %` };
  const numeric = (key) => key === "percent";
  const body = el("table", { class: "board" }, el("thead", {}, el("tr", {}, PUBLISHED.map(([, title]) => el("th", { scope: "col" }, title)))));
  byId("published-home").replaceChildren(body);
  new DataTable(body, {
    data: DATA.published, paging: false, searching: false, info: false, autoWidth: false, order: [],
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
    columns: PUBLISHED.map(([key]) => ({
      data: null, searchable: false, className: numeric(key) ? "number" : "prose", type: numeric(key) ? "measure" : "string",
      render: (_, purpose, row) => purpose === "display" ? el("span", {}, (kinds[key] ?? ((each) => each[key]))(row)) : numeric(key) ? Number(row[key]) : row[key],
    })),
  });
  watchEdge(byId("published-home"));
}

function publishedMeasure(row) {
  return MEASURE.has(row.measure) ? titleOf(row.measure) : row.measure;
}
