// What the page says of itself, and where to go on.
function buildAbout() {
  const { version, commit, changed, updated, repository } = DATA.about;
  const code = `MixBench ${version}`;
  byId("stamp").textContent = [updated ? `Updated ${updated}` : null, code].filter((text) => text).join(" · ");
  byId("made").replaceChildren(pairs([
    ["records up to", updated ?? "none"],
    ["made by", code],
    ["commit", commit === null ? "not from a checkout" : [codeLink(commit, repository), changed ? ", with changes that no commit has" : ""]],
    ["repository", repository ? el("a", { href: repository }, repository) : "not known to this page: it was not built by the repository’s workflow"],
    ["licence", repository ? el("a", { href: `${repository}/blob/HEAD/LICENSE` }, "Apache 2.0") : "Apache 2.0, code and records"],
  ]));
  byId("how").replaceChildren(repository ? el("a", { href: `${repository}/blob/HEAD/leaderboards/README.md` }, "leaderboards/README.md") : el("code", {}, "leaderboards/README.md"));
  byId("citation").textContent = citation(DATA.about);
  for (const link of document.querySelectorAll("[data-view]")) link.addEventListener("click", () => visitView(link.dataset.view));
}

function codeLink(commit, repository) {
  const short = el("code", {}, commit.slice(0, 12));
  return repository ? el("a", { href: `${repository}/tree/${commit}` }, short) : short;
}

function citation({ version, commit, updated, repository }) {
  const lines = [["title", "MixBench: what an augmentation really does to a model’s robustness"], ["author", "{The MixBench authors}"], ["year", (updated ?? "").slice(0, 4)],
    ["version", version], ["note", `Leaderboard${updated ? ` of ${updated}` : ""}${commit ? `, commit ${commit.slice(0, 12)}` : ""}`], ["url", repository ?? ""]];
  return `@software{mixbench,\n${lines.filter(([, text]) => text).map(([name, text]) => `  ${name} = {${text}}`).join(",\n")}\n}`;
}
