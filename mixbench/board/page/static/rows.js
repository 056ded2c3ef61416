// Which rows are shown, in which order: what is wanted, sorted, ranked rows first and the others under their reason.
const PAGE = 100;

function shownRows() {
  const rows = sorted(state.group.rows.filter(wanted));
  const reasons = [null, ...new Set(state.group.rows.map(({ why }) => why).filter((why) => why !== null))];
  return reasons.flatMap((reason) => rows.filter(({ why }) => why === reason));
}

function wanted(row) {
  row.text ??= searched(row);
  const words = byId("find").value.toLowerCase().split(/\s+/);
  return ["", row.family].includes(byId("family").value) && words.every((word) => row.text.includes(word));
}

// A row is found by its name, family and status, and by its papers' titles, authors, years, venues and arXiv numbers.
function searched(row) {
  const papers = row.methods.map((name) => DATA.papers[name]).flatMap(({ title, authors, year, venue, arxiv }) => [title, authors, year, venue, arxiv]);
  return [row.label, row.spec, row.family, row.status, ...papers].join(" ").toLowerCase();
}

// The board's own order where nothing is chosen. What is missing comes last, whichever way.
function sorted(rows) {
  if (!state.sort) return rows;
  const { name, way } = state.sort;
  const key = sortKey(name);
  const order = (a, b) => (typeof a === "string" ? a.localeCompare(b, "en") : a - b) * (way === "desc" ? -1 : 1);
  return rows.toSorted((one, other) => {
    const [a, b] = [key(one), key(other)];
    return a === null || b === null ? Number(a === null) - Number(b === null) : order(a, b);
  });
}

function sortKey(name) {
  if (name === "method") return (row) => row.label;
  if (name === "wins") return (row) => (net(row) === null ? null : -net(row));
  if (name === "seeds") return (row) => row.records;
  return (row) => (row.cells[name] ? merit(row.cells[name][0], name) : null);
}

// Where a value stands on the way to worse: a gap is as bad on either side of zero.
function merit(value, name) {
  return MEASURE.get(name).kind === "zero" ? Math.abs(value) : value;
}

// One click after another: best first, worst first, the board's own order.
function nextSort(name) {
  const ways = MEASURE.get(name)?.kind === "ceiling" ? ["desc", "asc"] : ["asc", "desc"];
  const at = state.sort?.name === name ? ways.indexOf(state.sort.way) : -1;
  return at + 1 < ways.length ? { name, way: ways[at + 1] } : null;
}

function sortedBy() {
  return state.sort ? `${state.sort.way === "desc" ? "-" : ""}${state.sort.name}` : "";
}

function sortBy(text) {
  const name = text.replace(/^-/, "");
  const known = ["method", "wins", "seeds"].includes(name) || MEASURE.has(name);
  state.sort = known ? { name, way: text.startsWith("-") ? "desc" : "asc" } : null;
}
