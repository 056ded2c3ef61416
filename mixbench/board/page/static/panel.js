// The dialog that rows and comparisons open in; Esc closes it and the focus goes back to where it was.
function openPanel(title, opened, parts) {
  const panel = byId("panel");
  const same = JSON.stringify(state.open) === JSON.stringify(opened);
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => panel.close() }, "✕");
  state.open = opened;
  panel.replaceChildren(el("div", { class: "panel-top" }, el("h2", { id: "panel-title" }, title), close),
    el("div", { class: "panel-body" }, parts));
  if (!panel.open) panel.showModal();
  panel.querySelector(".panel-body").scrollTop = 0;
  if (!same) visitAddress();
}

function buildPanel() {
  const panel = byId("panel");
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
  panel.addEventListener("close", () => {
    // Another may have been opened before this event came.
    if (panel.open || !state.open) return;
    state.open = null;
    visitAddress();
  });
}

// A place in the panel for what is still on its way; what comes when another row is open is dropped.
function later(promise, make) {
  const home = el("div", { class: "later", "aria-busy": "true" }, el("p", { class: "dim" }, "Loading …"));
  promise.then((found) => make(found), () => [el("p", { class: "note" }, "This part of the page is not there: load the page again.")]).then((parts) => {
    home.replaceChildren(...[parts].flat(Infinity).filter((part) => part));
    home.removeAttribute("aria-busy");
  });
  return home;
}

function part(title, ...children) {
  return el("section", { class: "part" }, el("h3", {}, title), children);
}

function folded(title, ...children) {
  return el("details", {}, el("summary", {}, title), children);
}

function pairs(entries) {
  return el("dl", {}, entries.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function rowsOf(heads, lines) {
  const head = el("thead", {}, el("tr", {}, heads.map((text, place) => el("th", { scope: "col", class: text === "verdict" ? "last" : place ? "number" : null }, text))));
  return edged({}, el("table", { class: "plain" }, head, el("tbody", {}, lines)));
}

function measureHead(name) {
  const { meaning, direction } = MEASURE.get(name);
  return el("th", { scope: "row", title: `${name}: ${meaning} (${direction})` },
    el("span", { class: "kind" }, sectionOf(name)), " ", shortOf(name), " ", el("span", { class: "unit" }, unitOf(name)));
}
