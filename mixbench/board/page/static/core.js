// The board's data, the page's state, and how nodes are made. Texts only ever become text nodes.
const DATA = window.MIXBENCH;
window.MIXBENCH_ROWS = {};
const MEASURE = new Map(DATA.measures.map((measure) => [measure.name, measure]));
DATA.groups.forEach(({ rows }) => nameRows(rows));
const state = { group: null, shown: new Set(DATA.shownFirst), chosen: [], sort: null, page: 0, whole: false, open: null };

// Each row's place, and the name that an address has for it: its label, with its status where a ranked row has that label.
function nameRows(rows) {
  const taken = new Set();
  rows.forEach((row, place) => {
    row.place = place;
    row.key = taken.has(row.label) ? `${row.label} (${row.status})` : row.label;
    taken.add(row.key);
  });
}

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

// What only a screen reader says.
function said(text) {
  return el("span", { class: "hidden-text" }, text);
}

function options(select, entries, chosen) {
  select.replaceChildren(...entries.map(([value, text]) => el("option", { value, selected: value === chosen }, text)));
}

// A script of the page's own, once: browsers refuse to fetch beside a page that is a file.
const scripts = new Map();

function load(path) {
  if (!scripts.has(path)) {
    scripts.set(path, new Promise((done, failed) => {
      document.head.append(el("script", { src: path, onload: () => done(), onerror: () => failed(new Error(path)) }));
    }));
  }
  return scripts.get(path);
}

// The measures that any row of the group has, in the table's order.
function present(group) {
  return DATA.measures.map(({ name }) => name).filter((name) => group.rows.some((row) => row.cells[name]));
}

// The method that every other is held against: no augmentation.
function baseline(group) {
  return group.rows.find((row) => row.spec === "erm") ?? null;
}
