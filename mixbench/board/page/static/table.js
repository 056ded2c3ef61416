// The board's table: DataTables sorts; every cell is a node that is made here. DataTables' own search is given no text,
// since it reads one with an & in it as markup.
let table = null;
let columnNames = [];

DataTable.type("measure", {
  order: {
    asc: (a, b) => missingLast(a, b) ?? a - b,
    desc: (a, b) => missingLast(a, b) ?? b - a,
  },
});

function missingLast(a, b) {
  const left = typeof a !== "number", right = typeof b !== "number";
  return left || right ? Number(left) - Number(right) : null;
}

function showTable() {
  table?.destroy();
  state.chosen = [];
  const names = present(state.group);
  const columns = [...ownColumns(), ...names.map(measureColumn)];
  const head = el("thead", {}, el("tr", {}, columns.map((column) => column.head)));
  const body = el("table", { class: "board" }, head);
  byId("table-home").replaceChildren(body);
  table = new DataTable(body, {
    data: state.group.rows.map((row, place) => ({ row, place })),
    columns: columns.map(({ head: _, ...column }) => column),
    createdRow: (node, { row, place }) => dressRow(node, row, place),
    paging: false, info: false, autoWidth: false, order: [],
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
  });
  table.search.fixed("chosen", (_, { row }) => wanted(row));
  columnNames = columns.map(({ name }) => name);
  table.on("draw", () => afterDraw());
  table.on("order", () => keepAddress());
  showColumns();
  filterTable();
  markChosen();
  watchEdge(byId("table-home"));
}

function column(title, value, node, extra = {}, attributes = {}) {
  return {
    data: null,
    searchable: false,
    type: "string",
    head: el("th", { scope: "col", ...attributes }, title),
    render: (_, purpose, { row, place }) => (purpose === "display" ? node(row, place) : value(row, place)),
    ...extra,
  };
}

function ownColumns() {
  const ranks = state.group.order?.average ?? [];
  const average = (_, place) => ranks[place] ?? null;
  const overall = column("overall", average, (row, place) => el("span", {}, average(row, place)?.toFixed(1) ?? ""), {
    name: "overall", type: "measure", className: "number own",
  }, { title: "average rank over the headline measures: see Overall order" });
  return [
    column(el("span", { class: "hidden-text" }, "compare"), () => "", tick, { orderable: false, className: "tick" }),
    column("method", (row) => row.label, methodCell, { name: "method", className: "method" }),
    ...(ranks.length ? [overall] : []),
    column("seeds", (row) => row.seeds.length, (row) => el("span", { title: `seeds ${row.seeds.join(", ")}` }, `${row.records.length}`), {
      name: "seeds", type: "measure", className: "number own seeds",
    }),
  ];
}

function measureColumn(name) {
  const { meaning, direction, kind } = MEASURE.get(name);
  const unit = unitOf(name);
  const title = [
    el("span", { class: "kind" }, sectionOf(name)), " ", shortOf(name), " ",
    el("span", { class: "unit" }, `${unit} ${ARROWS[kind]}`.trim()),
  ];
  return column(title, (row) => (row.cells[name] ? merit(row.cells[name][0], name) : null), (row) => measureCell(row.cells[name], name), {
    name, type: "measure", className: "number",
    orderSequence: kind === "ceiling" ? ["desc", "asc", ""] : ["asc", "desc", ""],
  }, { title: `${name}: ${meaning} (${direction})` });
}

function measureCell(cell, name) {
  if (!cell) return el("span");
  const value = el(cell[5] ? "strong" : "span", { class: "value" }, number(cell[0], name));
  return el("span", { class: "cell" }, value, el("span", { class: "below" }, interval(cell, name), badge(cell[4])));
}

function tick(row, place) {
  const box = el("input", { type: "checkbox", tabindex: "-1", "aria-label": `compare ${row.label}` });
  box.addEventListener("click", (event) => event.stopPropagation());
  box.addEventListener("change", () => choose(place));
  return box;
}

function methodCell(row) {
  const marks = [
    row.flags.length ? el("span", { class: "flag", title: row.flags.join("\n") }, `⚑ ${row.flags.length}`) : null,
    row.contributed ? el("span", { class: "tag", title: "a method that MixBench does not ship" }, "contributed") : null,
  ];
  return el("span", {}, el("span", { class: "name", title: row.spec }, breakable(row.label)), marks, el("span", { class: "family" }, row.family));
}

function dressRow(node, row, place) {
  node.dataset.place = place;
  node.tabIndex = -1;
  node.setAttribute("aria-haspopup", "dialog");
  node.addEventListener("click", (event) => event.target.closest("td.tick") ?? openRow(row));
  node.addEventListener("keydown", (event) => rowKey(event, node, row, place));
}

function rowKey(event, node, row, place) {
  if (event.target !== node) return;
  const lines = [...node.parentNode.rows];
  const at = lines.indexOf(node);
  const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
  if (goal !== undefined) focusRow(lines[goal]);
  else if (event.key === "Enter") openRow(row);
  else if (event.key === " ") choose(place);
  else return;
  event.preventDefault();
}

// One row at a time is on the way of the Tab key; the arrows move along the rows.
function focusRow(node) {
  if (!node) return;
  for (const line of node.parentNode.rows) line.tabIndex = -1;
  node.tabIndex = 0;
  node.focus();
}

function showColumns() {
  for (const name of present(state.group)) table.column(`${name}:name`).visible(state.shown.has(name), false);
  table.columns.adjust();
}

// The sorting as names of columns, a minus before those that fall.
function sortedBy() {
  return table.order().filter(([, way]) => way).map(([place, way]) => `${way === "desc" ? "-" : ""}${columnNames[place]}`).join(" ");
}

function sortBy(text) {
  const ways = text.split(" ").map((word) => [columnNames.indexOf(word.replace(/^-/, "")), word.startsWith("-") ? "desc" : "asc"]);
  table.order([...new Map(ways.filter(([place]) => place > 0))]);
}

function filterTable() {
  table.draw();
  sayHidden();
}

function wanted(row) {
  const text = `${row.label} ${row.spec} ${row.family}`.toLowerCase();
  const words = byId("find").value.toLowerCase().split(/\s+/);
  return ["", row.family].includes(byId("family").value) && words.every((word) => text.includes(word));
}

function afterDraw() {
  const lines = [...table.table().body().rows].filter((line) => line.dataset.place);
  for (const [place, line] of lines.entries()) line.tabIndex = place ? -1 : 0;
  byId("count").textContent = `${lines.length} of ${plural(state.group.rows.length, "method")}.`;
}
