// One row in full: flags, curves, readings of every seed, records and where they were made.
function openRow(row) {
  const others = state.group.rows.filter((other) => other !== row);
  const other = el("select", { "aria-label": "Compare with", onchange: (event) => openCompare(row, state.group.rows[event.target.value]) },
    el("option", { value: "" }, "Compare with …"), others.map((each) => el("option", { value: state.group.rows.indexOf(each) }, each.label)));
  const held = baseline(state.group);
  const lines = held && held !== row ? [[held, "base"], [row, "first"]] : [[row, "first"]];
  const curves = drawCurves(lines);
  openPanel(row.label, [
    el("p", { class: "spec" }, el("code", {}, row.spec)),
    el("p", { class: "facts" }, [row.family ? `${row.family} · ` : "", `${plural(row.records.length, "seed")} · ${state.group.backbone}`],
      row.contributed ? el("span", { class: "tag" }, "contributed") : null),
    others.length ? el("p", { class: "with" }, other) : null,
    row.flags.length ? part("Flags", el("ul", { class: "flags" }, row.flags.map((flag) => el("li", {}, flag)))) : null,
    curves.length ? part("Curves", curves) : null,
    part("Readings", readings(row)),
    part("Records", row.records.map(recordPart)),
    row.sources.length ? part("Source of the contributed method", row.sources.map(sourcePart)) : null,
    part("Suite", pairs([["suite", `${state.group.suite}, version ${state.group.version}`], ["digest", state.group.digest],
      ["battery", `version ${state.group.battery}`]]), folded("Settings", pairs(state.group.settings))),
  ]);
}

function readings(row) {
  const names = DATA.measures.map(({ name }) => name).filter((name) => row.records.some((record) => record.readings[name]));
  const seeds = row.records.map((record) => (record.seed === null ? "weights" : `seed ${record.seed}`));
  return rowsOf(["measure", "mean", "95 % interval", "rank", ...seeds], names.map((name) => {
    const cell = row.cells[name];
    const each = row.records.map((record) => seedCell(record.readings[name], name));
    return el("tr", {}, measureHead(name), el("td", { class: "number" }, cell ? el(cell[5] ? "strong" : "span", {}, number(cell[0], name)) : ""),
      el("td", { class: "number dim" }, cell ? interval(cell, name) : ""), el("td", { class: "number" }, cell ? badge(cell[4]) : null), each);
  }));
}

function seedCell(reading, name) {
  if (!reading) return el("td", { class: "number" });
  const range = interval(reading, name);
  return el("td", { class: "number", title: `n = ${reading[3]}${range ? `, 95 % interval ${range}` : ""}` }, number(reading[0], name));
}

function recordPart(record) {
  const made = state.group.environments[record.environment];
  const name = DATA.recordsAt === null ? record.file : el("a", { href: `${DATA.recordsAt}/${record.href}` }, record.file);
  const commit = made.commit === null ? "not from a checkout" : `${made.commit}${made.dirty ? ", with changes that no commit has" : ""}`;
  return el("div", { class: "record" }, el("h4", {}, record.seed === null ? "weights" : `Seed ${record.seed}`), pairs([
    ["record", name],
    ["digest", record.digest],
    ["made", `${record.created}, ${Math.round(record.seconds)} s of work`],
    ["code", `MixBench ${made.mixbench}, commit ${commit}`],
    ["machine", `${made.device}, ${plural(made.threads, "thread")}, Python ${made.python}`],
    ["methods", record.methods.map(([method, version]) => `${method} ${/^\d+$/.test(version) ? `version ${version}` : version}`).join("; ") || "none"],
    ...(record.elsewhere.length ? [["trained by other code", record.elsewhere.join(", ")]] : []),
  ]), folded("Packages", pairs(made.packages)));
}

function sourcePart(source) {
  return el("div", { class: "record" }, el("h4", {}, source.file), pairs([["sha-256", source.sha256]]),
    folded("Read it", el("pre", {}, el("code", {}, source.text))));
}
