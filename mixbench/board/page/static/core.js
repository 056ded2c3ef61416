// The board's data, the page's state, and how numbers and nodes are made. Texts only ever become text nodes.
const DATA = window.MIXBENCH;
const MEASURE = new Map(DATA.measures.map((measure) => [measure.name, measure]));
for (const record of DATA.groups.flatMap(({ rows }) => rows.flatMap(({ records }) => records))) {
  record.curves = new Map(record.curves.map(([name, ...curve]) => [name, curve]));
}
const state = { group: null, shown: new Set(DATA.shownFirst), chosen: [] };

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

function sectionOf(name) {
  return MEASURE.get(name).section;
}

function shortOf(name) {
  return MEASURE.get(name).short;
}

function titleOf(name) {
  return `${sectionOf(name)}: ${shortOf(name)}`;
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
