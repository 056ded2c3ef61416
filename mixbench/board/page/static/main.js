// Puts the parts together: which group, which view, which colours.
const VIEWS = ["table", "order", "scatter", "published", "measures", "about"];
// The views of rows, which the filter is for.
const FILTERED = ["table", "order", "scatter"];

function build() {
  const suites = [...new Set(DATA.groups.map(suiteKey))];
  options(byId("suite"), suites.map((key) => [key, key]));
  byId("suite").addEventListener("change", () => setSuite());
  byId("backbone").addEventListener("change", () => setGroup());
  byId("find").addEventListener("input", () => filterRows());
  byId("family").addEventListener("change", () => filterRows());
  byId("compare").addEventListener("click", () => openCompare(...state.chosen.map((place) => state.group.rows[place])));
  byId("untick").addEventListener("click", () => untickHidden());
  for (const [id, step] of [["page-before", -1], ["page-after", 1]]) byId(id).addEventListener("click", () => turnPage(step));
  for (const id of ["across", "up", "names", "bars"]) byId(id).addEventListener("change", () => showScatter());
  buildTabs();
  buildTheme();
  buildPanel();
  buildPublished();
  buildPoints();
  buildPrint();
  addEventListener("resize", () => openView() === "scatter" && state.group && showScatter());
  buildAbout();
  watchEdge(document.querySelector("#panel-measures .scroll"));
  showDoubles();
  if (!DATA.groups.length) showNothing();
  buildAddress();
}

// A board without records still explains its measures and shows what papers published.
function showNothing() {
  for (const part of [byId("groups"), byId("tab-table"), byId("tab-scatter"), byId("tab-order")]) part.hidden = true;
  byId("left-out").hidden = false;
  byId("left-out").append(el("p", {}, "No records yet."));
}

function suiteKey(group) {
  const twins = DATA.groups.filter((each) => each.suite === group.suite && each.version === group.version && each.battery === group.battery);
  const same = new Set(twins.map((each) => each.digest)).size > 1 ? ` · ${group.digest.slice(0, 8)}` : "";
  return `${group.suite} v${group.version} · battery ${group.battery}${same}`;
}

function usualSuite() {
  return suiteKey(largest(DATA.groups));
}

function suiteGroups() {
  return DATA.groups.filter((group) => suiteKey(group) === byId("suite").value);
}

function setSuite() {
  listBackbones(largest(suiteGroups()));
  setGroup();
}

function listBackbones(chosen) {
  const place = (group) => `${DATA.groups.indexOf(group)}`;
  options(byId("backbone"), suiteGroups().map((group) => [place(group), group.backbone]), place(chosen));
}

function largest(groups) {
  return groups.reduce((best, each) => (each.rows.length > best.rows.length ? each : best));
}

function setGroup() {
  state.group = DATA.groups[Number(byId("backbone").value)];
  const { rows, digest } = state.group;
  byId("facts").textContent = `${plural(rows.length, "method")} · ${plural(rows.reduce((sum, row) => sum + row.records + row.further, 0), "record")} · suite ${digest.slice(0, 8)}`;
  const families = [...new Set(rows.map((row) => row.family))].filter((family) => family).sort();
  options(byId("family"), [["", "all"], ...families.map((family) => [family, family])]);
  Object.assign(state, { chosen: [], sort: null, page: 0 });
  buildChooser();
  showTable();
  markChosen();
  buildScatter();
  byId("tab-order").hidden = !rows.some((row) => row.wins !== null);
  showView(byId(`tab-${openView()}`).hidden ? "table" : openView());
}

function openView() {
  return VIEWS.find((view) => !byId(`panel-${view}`).hidden);
}

function usualView() {
  return DATA.groups.length ? "table" : DATA.published.length ? "published" : "about";
}

function buildTabs() {
  for (const view of VIEWS) {
    byId(`tab-${view}`).addEventListener("click", () => visitView(view));
    byId(`tab-${view}`).addEventListener("keydown", (event) => {
      const tabs = VIEWS.filter((each) => !byId(`tab-${each}`).hidden);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(view) + step + tabs.length) % tabs.length];
      visitView(next);
      byId(`tab-${next}`).focus();
    });
  }
}

function visitView(view) {
  showView(view);
  visitAddress();
}

function showView(chosen) {
  for (const view of VIEWS) {
    byId(`panel-${view}`).hidden = view !== chosen;
    byId(`tab-${view}`).setAttribute("aria-selected", `${view === chosen}`);
    byId(`tab-${view}`).tabIndex = view === chosen ? 0 : -1;
  }
  byId("filter").hidden = !FILTERED.includes(chosen) || !state.group;
  for (const node of document.querySelectorAll("#filter .of-table")) node.hidden = chosen !== "table";
  sayHidden();
  refreshView();
}

// What is drawn only for as long as it is looked at.
function refreshView() {
  const view = openView();
  if (view === "scatter" && state.group) showScatter();
  if (view === "order" && state.group) showOrder();
  if (view === "published") showPublished();
}

function buildTheme() {
  const button = byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.setAttribute("aria-pressed", `${theme === "dark"}`);
    if (!byId("panel-scatter").hidden && state.group) showScatter();
  };
  button.addEventListener("click", () => show(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
  dark.addEventListener("change", () => show(dark.matches ? "dark" : "light"));
  show(dark.matches ? "dark" : "light");
}

function showDoubles() {
  const { doubles } = DATA;
  byId("left-out").hidden = !doubles.length;
  if (doubles.length) byId("left-out").replaceChildren(el("p", {}, "Left out, since another record has the measurement:"), el("ul", {}, doubles.map((text) => el("li", {}, text))));
}

build();
performance.mark("mixbench-rows");
