// Which measures the table shows.
function buildChooser() {
  const names = present(state.group);
  const presets = [["As at first", DATA.shownFirst], ["Headline", names.filter((name) => MEASURE.get(name).headline)], ["All", names], ["None", []]].map(([title, chosen]) =>
    el("button", { type: "button", onclick: () => setShown(chosen) }, title));
  const sections = new Set(names.map(sectionOf));
  const boxes = [...sections].map((title) => measureGroup(title, names.filter((name) => sectionOf(name) === title)));
  byId("chooser").replaceChildren(
    el("div", { class: "bar" }, el("h2", {}, "Measures to show"), presets,
      el("button", { type: "button", class: "quiet", popovertarget: "chooser", popovertargetaction: "hide", "aria-label": "Close" }, "✕")),
    el("div", { class: "groups" }, boxes),
  );
  markShown();
}

function measureGroup(title, names) {
  const lines = names.map((name) => el("label", { class: "check", title: MEASURE.get(name).meaning },
    el("input", { type: "checkbox", value: name, onchange: (event) => toggleShown(name, event.target.checked) }), shortOf(name)));
  return el("fieldset", {}, el("legend", {}, title), lines);
}

function toggleShown(name, on) {
  if (on) state.shown.add(name);
  else state.shown.delete(name);
  showTable();
}

function setShown(names) {
  state.shown = new Set(names);
  markShown();
  showTable();
  keepAddress();
}

function markShown() {
  for (const box of byId("chooser").querySelectorAll("input")) box.checked = state.shown.has(box.value);
}
