// One row in full: flags, curves, readings of every seed, records and where they were made.
function openRow(row) {
  const others = state.group.rows.filter((other) => other !== row);
  const other = el("select", { "aria-label": "Compare with", onchange: (event) => openCompare(row, state.group.rows[event.target.value]) },
    el("option", { value: "" }, "Compare with …"), others.map((each) => el("option", { value: each.place }, each.key)));
  openPanel(row.label, { row: row.key }, [
    el("p", { class: "spec" }, el("code", {}, row.spec)),
    el("p", { class: "facts" }, [row.family ? `${row.family} · ` : "", `${plural(row.records, "seed")} · ${state.group.backbone} · ${row.status}`],
      row.contributed ? el("span", { class: "tag" }, "contributed") : null),
    row.notes.length ? el("ul", { class: "notes" }, row.notes.map((note) => el("li", {}, `${note[0].toUpperCase()}${note.slice(1)}.`))) : null,
    row.methods.length ? el("ul", { class: "papers" }, row.methods.map(paperLine)) : null,
    others.length ? el("p", { class: "with" }, other) : null,
    row.flags.length ? part("Flags", el("ul", { class: "flags" }, row.flags.map((flag) => el("li", {}, flag)))) : null,
    later(rowLines(row), ([lines, details]) => [
      curvesPart(lines),
      part("Readings", readings(row, details.records)),
      part("Records", details.records.map((record) => recordPart(record, details))),
      details.further.length ? part("Further records, not averaged", details.further.map((record) => recordPart(record, details))) : null,
      details.sources.length ? part("Source of the contributed method", details.sources.map(sourcePart)) : null,
    ]),
    part("Suite", pairs([["suite", `${state.group.suite}, version ${state.group.version}`], ["digest", state.group.digest],
      ["battery", `version ${state.group.battery}`]]), folded("Settings", pairs(state.group.settings))),
  ]);
}

function paperLine(name) {
  const { title, authors, year, venue, code } = DATA.papers[name];
  return el("li", {}, el("strong", {}, name), ": ", `${authors.replaceAll(" and ", ", ")}. ${title}. ${venue ? `${venue}, ` : ""}${year}. `, paperLink(name),
    code ? [" · ", el("a", { href: code, rel: "noreferrer" }, "authors’ code")] : null);
}

// The row's lines to draw, beside the baseline's where that is another.
async function rowLines(row) {
  const held = baseline(state.group);
  const base = held && held !== row ? [[held, "base", (await detailsOf(held)).records]] : [];
  const details = await detailsOf(row);
  return [[...base, [row, "first", details.records]], details];
}

function curvesPart(lines) {
  const curves = drawCurves(lines);
  return curves.length ? part("Curves", curves) : null;
}

function readings(row, records) {
  const names = DATA.measures.map(({ name }) => name).filter((name) => row.cells[name] || records.some((record) => record.readings[name]));
  const seeds = records.map((record) => (record.seed === null ? "weights" : `seed ${record.seed}`));
  return rowsOf(["measure", "mean", "95 % interval", "rank", ...seeds], names.map((name) => {
    const cell = row.cells[name];
    const each = records.map((record) => seedCell(record.readings[name], name));
    return el("tr", {}, measureHead(name), el("td", { class: "number" }, cell ? el(cell[5] ? "strong" : "span", {}, number(cell[0], name)) : ""),
      el("td", { class: "number dim" }, cell ? interval(cell, name) : ""),
      el("td", { class: "number" }, cell?.[4] ? el("span", { class: cell[4] === 1 ? "rank first" : "rank" }, `${cell[4]}`) : null), each);
  }));
}

function seedCell(reading, name) {
  if (!reading) return el("td", { class: "number" });
  const range = interval(reading, name);
  return el("td", { class: "number", title: `n = ${reading[3]}${range ? `, 95 % interval ${range}` : ""}` }, number(reading[0], name));
}

function recordPart(record, { environments }) {
  const made = environments[record.environment];
  const { repository } = DATA.about;
  const name = record.path && repository ? el("a", { href: `${repository}/blob/HEAD/leaderboards/${record.path}` }, record.file) : record.file;
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
