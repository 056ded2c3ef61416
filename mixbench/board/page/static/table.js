// The board's table: as many rows as one page has, each cell a node that is made here.
function showTable() {
  const names = present(state.group).filter((name) => state.shown.has(name));
  const rows = shownRows();
  const lanes = bandLanes(rows);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  state.page = Math.min(state.page, pages - 1);
  const slice = state.whole ? rows : rows.slice(state.page * PAGE, (state.page + 1) * PAGE);
  const body = el("tbody", {}, slice.length ? bodyNodes(slice, names, lanes) : emptyLine());
  const home = byId("table-home");
  const focused = home.contains(document.activeElement) ? document.activeElement.closest("th")?.dataset.name : null;
  home.replaceChildren(el("table", { class: "board" }, el("caption", { class: "hidden-text" }, "Board"), headNode(names, lanes), body));
  if (focused) home.querySelector(`th[data-name="${CSS.escape(focused)}"] button`)?.focus();
  for (const [place, line] of rowNodes().entries()) line.tabIndex = place ? -1 : 0;
  sayCount(rows, slice);
  sayPages(pages);
  watchEdge(home);
  sayHidden();
}

function rowNodes() {
  return [...byId("table-home").querySelectorAll("tr[data-place]")];
}

function bodyNodes(slice, names, lanes) {
  let before = null;
  return slice.flatMap((row) => {
    const nodes = row.why !== null && row.why !== before ? [sectionLine(row.why), rowNode(row, names, lanes)] : [rowNode(row, names, lanes)];
    before = row.why;
    return nodes;
  });
}

function sectionLine(why) {
  return el("tr", { class: "section" }, el("td", { colspan: "99" }, el("span", {}, why[0].toUpperCase() + why.slice(1), ". Not ranked.")));
}

function emptyLine() {
  return el("tr", {}, el("td", { colspan: "99", class: "empty" }, "No method is called so, nor its paper, nor its authors."));
}

function sayCount(rows, slice) {
  const all = state.group.rows.length;
  const from = slice.length ? rows.indexOf(slice[0]) + 1 : 0;
  const part = slice.length < rows.length ? `${from} to ${from + slice.length - 1} of ${rows.length} found, of ${plural(all, "method")}` : `${rows.length} of ${plural(all, "method")}`;
  byId("count").textContent = `${part}. ${sortWords()}.`;
}

function sortWords() {
  if (state.sort) {
    const { name, way } = state.sort;
    const title = MEASURE.has(name) ? titleOf(name) : { method: "name", wins: "wins less losses", seeds: "seeds" }[name];
    return `Sorted by ${title}, ${name === "wins" ? (way === "asc" ? "best" : "worst") : way === "asc" ? "lowest" : "highest"} first`;
  }
  const { headline, panel, sortedBy: by } = state.group;
  if (MEASURE.has(by)) return `Sorted by ${titleOf(by)}, best first`;
  return headline.length ? `Sorted by wins less losses against ${plural(panel.labels.length, "panel row")} in ${plural(headline.length, "headline measure")}`
    : "Sorted by name: no two rows have three seeds and their outcomes, so none can be told apart";
}

function sayPages(pages) {
  byId("pages").hidden = pages < 2 || state.whole;
  byId("page-before").disabled = state.page === 0;
  byId("page-after").disabled = state.page === pages - 1;
  byId("page-at").textContent = `Page ${state.page + 1} of ${pages}`;
}

function turnPage(step) {
  state.page += step;
  showTable();
  byId("table-home").scrollTop = 0;
  keepAddress();
}

function clickSort(name) {
  state.sort = nextSort(name);
  state.page = 0;
  showTable();
  keepAddress();
}

function filterRows() {
  state.page = 0;
  showTable();
  refreshView();
}

function rowKey(event, node, row) {
  if (event.target !== node) return;
  const lines = rowNodes();
  const at = lines.indexOf(node);
  const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
  if (goal !== undefined) focusRow(lines[goal]);
  else if (event.key === "Enter") openRow(row);
  else if (event.key === " ") choose(row.place);
  else return;
  event.preventDefault();
}

// One row at a time is on the way of the Tab key; the arrows move along the rows.
function focusRow(node) {
  if (!node) return;
  for (const line of rowNodes()) line.tabIndex = -1;
  node.tabIndex = 0;
  node.focus();
}

// On paper there are no pages to turn.
function buildPrint() {
  for (const [event, whole] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => {
      if (!state.group) return;
      state.whole = whole;
      showTable();
    });
  }
}
