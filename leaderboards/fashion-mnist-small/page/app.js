"use strict";
(() => {
// The board's data, the page's state, and how numbers and nodes are made. Texts only ever become text nodes.
const DATA = window.MIXBENCH;
const MEASURE = new Map(DATA.measures.map((measure) => [measure.name, measure]));
for (const record of DATA.groups.flatMap(({ rows }) => rows.flatMap(({ records }) => records))) {
  record.curves = new Map(record.curves.map(([name, ...curve]) => [name, curve]));
}
const state = { group: null, shown: new Set(DATA.shownFirst), chosen: [] };

const GROUPS = [
  ["clean", "Clean"],
  ["fgsm.white", "FGSM, white box"],
  ["ifgsm.white", "I-FGSM, white box"],
  ["fgsm.black", "FGSM, black box"],
  ["ifgsm.black", "I-FGSM, black box"],
  ["noise20", "20 % label noise"],
  ["noise50", "50 % label noise"],
  ["noise80", "80 % label noise"],
  ["noise_given", "Given labels"],
  ["calibration", "Calibration"],
  ["between", "In between"],
  ["diagnostics", "Diagnostics"],
];
const SHORT = {
  top1_error: "top-1 error", top5_error: "top-5 error",
  test_error_best: "test error, best epoch", test_error_last: "test error",
  train_error_real: "train error, kept labels", train_error_corrupted: "train error, wrong labels",
  ece: "ECE", ece_mass: "ECE, equal mass", ece_scaled: "ECE, scaled", nll: "NLL", brier: "Brier score",
  gap: "confidence gap", miss_mixup: "misses on mixup", miss_cutmix: "misses on CutMix",
  gradient_norm: "gradient norm", zero_gradient: "zero gradient", saturated: "saturated", fgsm_plain: "FGSM, plain loss",
};
const ARROWS = { lower: "↓", zero: "→ 0", ceiling: "↑", flag: "⚑" };

function byId(id) {
  return document.getElementById(id);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function groupOf(name) {
  return (GROUPS.find(([prefix]) => name.startsWith(`${prefix}.`)) ?? ["", ""])[1];
}

function shortOf(name) {
  const last = name.slice(name.lastIndexOf(".") + 1);
  return SHORT[last] ?? last.replaceAll("_", " ");
}

function titleOf(name) {
  return `${groupOf(name)}: ${shortOf(name)}`;
}

function unitOf(name) {
  const unit = MEASURE.get(name)?.unit;
  return unit === "fraction" ? "%" : unit === "score" ? "" : unit ?? "";
}

function number(value, name) {
  if (value === null || value === undefined) return "";
  const percent = MEASURE.get(name)?.unit === "fraction";
  const scaled = percent ? 100 * value : value;
  const size = Math.abs(scaled);
  const text = size >= 1e6 ? scaled.toExponential(1) : scaled.toFixed(percent ? 1 : size >= 1 ? 2 : 3);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

function signed(value, name) {
  const text = number(value, name);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

function interval([, low, high], name) {
  if (low === null || high === null) return "";
  return `${number(low, name)}${low < 0 ? " to " : "–"}${number(high, name)}`;
}

// Where a value stands on the way to worse: a gap is as bad on either side of zero.
function merit(value, name) {
  return MEASURE.get(name).kind === "zero" ? Math.abs(value) : value;
}

function badge(rank) {
  return rank === null ? null : el("span", { class: rank === 1 ? "rank first" : "rank", title: `rank ${rank}` }, `${rank}`);
}

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
}

// A method's name that may be broken where its parts meet, and only if need be within them.
function breakable(name) {
  return name.split(/(?<=[_+|(,])/).flatMap((part, place) => (place ? [el("wbr"), part] : [part]));
}

function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

// The measures that any row of the group has, in the table's order.
function present(group) {
  return DATA.measures.map(({ name }) => name).filter((name) => group.rows.some((row) => row.cells[name]));
}

function measureOptions(names) {
  return names.map((name) => [name, titleOf(name)]);
}

// The method that every other is held against: no augmentation.
function baseline(group) {
  return group.rows.find((row) => row.spec === "erm") ?? null;
}

// What scrolls sideways shows it: a shadow at the right edge for as long as there is more.
const edges = new ResizeObserver((entries) => entries.forEach(({ target }) => markEdge(target.closest(".scroll"))));

function watchEdge(scroller) {
  scroller.addEventListener("scroll", () => markEdge(scroller));
  for (const node of [scroller, scroller.firstElementChild]) edges.observe(node);
  return scroller;
}

function markEdge(scroller) {
  scroller?.parentNode?.classList.toggle("more", scroller.scrollLeft + scroller.clientWidth < scroller.scrollWidth - 1);
}

function edged(attributes, child) {
  return el("div", { class: "edge" }, watchEdge(el("div", { class: "scroll", ...attributes }, child)));
}

// The board's table: DataTables sorts; every cell is a node that is made here. DataTables' own search is given no text,
// since it reads one with an & in it as markup.
let table = null;
let columnNames = [];

DataTable.type("measure", {
  order: {
    asc: (a, b) => missingLast(a, b) ?? a - b,
    desc: (a, b) => missingLast(a, b) ?? b - a,
  },
});

function missingLast(a, b) {
  const left = typeof a !== "number", right = typeof b !== "number";
  return left || right ? Number(left) - Number(right) : null;
}

function showTable() {
  table?.destroy();
  state.chosen = [];
  const names = present(state.group);
  const columns = [...ownColumns(), ...names.map(measureColumn)];
  const head = el("thead", {}, el("tr", {}, columns.map((column) => column.head)));
  const body = el("table", { class: "board" }, head);
  byId("table-home").replaceChildren(body);
  table = new DataTable(body, {
    data: state.group.rows.map((row, place) => ({ row, place })),
    columns: columns.map(({ head: _, ...column }) => column),
    createdRow: (node, { row, place }) => dressRow(node, row, place),
    paging: false, info: false, autoWidth: false, order: [],
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
  });
  table.search.fixed("chosen", (_, { row }) => wanted(row));
  columnNames = columns.map(({ name }) => name);
  table.on("draw", () => afterDraw());
  table.on("order", () => keepAddress());
  showColumns();
  filterTable();
  markChosen();
  watchEdge(byId("table-home"));
}

function column(title, value, node, extra = {}, attributes = {}) {
  return {
    data: null,
    searchable: false,
    type: "string",
    head: el("th", { scope: "col", ...attributes }, title),
    render: (_, purpose, { row, place }) => (purpose === "display" ? node(row, place) : value(row, place)),
    ...extra,
  };
}

function ownColumns() {
  const ranks = state.group.order?.average ?? [];
  const average = (_, place) => ranks[place] ?? null;
  const overall = column("overall", average, (row, place) => el("span", {}, average(row, place)?.toFixed(1) ?? ""), {
    name: "overall", type: "measure", className: "number own",
  }, { title: "average rank over the headline measures: see Overall order" });
  return [
    column(el("span", { class: "hidden-text" }, "compare"), () => "", tick, { orderable: false, className: "tick" }),
    column("method", (row) => row.label, methodCell, { name: "method", className: "method" }),
    ...(ranks.length ? [overall] : []),
    column("seeds", (row) => row.seeds.length, (row) => el("span", { title: `seeds ${row.seeds.join(", ")}` }, `${row.records.length}`), {
      name: "seeds", type: "measure", className: "number own seeds",
    }),
  ];
}

function measureColumn(name) {
  const { meaning, direction, kind } = MEASURE.get(name);
  const unit = unitOf(name);
  const title = [
    el("span", { class: "kind" }, groupOf(name)), " ", shortOf(name), " ",
    el("span", { class: "unit" }, `${unit} ${ARROWS[kind]}`.trim()),
  ];
  return column(title, (row) => (row.cells[name] ? merit(row.cells[name][0], name) : null), (row) => measureCell(row.cells[name], name), {
    name, type: "measure", className: "number",
    orderSequence: kind === "ceiling" ? ["desc", "asc", ""] : ["asc", "desc", ""],
  }, { title: `${name}: ${meaning} (${direction})` });
}

function measureCell(cell, name) {
  if (!cell) return el("span");
  const value = el(cell[5] ? "strong" : "span", { class: "value" }, number(cell[0], name));
  return el("span", { class: "cell" }, value, el("span", { class: "below" }, interval(cell, name), badge(cell[4])));
}

function tick(row, place) {
  const box = el("input", { type: "checkbox", tabindex: "-1", "aria-label": `compare ${row.label}` });
  box.addEventListener("click", (event) => event.stopPropagation());
  box.addEventListener("change", () => choose(place));
  return box;
}

function methodCell(row) {
  const marks = [
    row.flags.length ? el("span", { class: "flag", title: row.flags.join("\n") }, `⚑ ${row.flags.length}`) : null,
    row.contributed ? el("span", { class: "tag", title: "a method that MixBench does not ship" }, "contributed") : null,
  ];
  return el("span", {}, el("span", { class: "name", title: row.spec }, breakable(row.label)), marks, el("span", { class: "family" }, row.family));
}

function dressRow(node, row, place) {
  node.dataset.place = place;
  node.tabIndex = -1;
  node.setAttribute("aria-haspopup", "dialog");
  node.addEventListener("click", (event) => event.target.closest("td.tick") ?? openRow(row));
  node.addEventListener("keydown", (event) => rowKey(event, node, row, place));
}

function rowKey(event, node, row, place) {
  if (event.target !== node) return;
  const lines = [...node.parentNode.rows];
  const at = lines.indexOf(node);
  const goal = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 }[event.key];
  if (goal !== undefined) focusRow(lines[goal]);
  else if (event.key === "Enter") openRow(row);
  else if (event.key === " ") choose(place);
  else return;
  event.preventDefault();
}

// One row at a time is on the way of the Tab key; the arrows move along the rows.
function focusRow(node) {
  if (!node) return;
  for (const line of node.parentNode.rows) line.tabIndex = -1;
  node.tabIndex = 0;
  node.focus();
}

function showColumns() {
  for (const name of present(state.group)) table.column(`${name}:name`).visible(state.shown.has(name), false);
  table.columns.adjust();
}

// The sorting as names of columns, a minus before those that fall.
function sortedBy() {
  return table.order().filter(([, way]) => way).map(([place, way]) => `${way === "desc" ? "-" : ""}${columnNames[place]}`).join(" ");
}

function sortBy(text) {
  const ways = text.split(" ").map((word) => [columnNames.indexOf(word.replace(/^-/, "")), word.startsWith("-") ? "desc" : "asc"]);
  table.order([...new Map(ways.filter(([place]) => place > 0))]);
}

function filterTable() {
  table.draw();
  sayHidden();
}

function wanted(row) {
  const text = `${row.label} ${row.spec} ${row.family}`.toLowerCase();
  const words = byId("find").value.toLowerCase().split(/\s+/);
  return ["", row.family].includes(byId("family").value) && words.every((word) => text.includes(word));
}

function afterDraw() {
  const lines = [...table.table().body().rows].filter((line) => line.dataset.place);
  for (const [place, line] of lines.entries()) line.tabIndex = place ? -1 : 0;
  byId("count").textContent = `${lines.length} of ${plural(state.group.rows.length, "method")}.`;
}

// The rows ticked to be compared. A filter leaves them ticked, so that two can be found one after another; it is said.
function choose(place) {
  state.chosen = state.chosen.includes(place) ? state.chosen.filter((each) => each !== place) : [...state.chosen, place].slice(-2);
  markChosen();
}

function markChosen() {
  table.rows().every(function () {
    const node = this.node(), chosen = state.chosen.includes(Number(node.dataset.place));
    node.classList.toggle("chosen", chosen);
    node.querySelector("td.tick input").checked = chosen;
  });
  const missing = 2 - state.chosen.length;
  byId("compare").disabled = missing > 0;
  byId("compare").textContent = missing === 1 ? "Compare: tick one more" : "Compare";
  sayHidden();
}

function sayHidden() {
  const hidden = state.chosen.filter((place) => !wanted(state.group.rows[place]));
  const names = hidden.map((place) => state.group.rows[place].label).join(" and ");
  byId("ticked").textContent = names && `Ticked, but hidden by the filter: ${names}`;
  byId("untick").hidden = !names;
}

function untickHidden() {
  state.chosen = state.chosen.filter((place) => wanted(state.group.rows[place]));
  markChosen();
  byId("find").focus();
}

// Which measures the table shows.
function buildChooser() {
  const names = present(state.group);
  const presets = [["As at first", DATA.shownFirst], ["All", names], ["None", []]].map(([title, chosen]) =>
    el("button", { type: "button", onclick: () => setShown(chosen) }, title));
  const boxes = GROUPS.map(([prefix, title]) => measureGroup(title, names.filter((name) => name.startsWith(`${prefix}.`))));
  byId("chooser").replaceChildren(
    el("div", { class: "bar" }, el("h2", {}, "Measures to show"), presets,
      el("button", { type: "button", class: "quiet", popovertarget: "chooser", popovertargetaction: "hide", "aria-label": "Close" }, "✕")),
    el("div", { class: "groups" }, boxes),
  );
  markShown();
}

function measureGroup(title, names) {
  if (!names.length) return null;
  const lines = names.map((name) => el("label", { class: "check", title: MEASURE.get(name).meaning },
    el("input", { type: "checkbox", value: name, onchange: (event) => toggleShown(name, event.target.checked) }), shortOf(name)));
  return el("fieldset", {}, el("legend", {}, title), lines);
}

function toggleShown(name, on) {
  if (on) state.shown.add(name);
  else state.shown.delete(name);
  showColumns();
}

function setShown(names) {
  state.shown = new Set(names);
  markShown();
  showColumns();
  keepAddress();
}

function markShown() {
  for (const box of byId("chooser").querySelectorAll("input")) box.checked = state.shown.has(box.value);
}

// Curves: the mean over seeds as a line, each seed as a faint one, drawn as SVG.
const CURVES = {
  "fgsm.white": "FGSM, white box: error against ε", "ifgsm.white": "I-FGSM, white box: error against ε",
  "between.miss_mixup": "Misses on mixup blends against λ", "between.miss_cutmix": "Misses on CutMix pastes against λ",
  "between.gradient_norm": "Gradient norm on mixup blends against λ", "model.test_error": "Test error by epoch",
  "noise20.test_error": "Test error by epoch, 20 % label noise", "noise50.test_error": "Test error by epoch, 50 % label noise",
  "noise80.test_error": "Test error by epoch, 80 % label noise", "noise_given.test_error": "Test error by epoch, given labels",
};
const MOST_DOTS = 6;
const SIZE = { width: 320, height: 190, left: 40, right: 10, top: 10, bottom: 24 };

// Each of `lines` is [row, class]; curves that no row has are not drawn.
function drawCurves(lines) {
  const names = [...new Set(lines.flatMap(([row]) => row.records.flatMap((record) => [...record.curves.keys()])))];
  const figures = names.map((name) => curveFigure(name, lines)).filter((figure) => figure);
  const legend = lines.map(([row, kind]) => el("span", { class: `key ${kind}` }, row.label));
  return figures.length ? [el("p", { class: "legend" }, legend), el("div", { class: "curves" }, figures)] : [];
}

function curveFigure(name, lines) {
  const drawn = lines.map(([row, kind]) => [kind, row.records.map((record) => record.curves.get(name)).filter((curve) => curve)]);
  const curves = drawn.flatMap(([, found]) => found);
  const numbers = curves.flatMap(([, , values]) => values).filter((value) => value !== null);
  const places = curves.flatMap(([, xs]) => xs).filter((x) => x !== null);
  if (!numbers.length || !places.length) return null;
  const percent = !name.endsWith("gradient_norm");
  const scale = axes(places, numbers, percent);
  const picture = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": CURVES[name] ?? name },
    ...frame(scale, percent, curves[0][0]), ...drawn.flatMap(([kind, found]) => curveLines(kind, found, scale)));
  return el("figure", {}, el("figcaption", {}, CURVES[name] ?? name), picture);
}

function axes(places, values, percent) {
  const [low, high] = [Math.min(...places), Math.max(...places)];
  const top = niceTop(Math.max(...values, 0), percent);
  const { width, height, left, right, top: above, bottom } = SIZE;
  return {
    low, high, top,
    x: (x) => left + ((x - low) / (high - low || 1)) * (width - left - right),
    y: (y) => height - bottom - (y / top) * (height - above - bottom),
  };
}

function niceTop(most, percent) {
  if (!(most > 0)) return 1;
  const step = 10 ** Math.floor(Math.log10(most));
  const top = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((times) => times * step).find((each) => each >= most * (1 - 1e-9));
  return percent ? Math.min(top, 1) : top;
}

function frame(scale, percent, axis) {
  const marks = [0, 0.5, 1].map((share) => share * scale.top).flatMap((value) => [
    svg("line", { class: "grid", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: scale.y(value), y2: scale.y(value) }),
    svg("text", { x: SIZE.left - 6, y: scale.y(value) + 4, "text-anchor": "end" },
      percent ? `${Number((100 * value).toPrecision(3))} %` : `${Number(value.toPrecision(3))}`),
  ]);
  const sign = { eps: "ε", lambda: "λ", epoch: "epoch" }[axis];
  const places = scale.low === scale.high ? [[scale.low, "start"]] : [[scale.low, "start"], [scale.high, "end"]];
  const ends = places.map(([x, anchor]) =>
    svg("text", { x: scale.x(x), y: SIZE.height - 6, "text-anchor": anchor }, `${Number(x.toPrecision(3))}`));
  return [...marks, ...ends, svg("text", { x: (SIZE.left + SIZE.width) / 2, y: SIZE.height - 6, "text-anchor": "middle" }, sign)];
}

// Pasted shares are whole pixels, so two λ of a small image may be one share: their mean is drawn, and no step.
function merged([, xs, ys]) {
  const at = new Map();
  for (const [place, x] of xs.entries()) {
    if (x !== null && typeof ys[place] === "number") at.set(x, [...(at.get(x) ?? []), ys[place]]);
  }
  return new Map([...at].map(([x, values]) => [x, average(values)]));
}

function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function curveLines(kind, found, scale) {
  if (!found.length) return [];
  const seeds = found.map(merged);
  const mean = [...seeds[0].keys()].filter((x) => seeds.every((seed) => seed.has(x)))
    .map((x) => [x, average(seeds.map((seed) => seed.get(x)))]);
  const line = (points, name) => svg("polyline", {
    class: `${name} ${kind}`, points: points.map(([x, y]) => `${scale.x(x).toFixed(1)},${scale.y(y).toFixed(1)}`).join(" "),
  });
  const dots = mean.length > MOST_DOTS ? [] : mean.map(([x, y]) => svg("circle", { class: `dot ${kind}`, r: 2.5, cx: scale.x(x), cy: scale.y(y) }));
  return [...(seeds.length > 1 ? seeds.map((seed) => line([...seed], "seed")) : []), line(mean, "mean"), ...dots];
}

// The dialog that rows and comparisons open in; Esc closes it and the focus goes back to where it was.
function openPanel(title, parts) {
  const panel = byId("panel");
  const close = el("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: () => panel.close() }, "✕");
  panel.replaceChildren(el("div", { class: "panel-top" }, el("h2", { id: "panel-title" }, title), close),
    el("div", { class: "panel-body" }, parts));
  if (!panel.open) panel.showModal();
  panel.querySelector(".panel-body").scrollTop = 0;
}

function buildPanel() {
  const panel = byId("panel");
  panel.addEventListener("click", (event) => {
    if (event.target === panel) panel.close();
  });
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
  const head = el("thead", {}, el("tr", {}, heads.map((text, place) => el("th", { scope: "col", class: place ? "number" : null }, text))));
  return edged({}, el("table", { class: "plain" }, head, el("tbody", {}, lines)));
}

function measureHead(name) {
  const { meaning, direction } = MEASURE.get(name);
  return el("th", { scope: "row", title: `${name}: ${meaning} (${direction})` },
    el("span", { class: "kind" }, groupOf(name)), " ", shortOf(name), " ", el("span", { class: "unit" }, unitOf(name)));
}

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

// A scatter of any two measures: altair's chart, Vega's drawing, colours of the page.
let scatter = null;
// Each axis and the place, among the measures shown first, of the one that it has at first.
const AXES = { across: 0, up: 2 };

function buildScatter() {
  const names = present(state.group);
  for (const id of Object.keys(AXES)) {
    options(byId(id), measureOptions(names), names.includes(byId(id).value) ? byId(id).value : usualAxis(id));
  }
}

function usualAxis(id) {
  const names = present(state.group);
  return DATA.shownFirst.filter((name) => names.includes(name))[AXES[id]] ?? names[0] ?? "";
}

async function showScatter() {
  const [across, up] = [byId("across").value, byId("up").value];
  const spec = structuredClone(window.MIXBENCH_CHART);
  const titles = { x: axisTitle(across), y: axisTitle(up) };
  if (!byId("names").checked) spec.layer = spec.layer.filter(({ mark }) => mark.type !== "text");
  for (const layer of spec.layer) for (const axis of ["x", "y"]) layer.encoding[axis].title = titles[axis];
  spec.datasets = { rows: shownPoints() };
  spec.config = { ...spec.config, ...chartColours() };
  const drawn = await vegaEmbed(byId("chart"), spec, {
    patch: placeNames, ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: showTip, hover: false,
  });
  scatter?.finalize();
  scatter = drawn;
  for (const [place, point] of pointNodes().entries()) point.tabIndex = place ? -1 : 0;
  drawn.view.addEventListener("click", (_, item) => {
    if (item?.datum?.place !== undefined) openRow(state.group.rows[item.datum.place]);
  });
}

// A name stands only where it covers no point and no other name; the rows' order says whose is placed first.
function placeNames(vega) {
  const [points, names] = ["symbol", "text"].map((type) => vega.marks.find((mark) => mark.type === type));
  const anchor = ["top-right", "right", "bottom-right", "top-left", "left", "bottom-left", "top", "bottom"];
  if (names) names.transform = [{ type: "label", size: { signal: "[width, height]" }, anchor, offset: anchor.map(() => 7), avoidMarks: [points.name] }];
  return vega;
}

function axisTitle(name) {
  return `${titleOf(name)} ${unitOf(name) && `(${unitOf(name)})`} ${ARROWS[MEASURE.get(name).kind]}`.replaceAll("  ", " ");
}

function points(across, up) {
  const scaled = (value, name) => (value === null ? null : MEASURE.get(name).unit === "fraction" ? 100 * value : value);
  const found = state.group.rows.map((row, place) => [row, place, row.cells[across], row.cells[up]]).filter(([, , x, y]) => typeof x?.[0] === "number" && typeof y?.[0] === "number");
  return found.map(([row, place, x, y]) => ({
    place, label: shortened(row.label, 26), family: row.family || "–", tip: tipOf(row, [[across, x], [up, y]]),
    x: scaled(x[0], across), xlow: scaled(x[1] ?? x[0], across), xhigh: scaled(x[2] ?? x[0], across),
    y: scaled(y[0], up), ylow: scaled(y[1] ?? y[0], up), yhigh: scaled(y[2] ?? y[0], up),
  }));
}

function tipOf(row, cells) {
  const lines = cells.map(([name, cell]) => `${titleOf(name)} ${number(cell[0], name)}${unitOf(name)}${interval(cell, name) && ` (${interval(cell, name)})`}`);
  return [row.label, ...lines].join("\n");
}

function showTip(_, event, __, value) {
  const tip = byId("tip") ?? document.body.appendChild(el("div", { id: "tip", class: "tip", "aria-hidden": "true" }));
  tip.hidden = !value;
  if (!value) return;
  tip.textContent = value;
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
  tip.style.top = `${Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)}px`;
}

function chartColours() {
  const probe = document.body.appendChild(el("span"));
  const colour = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const [ink, dim, line] = ["--ink", "--dim", "--line"].map(colour);
  const category = [1, 2, 3, 4, 5, 6, 7, 8].map((place) => colour(`--category-${place}`));
  probe.remove();
  const font = getComputedStyle(document.body).fontFamily;
  return {
    background: "transparent", font, view: { stroke: null }, range: { category }, text: { color: ink }, rule: { color: dim },
    axis: { labelOverlap: "greedy", labelSeparation: 6, labelColor: dim, titleColor: ink, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontSize: 13, titleFontWeight: 500, titlePadding: 10 },
    legend: { labelColor: ink, titleColor: dim, orient: "top", labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, columns: innerWidth < 700 ? 2 : 0 },
  };
}

// One point is on the way of the Tab key, as with the table's rows; arrows move along the points in the rows' order.
function buildPoints() {
  byId("chart").addEventListener("keydown", pointKey);
  byId("chart").addEventListener("focusin", ({ target }) => target.matches(":focus-visible") && showTip(null, middleOf(target), null, tipAt(target)));
  byId("chart").addEventListener("focusout", () => showTip());
}

function pointNodes() {
  return [...byId("chart").querySelectorAll(".mark-symbol.role-mark path")];
}

function pointKey(event) {
  const nodes = pointNodes();
  const at = nodes.indexOf(event.target);
  if (at < 0) return;
  const goal = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: nodes.length - 1 }[event.key];
  if (goal !== undefined) focusPoint(nodes, nodes[goal]);
  else if (["Enter", " "].includes(event.key)) openRow(state.group.rows[shownPoints()[at].place]);
  else return;
  event.preventDefault();
}

function focusPoint(nodes, node) {
  if (!node) return;
  for (const each of nodes) each.tabIndex = each === node ? 0 : -1;
  node.focus();
}

function middleOf(node) {
  const { left, right, top, bottom } = node.getBoundingClientRect();
  return { clientX: (left + right) / 2, clientY: (top + bottom) / 2 };
}

function shownPoints() {
  return points(byId("across").value, byId("up").value);
}

function tipAt(node) {
  return shownPoints()[pointNodes().indexOf(node)]?.tip;
}

// The overall order: a critical-difference diagram of average ranks.
const ORDER = { side: 230, middle: 460, step: 22, bar: 8, top: 66 };

function showOrder() {
  const { order, rows } = state.group;
  if (!order) return byId("panel-order").replaceChildren();
  const lines = order.average.map((rank, place) => el("tr", {}, el("td", { class: "number" }, `${place + 1}`),
    el("th", { scope: "row" }, el("button", { type: "button", class: "link", onclick: () => openRow(rows[place]) }, rows[place].label)),
    el("td", { class: "number" }, rank.toFixed(2))));
  byId("panel-order").replaceChildren(
    el("p", { class: "prose" }, "The rule: rank the methods by their mean on each of ", `${order.measures.length} headline measures`,
      ", ties sharing their rank, and average the ranks. Every measure has the same weight; unlike measures are never summed. ",
      `Two methods whose average ranks differ by at most the critical difference, ${order.difference.toFixed(2)} `,
      "(Nemenyi’s test at 5 %), are not told apart: a bar joins them. ",
      `Friedman’s test that all rank alike: p = ${order.p}.`),
    el("ul", { class: "measures" }, order.measures.map((name) => el("li", { title: MEASURE.get(name)?.meaning }, titleOf(name)))),
    edged({ role: "region", "aria-label": "Critical-difference diagram", tabindex: "0" }, orderPicture(order, rows)),
    rows.length > order.average.length
      ? el("p", { class: "small" }, `Without a headline measure, so not in the order: ${rows.slice(order.average.length).map((row) => row.label).join(", ")}.`) : "",
    folded("As a table", el("table", { class: "plain narrow" },
      el("thead", {}, el("tr", {}, ["", "method", "average rank"].map((text) => el("th", { scope: "col" }, text)))), el("tbody", {}, lines))),
  );
}

function orderPicture(order, rows) {
  const count = order.average.length;
  const width = 2 * ORDER.side + ORDER.middle;
  const x = (rank) => ORDER.side + ((rank - 1) / (count - 1)) * ORDER.middle;
  const below = ORDER.top + 12 + order.joined.length * ORDER.bar + 14;
  const height = below + Math.ceil(count / 2) * ORDER.step;
  const about = `Average ranks of ${count} methods, from ${rows[0].label} (${order.average[0].toFixed(2)}) to ${rows[count - 1].label}`;
  return svg("svg", { class: "order", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": about },
    orderAxis(count, x), orderDifference(order, count, x),
    order.joined.map(([first, last], level) => orderBar(x(order.average[first]), x(order.average[last]), ORDER.top + 12 + level * ORDER.bar)),
    order.average.map((rank, place) => orderLine(rank, place, count, x, below, width, rows[place])));
}

function orderAxis(count, x) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((each) => (count - 1) / each <= 10) ?? count;
  const ticks = [1, ...Array.from({ length: Math.floor(count / step) }, (_, place) => (place + 1) * step)].filter((tick, place) => !place || tick > 1);
  return [
    svg("line", { class: "axis", x1: x(1), x2: x(count), y1: ORDER.top, y2: ORDER.top }),
    ...ticks.flatMap((tick) => [
      svg("line", { class: "axis", x1: x(tick), x2: x(tick), y1: ORDER.top - 6, y2: ORDER.top }),
      svg("text", { class: "dim", x: x(tick), y: ORDER.top - 11, "text-anchor": "middle" }, `${tick}`),
    ]),
    svg("text", { class: "dim", x: x(1) - 16, y: ORDER.top + 4, "text-anchor": "end" }, "better"),
  ];
}

function orderDifference(order, count, x) {
  const end = x(Math.min(1 + order.difference, count));
  const cut = order.difference > count - 1 ? " (wider than the axis)" : "";
  return [
    svg("line", { class: "difference", x1: x(1), x2: end, y1: 24, y2: 24 }),
    svg("line", { class: "difference", x1: x(1), x2: x(1), y1: 19, y2: 29 }),
    svg("line", { class: "difference", x1: end, x2: end, y1: 19, y2: 29 }),
    svg("text", { x: (x(1) + end) / 2, y: 14, "text-anchor": "middle" }, `critical difference ${order.difference.toFixed(2)}${cut}`),
  ];
}

function orderBar(from, to, y) {
  return svg("line", { class: "joined", x1: from - 3, x2: to + 3, y1: y, y2: y });
}

function orderLine(rank, place, count, x, below, width, row) {
  const left = place < Math.ceil(count / 2);
  const y = below + (left ? place : count - 1 - place) * ORDER.step;
  const edge = left ? ORDER.side - 10 : width - ORDER.side + 10;
  const label = svg("text", { class: "method", x: left ? edge - 6 : edge + 6, y: y + 4, "text-anchor": left ? "end" : "start" },
    svg("title", {}, `${row.spec}: ${rank.toFixed(2)}`), shortened(row.label, 24), svg("tspan", { class: "dim" }, `  ${rank.toFixed(1)}`));
  label.addEventListener("click", () => openRow(row));
  return svg("g", {}, svg("polyline", { class: "elbow", points: `${x(rank)},${ORDER.top} ${x(rank)},${y} ${edge},${y}` }), label);
}

function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

// Numbers from papers, apart from what was measured.
const PUBLISHED = [
  ["augmentation", "method"], ["measure", "measure"], ["percent", "value"], ["dataset", "data"], ["backbone", "backbone"],
  ["setting", "setting"], ["source", "source"], ["where", "where"], ["note", "note"],
];

function buildPublished() {
  byId("tab-published").hidden = !DATA.published.length;
}

// Made when it is first looked at: thousands of rows would hold up the board.
function showPublished() {
  if (byId("published-home").hasChildNodes()) return;
  const kinds = { measure: publishedMeasure, percent: (row) => `${row.percent} %` };
  const numeric = (key) => key === "percent";
  const body = el("table", { class: "board" }, el("thead", {}, el("tr", {}, PUBLISHED.map(([, title]) => el("th", { scope: "col" }, title)))));
  byId("published-home").replaceChildren(body);
  new DataTable(body, {
    data: DATA.published, paging: false, searching: false, info: false, autoWidth: false, order: [],
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
    columns: PUBLISHED.map(([key]) => ({
      data: null, searchable: false, className: numeric(key) ? "number" : "prose", type: numeric(key) ? "measure" : "string",
      render: (_, purpose, row) => purpose === "display" ? el("span", {}, (kinds[key] ?? ((each) => each[key]))(row)) : numeric(key) ? Number(row[key]) : row[key],
    })),
  });
  watchEdge(byId("published-home"));
}

function publishedMeasure(row) {
  return MEASURE.has(row.measure) ? titleOf(row.measure) : row.measure;
}

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
  for (const [name, value, usual] of state.group ? [...groupParts(), viewPart(), ...rowParts(), ...axisParts()] : [viewPart()]) {
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
    ["measures", listed(state.shown), listed(new Set(DATA.shownFirst))], ["sort", sortedBy(), ""]];
}

function axisParts() {
  return Object.keys(AXES).map((id) => [id, byId(id).value, usualAxis(id)]);
}

function openAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  byId("panel").close();
  if (DATA.groups.length) {
    openGroup(parts.get("suite"), parts.get("backbone"));
    openRows(parts);
    for (const id of Object.keys(AXES)) pick(id, parts.get(id), usualAxis(id));
  }
  const view = parts.get("view");
  showView(VIEWS.includes(view) && !byId(`tab-${view}`).hidden ? view : usualView());
  writeAddress("replaceState");
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
  setShown(known.length || names?.join("") === "" ? known : DATA.shownFirst);
  sortBy(parts.get("sort") ?? "");
  filterTable();
}

function pick(id, value, usual) {
  byId(id).value = [...byId(id).options].some((option) => option.value === value) ? value : usual;
}

// Puts the parts together: which group, which view, which colours.
const VIEWS = ["table", "scatter", "order", "published", "measures"];

function build() {
  const suites = [...new Set(DATA.groups.map(suiteKey))];
  options(byId("suite"), suites.map((key) => [key, key]));
  byId("suite").addEventListener("change", () => setSuite());
  byId("backbone").addEventListener("change", () => setGroup());
  byId("find").addEventListener("input", () => filterTable());
  byId("family").addEventListener("change", () => filterTable());
  byId("compare").addEventListener("click", () => openCompare(...state.chosen.map((place) => state.group.rows[place])));
  byId("untick").addEventListener("click", () => untickHidden());
  for (const id of ["across", "up", "names"]) byId(id).addEventListener("change", () => showScatter());
  buildTabs();
  buildTheme();
  buildPanel();
  buildPublished();
  buildPoints();
  watchEdge(document.querySelector("#panel-measures .scroll"));
  showLeftOut();
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
  byId("facts").textContent = `${plural(rows.length, "method")} · ${plural(rows.reduce((sum, row) => sum + row.records.length, 0), "record")} · suite ${digest.slice(0, 8)}`;
  const families = [...new Set(rows.map((row) => row.family))].filter((family) => family).sort();
  options(byId("family"), [["", "all"], ...families.map((family) => [family, family])]);
  buildChooser();
  showTable();
  buildScatter();
  showOrder();
  byId("tab-order").hidden = !state.group.order;
  showView(byId(`tab-${openView()}`).hidden ? "table" : openView());
}

function openView() {
  return VIEWS.find((view) => !byId(`panel-${view}`).hidden);
}

function usualView() {
  return DATA.groups.length ? "table" : DATA.published.length ? "published" : "measures";
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
  if (chosen === "scatter" && state.group) showScatter();
  if (chosen === "published") showPublished();
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

function showLeftOut() {
  byId("left-out").hidden = !DATA.leftOut.length;
  if (DATA.leftOut.length) byId("left-out").replaceChildren(el("p", {}, "Left out, since their weights were trained elsewhere:"), el("ul", {}, DATA.leftOut.map((text) => el("li", {}, text))));
}

build();
})();
