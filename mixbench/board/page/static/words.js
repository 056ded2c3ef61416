// How measures and numbers are written; their words and units come with the data.
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
  return MEASURE.get(name)?.unit ?? "";
}

function isShare(name) {
  return unitOf(name) === "%";
}

function number(value, name) {
  if (value === null || value === undefined) return "";
  const percent = isShare(name);
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

// What a column's seeds are counted for: one point, or the unit of another measure.
function unitWords(head, name) {
  return isShare(name) ? "1 pt" : `${head.unit}`;
}

function wins(row) {
  return row.wins === null ? "–" : `${row.wins}/${row.losses}`;
}

function net(row) {
  return row.wins === null ? null : row.wins - row.losses;
}

function whole(value) {
  return `${value > 0 ? "+" : ""}${value}`.replace("-", "−");
}

function seedsOf(row) {
  return row.further ? `${row.records}+${row.further}` : `${row.records}`;
}

function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function shortened(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

// A method's name that may be broken where its parts meet, and only if need be within them.
function breakable(name) {
  return name.split(/(?<=[_+|(,])/).flatMap((part, place) => (place ? [el("wbr"), part] : [part]));
}

function measureOptions(names) {
  return names.map((name) => [name, titleOf(name)]);
}

function badge(rank) {
  return rank === null ? null : [said(", rank "), el("span", { class: rank === 1 ? "rank first" : "rank" }, `${rank}`)];
}
