// The table's head: what each column is, what it is sorted by, and what it can tell.
function headNode(names, lanes) {
  const own = [
    el("th", { scope: "col", class: "tick" }, said("compare")),
    sortHead("method", "method", "method", "by name"),
    lanes ? el("th", { scope: "col", class: "ties" }, said("ties")) : null,
    sortHead("wins", ["wins/", el("wbr"), "losses"], "number own", "against the panel, over the headline measures: see Overall order"),
    sortHead("seeds", "seeds", "number own seeds", "averaged, and further ones"),
  ];
  const lines = [el("tr", {}, own, names.map(measureHeadCell))];
  if (names.some((name) => state.group.columns[name]?.resolution)) lines.push(resolutionLine(names, lanes));
  return el("thead", {}, lines);
}

function sortHead(name, title, kind, about) {
  const way = state.sort?.name === name ? state.sort.way : null;
  const button = el("button", { type: "button", class: "sort", title: about, onclick: () => clickSort(name) }, title,
    el("span", { class: "way", "aria-hidden": "true" }, way ? (way === "asc" ? " ▲" : " ▼") : ""));
  return el("th", { scope: "col", class: kind, "data-name": name, "aria-sort": way && (way === "asc" ? "ascending" : "descending") }, button);
}

function measureHeadCell(name) {
  const { meaning, direction, sign } = MEASURE.get(name);
  const title = [
    el("span", { class: "kind" }, sectionOf(name)), " ", el("span", { class: "short" }, shortOf(name)), " ",
    el("span", { class: "unit" }, `${unitOf(name)} ${sign}`.trim()),
  ];
  return sortHead(name, title, "number", `${name}: ${meaning} (${direction})`);
}

function resolutionLine(names, lanes) {
  const label = el("th", { scope: "row", class: "method" }, el("span", { class: "short" }, "resolution"),
    el("span", { class: "kind" }, "differences below it are noise"));
  const fields = names.map((name) => el("td", { class: "number" }, resolutionCell(state.group.columns[name], name)));
  return el("tr", { class: "resolution", title: "see About: reading the table" }, el("td", { class: "tick" }), label,
    lanes ? el("td", { class: "ties" }) : null, el("td", { class: "number own" }), el("td", { class: "number own seeds" }), fields);
}

function resolutionCell(head, name) {
  if (!head?.resolution) return el("span", { class: "kind", title: head?.note }, "–");
  const unit = unitWords(head, name);
  const seeds = head.seedsForUnit ? `${unit}: ${plural(head.seedsForUnit, "seed")}` : `${unit}: never`;
  return el("span", { class: "cell" }, el("span", { class: "value" }, el("span", { "aria-hidden": "true" }, "±\u202f"), number(head.resolution, name)),
    el("span", { class: "below" }, seeds), el("span", { class: "below" }, head.floor === null ? "no floor known" : `floor ${number(head.floor, name)}`));
}
