// A scatter of any two measures: altair's chart, Vega's drawing, colours of the page.
let scatter = null;
let drawing = 0;
// More points than this are drawn smaller, and without intervals at first.
const CROWD = 24;
// Each axis and the place, among the measures shown first, of the one that it has at first.
const AXES = { across: 0, up: 2 };

function buildScatter() {
  const names = present(state.group);
  for (const id of Object.keys(AXES)) {
    options(byId(id), measureOptions(names), names.includes(byId(id).value) ? byId(id).value : usualAxis(id));
  }
  byId("bars").checked = state.group.rows.length <= CROWD;
}

function usualAxis(id) {
  const names = present(state.group);
  return DATA.shownFirst.filter((name) => names.includes(name))[AXES[id]] ?? names[0] ?? "";
}

// Vega comes with the first look; of several asked for meanwhile, the last is drawn.
async function showScatter() {
  const asked = (drawing += 1);
  await Promise.all([load("vendor/vega.js"), load("vendor/chart.js")]);
  // Nothing can be placed in a view that was left meanwhile.
  if (asked !== drawing || openView() !== "scatter") return;
  const spec = chartSpec();
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

function chartSpec() {
  const spec = structuredClone(window.MIXBENCH_CHART);
  const titles = { x: axisTitle(byId("across").value), y: axisTitle(byId("up").value) };
  const left = [["names", "text"], ["bars", "rule"]].filter(([id]) => !byId(id).checked).map(([, mark]) => mark);
  spec.layer = spec.layer.filter(({ mark }) => !left.includes(mark.type));
  const rows = shownPoints();
  for (const { encoding, mark } of spec.layer) {
    for (const axis of ["x", "y"]) encoding[axis].title = titles[axis];
    if (mark.type === "point" && rows.length > CROWD) mark.size = 36;
  }
  spec.datasets = { rows };
  spec.width = byId("chart").clientWidth;
  spec.height = byId("chart").clientHeight;
  spec.config = { ...spec.config, ...chartColours() };
  return spec;
}

// A name stands only where it covers no point and no other name; the rows' order says whose is placed first.
function placeNames(vega) {
  const [points, names] = ["symbol", "text"].map((type) => vega.marks.find((mark) => mark.type === type));
  const anchor = ["top-right", "right", "bottom-right", "top-left", "left", "bottom-left", "top", "bottom"];
  if (names) names.transform = [{ type: "label", size: { signal: "[width, height]" }, anchor, offset: anchor.map(() => 7), avoidMarks: [points.name] }];
  return vega;
}

function axisTitle(name) {
  return `${titleOf(name)} ${unitOf(name) && `(${unitOf(name)})`} ${MEASURE.get(name).sign}`.replaceAll("  ", " ").trim();
}

function points(across, up) {
  const scaled = (value, name) => (value === null ? null : isShare(name) ? 100 * value : value);
  const found = state.group.rows.filter(wanted).map((row) => [row, row.place, row.cells[across], row.cells[up]]).filter(([, , x, y]) => typeof x?.[0] === "number" && typeof y?.[0] === "number");
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
