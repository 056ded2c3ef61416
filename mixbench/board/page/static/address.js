// The view in the page's address, so that a reload keeps it and a link shares it. An address is a stranger's text: each part
// counts only where it names something that is here, and then becomes a control's value. What is usual is not written.
let keeping = 0;

function buildAddress() {
  addEventListener("hashchange", () => openAddress());
  document.addEventListener("input", () => keepAddress());
  document.addEventListener("change", ({ target }) => (["suite", "backbone"].includes(target.id) ? visitAddress() : keepAddress()));
  document.querySelector("a.skip").addEventListener("click", (event) => {
    event.preventDefault();
    byId("view").focus();
  });
  openAddress();
}

// A moment later: some browsers refuse a page that writes its address at every key.
function keepAddress() {
  clearTimeout(keeping);
  keeping = setTimeout(() => writeAddress("replaceState"), 250);
}

// Another suite, backbone or view is a step that the back button takes back.
function visitAddress() {
  writeAddress("pushState");
}

function writeAddress(how) {
  clearTimeout(keeping);
  const hash = address();
  if (hash !== location.hash) history[how](null, "", hash || location.href.split("#")[0]);
}

function address() {
  const parts = new URLSearchParams();
  for (const [name, value, usual] of state.group ? [...groupParts(), viewPart(), ...rowParts(), ...axisParts(), ...openParts()] : [viewPart()]) {
    if (value !== usual) parts.set(name, value);
  }
  return parts.size ? `#${parts}` : "";
}

function groupParts() {
  return [["suite", byId("suite").value, usualSuite()], ["backbone", state.group.backbone, largest(suiteGroups()).backbone]];
}

function viewPart() {
  return ["view", openView(), usualView()];
}

function rowParts() {
  const listed = (names) => DATA.measures.map(({ name }) => name).filter((name) => names.has(name)).join(" ");
  return [["find", byId("find").value, ""], ["family", byId("family").value, ""],
    ["measures", listed(state.shown), listed(new Set(DATA.shownFirst))], ["sort", sortedBy(), ""], ["page", `${state.page + 1}`, "1"]];
}

// The row or the comparison that is open.
function openParts() {
  return ["row", "compare", "with"].map((name) => [name, state.open?.[name] ?? "", ""]);
}

function axisParts() {
  return Object.keys(AXES).map((id) => [id, byId(id).value, usualAxis(id)]);
}

function openAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  state.open = null;
  byId("panel").close();
  if (DATA.groups.length) {
    openGroup(parts.get("suite"), parts.get("backbone"));
    openRows(parts);
    for (const id of Object.keys(AXES)) pick(id, parts.get(id), usualAxis(id));
  }
  const view = parts.get("view");
  showView(VIEWS.includes(view) && !byId(`tab-${view}`).hidden ? view : usualView());
  if (state.group) openOpen(parts);
  writeAddress("replaceState");
}

function openOpen(parts) {
  const [row, one, other] = ["row", "compare", "with"].map((name) => state.group.rows.find(({ key }) => key === parts.get(name)));
  state.open = row ? { row: row.key } : one && other ? { compare: one.key, with: other.key } : null;
  if (row) openRow(row);
  else if (state.open) openCompare(one, other);
}

function openGroup(suite, backbone) {
  pick("suite", suite, usualSuite());
  const groups = suiteGroups();
  const group = groups.find((each) => each.backbone === backbone) ?? largest(groups);
  if (group === state.group) return;
  listBackbones(group);
  setGroup();
}

function openRows(parts) {
  byId("find").value = (parts.get("find") ?? "").slice(0, byId("find").maxLength);
  pick("family", parts.get("family"), "");
  const names = parts.get("measures")?.split(" ");
  const known = names?.filter((name) => MEASURE.has(name)) ?? [];
  sortBy(parts.get("sort") ?? "");
  state.page = Math.max(0, Math.trunc(Number(parts.get("page")) || 1) - 1);
  setShown(known.length || names?.join("") === "" ? known : DATA.shownFirst);
}

function pick(id, value, usual) {
  byId(id).value = [...byId(id).options].some((option) => option.value === value) ? value : usual;
}
