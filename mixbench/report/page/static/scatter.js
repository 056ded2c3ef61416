// A scatter of any two measures: altair's chart, Vega's drawing, colours of the page.
let scatter = null;

function buildScatter() {
  for (const [id, wish] of [["across", 0], ["up", 2]]) {
    const names = present(state.group);
    const kept = names.includes(byId(id).value) ? byId(id).value : DATA.headline.filter((name) => names.includes(name))[wish] ?? names[0];
    options(byId(id), measureOptions(names), kept);
  }
}

async function showScatter() {
  const [across, up] = [byId("across").value, byId("up").value];
  const spec = structuredClone(window.MIXBENCH_CHART);
  const titles = { x: axisTitle(across), y: axisTitle(up) };
  for (const layer of spec.layer) for (const axis of ["x", "y"]) layer.encoding[axis].title = titles[axis];
  spec.datasets = { rows: points(across, up) };
  spec.config = { ...spec.config, ...chartColours() };
  spec.params[0].value = byId("names").checked;
  const drawn = await vegaEmbed(byId("chart"), spec, {
    ast: true, actions: false, defaultStyle: false, renderer: "svg", tooltip: showTip, hover: false,
  });
  scatter?.finalize();
  scatter = drawn;
  drawn.view.addEventListener("click", (_, item) => {
    if (item?.datum?.place !== undefined) openRow(state.group.rows[item.datum.place]);
  });
}

function axisTitle(name) {
  return `${titleOf(name)} ${unitOf(name) && `(${unitOf(name)})`} ${ARROWS[MEASURE.get(name).kind]}`.replaceAll("  ", " ");
}

function points(across, up) {
  const scaled = (value, name) => (value === null ? null : MEASURE.get(name).unit === "fraction" ? 100 * value : value);
  const found = state.group.rows.map((row, place) => [row, place, row.cells[across], row.cells[up]]).filter(([, , x, y]) => x && y);
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
    axis: { labelColor: dim, titleColor: ink, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontSize: 13, titleFontWeight: 500, titlePadding: 10 },
    legend: { labelColor: ink, titleColor: dim, orient: "top", labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, columns: innerWidth < 700 ? 2 : 0 },
  };
}
