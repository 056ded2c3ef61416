// Two rows side by side: the difference of their means, and whether their intervals stand apart.
function openCompare(first, second) {
  const rows = state.group.rows;
  const pick = (chosen, label, open) => el("select", { "aria-label": label, onchange: (event) => open(rows[event.target.value]) },
    rows.map((row, place) => el("option", { value: place, selected: row === chosen }, row.label)));
  const names = present(state.group).filter((name) => first.cells[name] && second.cells[name]);
  openPanel("Compare", [
    el("div", { class: "sides" },
      el("label", { class: "key first" }, pick(first, "First method", (row) => openCompare(row, second))),
      el("label", { class: "key second" }, pick(second, "Second method", (row) => openCompare(first, row)))),
    el("p", { class: "facts" }, tally(first, second, names)),
    rowsOf(["measure", first.label, second.label, "difference", "intervals"], names.map((name) => compareLine(first, second, name))),
    el("p", { class: "small" }, "Difference: second minus first. Intervals that overlap do not show that two methods are equal; intervals"
      + " that stand apart show a difference beyond chance of seeds or, where a method has one seed, of test examples."),
    part("Curves", drawCurves([[first, "first"], [second, "second"]])),
  ]);
}

// The better of two cells: -1 the first, 1 the second, 0 where the intervals overlap, null where it cannot be said.
function verdict(first, second, name) {
  const ends = [first, second].map((cell) => span(cell, name));
  if (["ceiling", "flag"].includes(MEASURE.get(name).kind) || ends.includes(null)) return null;
  const [[low, high], [otherLow, otherHigh]] = ends;
  return high < otherLow ? -1 : otherHigh < low ? 1 : 0;
}

function span([, low, high], name) {
  if (low === null || high === null || low === high) return null;
  return MEASURE.get(name).kind === "zero" ? [Math.max(low, -high, 0), Math.max(Math.abs(low), Math.abs(high))] : [low, high];
}

function compareLine(first, second, name) {
  const [a, b] = [first.cells[name], second.cells[name]];
  const better = verdict(a, b, name);
  const said = { "-1": `${first.label} better`, 0: "overlap", 1: `${second.label} better` }[better] ?? "–";
  const side = (cell, wins) => el("td", { class: "number" }, el("span", { class: "cell" },
    el(wins ? "strong" : "span", {}, number(cell[0], name)), el("span", { class: "below" }, interval(cell, name))));
  return el("tr", {}, measureHead(name), side(a, better === -1), side(b, better === 1),
    el("td", { class: "number" }, signed(b[0] - a[0], name)),
    el("td", { class: `number said ${better ? (better < 0 ? "first" : "second") : "dim"}` }, said));
}

function tally(first, second, names) {
  const count = (wanted) => names.filter((name) => verdict(first.cells[name], second.cells[name], name) === wanted).length;
  return `By intervals that stand apart, ${first.label} is better on ${plural(count(-1), "measure")}, ${second.label} on ${count(1)};`
    + ` on ${count(0)} they overlap.`;
}
