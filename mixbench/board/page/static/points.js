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
