// The rows ticked to be compared. A filter leaves them ticked, so that two can be found one after another; it is said.
function choose(place) {
  state.chosen = state.chosen.includes(place) ? state.chosen.filter((each) => each !== place) : [...state.chosen, place].slice(-2);
  markChosen();
}

function markChosen() {
  for (const node of rowNodes()) {
    const chosen = state.chosen.includes(Number(node.dataset.place));
    node.classList.toggle("chosen", chosen);
    node.querySelector("td.tick input").checked = chosen;
  }
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
