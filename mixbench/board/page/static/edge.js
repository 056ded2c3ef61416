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
