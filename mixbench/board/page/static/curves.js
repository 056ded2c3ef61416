// Curves: the mean over seeds as a line, each seed as a faint one, drawn as SVG.
// A curve that a stranger named __proto__ is in no map.
const CURVES = new Map(Object.entries(DATA.curves));
const MOST_DOTS = 6;
const SIZE = { width: 320, height: 190, left: 40, right: 10, top: 10, bottom: 24 };

// Each of `lines` is [row, class, its records]; curves that no row has are not drawn.
function drawCurves(lines) {
  const names = [...new Set(lines.flatMap(([, , records]) => records.flatMap((record) => [...record.curves.keys()])))];
  const figures = names.map((name) => curveFigure(name, lines)).filter((figure) => figure);
  const legend = lines.map(([row, kind]) => el("span", { class: `key ${kind}` }, row.label));
  return figures.length ? [el("p", { class: "legend" }, legend), el("div", { class: "curves" }, figures)] : [];
}

function curveFigure(name, lines) {
  const drawn = lines.map(([, kind, records]) => [kind, records.map((record) => record.curves.get(name)).filter((curve) => curve)]);
  const curves = drawn.flatMap(([, found]) => found);
  const numbers = curves.flatMap(([, , values]) => values).filter((value) => value !== null);
  const places = curves.flatMap(([, xs]) => xs).filter((x) => x !== null);
  if (!numbers.length || !places.length) return null;
  const [title, percent] = CURVES.get(name) ?? [name, true];
  const scale = axes(places, numbers, percent);
  const picture = svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", "aria-label": title },
    ...frame(scale, percent, curves[0][0]), ...drawn.flatMap(([kind, found]) => curveLines(kind, found, scale)));
  return el("figure", {}, el("figcaption", {}, title), picture);
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
