// Two rows on the same seeds and examples: what differs, what is the same, and what would decide.
function openCompare(first, second) {
  const { rows } = state.group;
  const pick = (chosen, label, open) => el("select", { "aria-label": label, onchange: (event) => open(rows[event.target.value]) },
    rows.map((row) => el("option", { value: row.place, selected: row === chosen }, row.key)));
  openPanel("Compare", { compare: first.key, with: second.key }, [
    el("div", { class: "sides" },
      el("label", { class: "key first" }, pick(first, "First method", (row) => openCompare(row, second))),
      el("label", { class: "key second" }, pick(second, "Second method", (row) => openCompare(first, row)))),
    later(compared(first, second), ([found, lines]) => [compareTables(first, second, found), curvesPart(lines)]),
  ]);
}

async function compared(first, second) {
  const [one, other] = [await detailsOf(first), await detailsOf(second)];
  const found = first === second ? new Map() : await pairsOf(first, second);
  return [found, [[first, "first", one.records], [second, "second", other.records]]];
}

function compareTables(first, second, found) {
  const names = present(state.group).filter((name) => first.cells[name] && second.cells[name]);
  const [headline, others] = [true, false].map((wanted) => names.filter((name) => MEASURE.get(name).headline === wanted));
  const table = (chosen) => rowsOf(["measure", "verdict", first.label, second.label, "difference", "p"], chosen.map((name) => compareLine(first, second, found.get(name), name)));
  return [
    el("p", { class: "verdict" }, found.size ? summary(first, second, headline, found) : untested(first, second)),
    headline.length ? part("Headline measures", table(headline)) : null,
    others.length ? part("Other measures, exploratory", table(others)) : null,
    el("p", { class: "small" }, "Difference: first minus second, with its 95 % interval, paired over the seeds and examples that both have. The verdict: two-sided t at 5 %,"
      + " over the headline measures by Holm’s p, over the others unadjusted. Same: within the measure’s tolerance, by two one-sided tests. Undecided says how many more"
      + " seeds of each would decide, if the difference is what it seems."),
  ];
}

function untested(first, second) {
  if (first === second) return "One method twice.";
  const lacking = [first, second].filter((row) => row.notes.length);
  const reasons = lacking.map((row) => `${row.key}: ${row.notes.join("; ")}`).join(". ");
  return `No paired test here: it needs seeds 0, 1, 2 … and outcomes of both, and on large boards one row of the panel. ${reasons}`;
}

function summary(first, second, names, found) {
  const count = (wanted) => names.filter((name) => found.get(name)?.[5] === wanted).length;
  const parts = [`${first.label} is better in ${count("better")}`, `${second.label} in ${count("worse")}`, `they are the same in ${count("same")}`, `${count("undecided")} undecided`];
  return `Of ${plural(names.filter((name) => found.has(name)).length, "headline measure")}, ${parts.slice(0, -1).join(", ")}, and ${parts.at(-1)}.`;
}

function compareLine(first, second, pair, name) {
  const verdict = pair?.[5];
  const side = (cell, better) => el("td", { class: "number" }, el("span", { class: "cell" },
    el(better ? "strong" : "span", {}, number(cell[0], name)), el("span", { class: "below" }, interval(cell, name))));
  const [difference, low, high] = pair ?? [first.cells[name][0] - second.cells[name][0], null, null];
  const kind = { better: "first", worse: "second" }[verdict] ?? "dim";
  return el("tr", {}, measureHead(name), el("td", { class: `said ${kind}` }, verdictWords(first, second, pair)), side(first.cells[name], verdict === "better"), side(second.cells[name], verdict === "worse"),
    el("td", { class: "number" }, el("span", { class: "cell" }, el("span", {}, signed(difference, name)),
      el("span", { class: "below" }, low === null ? "" : `${signed(low, name)} to ${signed(high, name)}`))),
    el("td", { class: "number dim" }, pair && pair[3] !== null ? pValue(pair[3]) : "–"));
}

function pValue(p) {
  return p < 0.0001 ? "< 0.0001" : p >= 0.1 ? p.toFixed(2) : `${Number(p.toPrecision(2))}`;
}

function verdictWords(first, second, pair) {
  if (!pair) return "–";
  const [, , , , , verdict, more] = pair;
  if (verdict === "better") return `${first.label} better`;
  if (verdict === "worse") return `${second.label} better`;
  if (verdict === "same") return "same";
  return more ? `undecided: ${plural(more, "more seed")} would decide` : "undecided: no number of seeds would decide";
}
