// What is done on a page and what is looked at. Each scenario gets a way to open the page and returns what it saw.
const texts = (page, selector) => page.$$eval(selector, (nodes) => nodes.map((node) => node.textContent.replace(/\s+/g, " ").trim()));
const methods = (page) => texts(page, "#table-home th.method .name");
const head = (page, words) => page.locator("#table-home thead tr:first-child th", { hasText: words });
const ready = (page) => page.waitForSelector("#table-home tr[data-place]");
const heads = (page) => texts(page, "#table-home thead tr:first-child th");
const title = (page) => page.textContent("#panel-title");
const closed = (page) => page.waitForSelector("#panel:not([open])", { state: "attached" });

// What of a row's cells is seen, and what is read out.
async function cells(page, method) {
  const row = page.locator("#table-home tr[data-place]", { has: page.locator(`.name:text-is("${method}")`) }).locator("td.number");
  const left = (nodes, selector) => nodes.map((node) => {
    const copy = node.cloneNode(true);
    for (const part of copy.querySelectorAll(selector)) part.remove();
    return copy.textContent;
  });
  return { seen: await row.evaluateAll(left, ".hidden-text"), read: await row.evaluateAll(left, "[aria-hidden]") };
}

async function sorted(page, words, direction, key) {
  const button = head(page, words).first().locator("button");
  await (key ? button.press(key) : button.click());
  const wanted = direction === null ? ":not([aria-sort])" : `[aria-sort=${direction}]`;
  await page.locator(`#table-home thead th${wanted}`, { hasText: words }).first().waitFor();
  return methods(page);
}

async function sorting(page) {
  return {
    first: await methods(page),
    up: await sorted(page, "Clean top-1 error", "ascending"),
    ties: await page.$$eval("#table-home tr[data-place]", (rows) => rows.map((row) => row.querySelectorAll(".ties i").length)),
    down: await sorted(page, "Clean top-1 error", "descending"),
    back: await sorted(page, "Clean top-1 error", null, "Enter"),
    missing: [await sorted(page, "ECE", "ascending", "Enter"), await sorted(page, "ECE", "descending", "Enter")],
    end: await sorted(page, "ECE", null),
  };
}

async function filtering(page) {
  const seen = {};
  await page.fill("#find", "mix");
  seen.found = [await methods(page), await page.textContent("#count")];
  for (const words of ["Hongyi Zhang", "1710.09412", "zhang 2018 nothing"]) {
    await page.fill("#find", words);
    seen[words] = await methods(page);
  }
  await page.fill("#find", "");
  await page.selectOption("#family", { label: "contributed" });
  seen.family = await methods(page);
  await page.selectOption("#family", { label: "all" });
  return seen;
}

async function choosing(page) {
  const before = await heads(page);
  await page.click("button:text-is('Measures'):not([role=tab])");
  await page.check("#chooser input[value='fgsm.white.top1_error']");
  await page.uncheck("#chooser input[value='calibration.ece']");
  await page.keyboard.press("Escape");
  const after = await heads(page);
  return { added: after.filter((each) => !before.includes(each)), gone: before.filter((each) => !after.includes(each)) };
}

async function row(page) {
  await page.click("#table-home .name:text-is('erm')");
  await page.waitForSelector("#panel .record");
  const seen = {
    title: await title(page), flags: await texts(page, "#panel .flags li"), curves: await page.locator("#panel .curves svg").count(),
    clean: await texts(page, "#panel table tbody tr:first-child > *"), records: await page.locator("#panel .record").count(),
    steps: await page.$$eval("#panel .curves polyline", (lines) => lines.filter((line) => new Set([...line.points].map(({ x }) => x)).size < line.points.length).length),
    digests: await page.$$eval("#panel .record dt", (terms) => terms.filter((term) => term.textContent === "digest").map((term) => term.nextSibling.textContent)),
  };
  await page.keyboard.press("Escape");
  await closed(page);
  return { ...seen, open: await page.locator("#panel[open]").count() };
}

async function keyboard(page) {
  await page.focus("#compare ~ *, #find");
  for (let step = 0; step < 40 && !(await page.evaluate("document.activeElement.matches('tr[data-place]')")); step += 1) await page.keyboard.press("Tab");
  const focused = () => page.evaluate("document.activeElement.querySelector('.name')?.textContent ?? document.activeElement.outerHTML.slice(0, 80)");
  const seen = { tab: await focused() };
  await page.keyboard.press("ArrowDown");
  seen.arrow = await focused();
  await page.keyboard.press("Enter");
  seen.opened = await title(page);
  await page.keyboard.press("Escape");
  await closed(page);
  seen.after = await focused();
  await page.keyboard.press(" ");
  seen.button = await page.textContent("#compare");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press(" ");
  seen.enabled = await page.isEnabled("#compare");
  await page.focus("#tab-table");
  await page.keyboard.press("ArrowRight");
  seen.tabbed = await page.evaluate("document.activeElement.id");
  await page.click("#tab-table");
  return seen;
}

async function comparing(page) {
  while (await page.locator("td.tick input:checked").count()) await page.locator("td.tick input:checked").first().click();
  for (const name of ["erm", "mixup(alpha=1.0)"]) await page.check(`td.tick input[aria-label="compare ${name}"]`);
  const hidden = [await ticked(page)];
  for (const text of ["erm", "cutmix", ""]) {
    await page.fill("#find", text);
    hidden.push(await ticked(page));
  }
  await page.click("#compare");
  await page.waitForSelector("#panel .verdict");
  const lines = (await page.$$eval("#panel table tbody tr", (nodes) => nodes.map((node) => [...node.cells].map((cell) =>
    (cell.querySelector(".cell > :first-child") ?? cell).textContent.replace(/\s+/g, " ").trim()))));
  const seen = { hidden, said: await page.textContent("#panel .verdict"), clean: lines.find(([name]) => name.startsWith("Clean top-1")), ece: lines.find(([name]) => name.includes(" ECE %")) };
  await page.selectOption("#panel select[aria-label='Second method']", { label: "cutmix(alpha=1.0,probability=1.0)" });
  await headed(page, "cutmix");
  seen.other = await texts(page, "#panel table thead th");
  await page.selectOption("#panel select[aria-label='Second method']", { label: "mixup(alpha=8.0)" });
  await headed(page, "8.0");
  seen.untested = await page.textContent("#panel .verdict");
  await page.keyboard.press("Escape");
  await closed(page);
  await page.fill("#find", "mixup");
  await page.click("#untick");
  await page.fill("#find", "");
  seen.left = [await page.textContent("#compare"), await page.locator("td.tick input:checked").count(), await page.isVisible("#untick")];
  return seen;
}

async function headed(page, word) {
  await page.locator("#panel table thead", { hasText: word }).first().waitFor();
}

async function ticked(page) {
  return [await page.textContent("#ticked"), await page.isVisible("#untick"), await page.isEnabled("#compare")];
}

async function scatter(page) {
  await page.click("#tab-scatter");
  await page.waitForSelector("#chart svg");
  await page.selectOption("#up", "calibration.ece");
  await page.locator("#chart svg", { hasText: "Calibration: ECE" }).waitFor();
  const seen = {
    titles: (await texts(page, "#chart .role-axis-title text")).sort(),
    points: await page.locator("#chart .mark-symbol.role-mark path").count(),
    bars: await page.locator("#chart .mark-rule.role-mark line").count(),
    names: (await texts(page, "#chart .mark-text.role-mark text")).sort(),
  };
  await page.locator("#chart .mark-symbol.role-mark path").last().click();
  seen.opened = await title(page);
  await page.keyboard.press("Escape");
  await closed(page);
  seen.keys = await pointKeys(page);
  await page.uncheck("#names");
  await page.waitForSelector("#chart .mark-text.role-mark text", { state: "detached" });
  await page.check("#names");
  await page.waitForSelector("#chart .mark-text.role-mark text", { state: "attached" });
  return seen;
}

async function pointKeys(page) {
  await page.focus("#bars");
  const seen = [];
  for (const key of ["Tab", "ArrowRight", "End"]) {
    await page.keyboard.press(key);
    seen.push(await page.textContent("#tip"));
  }
  await page.keyboard.press("Enter");
  seen.push(await title(page));
  await page.keyboard.press("Escape");
  await closed(page);
  return [...seen, await page.evaluate("document.activeElement.getAttribute('aria-label')")];
}

async function rest(page) {
  await page.click("#tab-order");
  const seen = { order: await page.$$eval("#panel-order svg .method", (nodes) => nodes.map((node) => [...node.querySelectorAll("text")].map(({ textContent }) => textContent))) };
  await page.click("#tab-published");
  seen.published = await texts(page, "#published-home tbody tr:first-child td");
  await page.click("#tab-measures");
  seen.measures = await page.locator("#panel-measures tbody tr").count();
  await page.click("#tab-table");
  seen.suites = await texts(page, "#suite option");
  await page.selectOption("#suite", { index: 1 });
  seen.older = [await methods(page), await texts(page, "#backbone option"), await page.isVisible("#tab-order")];
  await page.selectOption("#suite", { index: 0 });
  return seen;
}

const paper = (page) => page.evaluate("getComputedStyle(document.body).backgroundColor");

async function dark(open) {
  const page = await open({ colorScheme: "dark" });
  await ready(page);
  const seen = { asked: await paper(page), pressed: await page.getAttribute("#theme", "aria-pressed") };
  await page.click("#theme");
  return { ...seen, toggled: await paper(page) };
}

async function phone(open) {
  const page = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await ready(page);
  const widths = {};
  const measure = async (name) => {
    widths[name] = await page.evaluate("Math.max(document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth, document.querySelector('.panel-body')?.scrollWidth ?? 0)");
  };
  await measure("table");
  await page.tap("#table-home .name");
  await page.waitForSelector("#panel .record");
  await measure("row");
  await page.tap("#panel button[aria-label=Close]");
  for (const view of ["scatter", "order", "published", "measures", "about"]) {
    await page.tap(`#tab-${view}`);
    if (view === "scatter") await page.waitForSelector("#chart svg");
    await measure(view);
  }
  widths.meaning = await page.evaluate("document.querySelector('#panel-measures td.prose').getBoundingClientRect().right");
  return widths;
}

// Everything that a visitor does, on the board of tests/page/test_page_browser.py.
export async function visit(open) {
  const page = await open();
  await ready(page);
  const cell = await cells(page, "erm");
  const resolution = await page.$$eval("#table-home tr.resolution td.number", (nodes) => nodes.map((node) => node.textContent));
  const sections = await texts(page, "#table-home tr.section, #table-home tr[data-place] .name");
  const count = await page.textContent("#count");
  return {
    heads: await heads(page), cell, resolution, sections, count, sorting: await sorting(page), filtering: await filtering(page), choosing: await choosing(page), row: await row(page),
    keyboard: await keyboard(page), comparing: await comparing(page), scatter: await scatter(page), rest: await rest(page),
    dark: await dark(open), phone: await phone(open), light: await paper(page),
  };
}

// Goes everywhere on a board whose every text is hostile.
export async function brave(open) {
  const page = await open();
  await ready(page);
  const seen = { methods: await methods(page), suite: await texts(page, "#suite option, #backbone option") };
  await page.click("#table-home .name");
  await page.waitForSelector("#panel .record");
  seen.panel = await page.textContent("#panel");
  seen.beyond = await page.evaluate("document.querySelector('.panel-body').scrollWidth - document.querySelector('.panel-body').clientWidth");
  await page.$$eval("#panel details", (nodes) => nodes.forEach((node) => { node.open = true; }));
  await page.keyboard.press("Escape");
  await closed(page);
  for (const box of (await page.locator("td.tick input").all()).slice(0, 2)) await box.check();
  await page.click("#compare");
  await page.waitForSelector("#panel .verdict");
  seen.compare = await page.textContent("#panel");
  await page.keyboard.press("Escape");
  await closed(page);
  await page.click("#tab-scatter");
  await page.waitForSelector("#chart svg");
  await page.locator("#chart .mark-symbol.role-mark path").last().hover();
  seen.tip = await page.textContent("#tip");
  await page.click("#tab-published");
  seen.published = await page.textContent("#published-home");
  seen.links = await page.$$eval("a", (links) => links.map((link) => link.getAttribute("href")).filter((href) => !/^(https:\/\/|#view|board\.)/.test(href)));
  seen.hacked = await page.evaluate("[window.hacked ?? null, document.querySelectorAll('img, iframe, object, main script, #panel script, base').length]");
  return seen;
}

// What a page opens with.
export async function first(open) {
  const page = await open();
  await ready(page);
  return { suite: await page.inputValue("#suite"), suites: await texts(page, "#suite option"), methods: await methods(page) };
}

async function shownState(page) {
  return page.evaluate(() => {
    const value = (id) => document.getElementById(id).value;
    const chosen = document.getElementById("suite").selectedOptions[0].text;
    return {
      suite: chosen, backbone: document.getElementById("backbone").selectedOptions[0].text, view: document.querySelector("[role=tab][aria-selected=true]").id.slice(4),
      find: value("find"), open: document.getElementById("panel-title")?.textContent ?? "", shut: !document.getElementById("panel").open, family: value("family"), across: value("across"), up: value("up"), names: [...document.querySelectorAll("#table-home th.method .name")].map((node) => node.textContent),
      heads: [...document.querySelectorAll("#table-home thead tr:first-child th")].filter((node) => node.querySelector(".kind")).map((node) => `${node.dataset.name}${node.ariaSort ? ` ${node.ariaSort}` : ""}`),
    };
  });
}

// The address comes a moment after what it says.
async function address(page, wanted) {
  await page.waitForFunction((text) => decodeURIComponent(location.hash) === text, wanted);
  return shownState(page);
}

// Makes a view, reloads it, opens its link elsewhere, goes back through it, and opens links that are wrong.
export async function addresses(open, links) {
  const page = await open();
  await ready(page);
  const seen = { start: await address(page, "") };
  await page.fill("#find", "mix");
  await page.selectOption("#family", "mixing");
  await sorted(page, "Clean top-1 error", "ascending");
  await sorted(page, "Clean top-1 error", "descending");
  await page.click("button:text-is('Measures'):not([role=tab])");
  await page.click("#chooser button:text-is('None')");
  await page.check("#chooser input[value='clean.top1_error']");
  await page.keyboard.press("Escape");
  const table = "#find=mix&family=mixing&measures=clean.top1_error&sort=-clean.top1_error";
  seen.table = await address(page, table);
  await page.click("#tab-scatter");
  await page.waitForSelector("#chart svg");
  await page.selectOption("#up", "calibration.ece");
  const scatter = `#view=scatter&${table.slice(1)}&up=calibration.ece`;
  seen.scatter = await address(page, scatter);
  await page.reload();
  await page.waitForSelector("#chart svg");
  seen.reloaded = await address(page, scatter);
  const link = await open();
  await link.goto(page.url());
  await link.waitForSelector("#chart svg");
  seen.linked = await shownState(link);
  await page.goBack();
  seen.back = await address(page, table);
  await page.selectOption("#suite", { index: 1 });
  seen.older = (await shownState(page)).suite;
  await page.reload();
  await page.waitForSelector("#table-home table");
  seen.olderReloaded = (await shownState(page)).suite;
  await page.goBack();
  seen.again = await address(page, table);
  await page.focus("a.skip");
  await page.keyboard.press("Enter");
  seen.skipped = [await page.evaluate("document.activeElement.id"), await address(page, table)];
  seen.wrong = [];
  for (const hash of links) {
    await follow(page, hash);
    seen.wrong.push({ ...(await shownState(page)), hash: await page.evaluate("location.hash") });
  }
  seen.hacked = await page.evaluate("[window.hacked ?? null, document.querySelectorAll('img').length]");
  return seen;
}

// Opens a link in the open page, whose own listener was there first and so has answered when this one hears.
function follow(page, hash) {
  return page.evaluate((text) => new Promise((answered) => {
    addEventListener("hashchange", () => answered(), { once: true });
    location.hash = text;
  }), hash);
}

// An open row and a comparison have addresses; the back button closes them.
export async function permalinks(open) {
  const page = await open();
  await ready(page);
  await page.click("#table-home .name:text-is('erm')");
  await page.waitForSelector("#panel .record");
  const seen = { row: await address(page, "#row=erm") };
  await page.goBack();
  await closed(page);
  seen.back = await address(page, "");
  await page.goForward();
  await page.waitForSelector("#panel .record");
  await page.selectOption("#panel select", { label: "mixup(alpha=1.0)" });
  await page.waitForSelector("#panel .verdict");
  await address(page, "#compare=erm&with=mixup(alpha=1.0)");
  const link = await open();
  await link.goto("about:blank");
  await link.goto(page.url());
  seen.linked = await link.textContent("#panel .verdict");
  await link.keyboard.press("Escape");
  await closed(link);
  seen.closed = await address(link, "");
  return seen;
}

// What is asked for, and when.
export async function lazy(open) {
  const page = await open();
  await ready(page);
  const seen = { first: [...page.asked] };
  const more = async (act) => {
    const before = page.asked.length;
    await act();
    return page.asked.slice(before).map((name) => name.replace(/[0-9a-f]{16}/, "…"));
  };
  seen.row = await more(async () => {
    await page.click("#table-home .name:text-is('erm')");
    await page.waitForSelector("#panel .record");
    await page.keyboard.press("Escape");
    await closed(page);
  });
  seen.again = await more(async () => {
    await page.click("#table-home .name:text-is('erm')");
    await page.waitForSelector("#panel .record");
    await page.keyboard.press("Escape");
    await closed(page);
  });
  seen.scatter = await more(async () => {
    await page.click("#tab-scatter");
    await page.waitForSelector("#chart svg");
  });
  return seen;
}

// Pages of rows, and all of them on paper.
export async function paging(open) {
  const page = await open({ viewport: { width: 1047, height: 720 } });
  await ready(page);
  const look = async () => [await page.locator("#table-home tr[data-place]").count(), await page.textContent("#page-at")];
  const seen = { first: await look() };
  await page.click("#page-after");
  await page.click("#page-after");
  seen.last = [...(await look()), await page.isEnabled("#page-after")];
  await address(page, "#page=3");
  await page.fill("#find", "alpha=9.0");
  seen.found = [await methods(page), await page.isVisible("#pages")];
  await page.fill("#find", "");
  await page.emulateMedia({ media: "print" });
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  seen.paper = [(await look())[0], await page.evaluate("document.querySelector('table.board').scrollWidth <= document.documentElement.clientWidth"),
    await page.isVisible("#find"), await page.isVisible("#tab-table")];
  await page.evaluate("dispatchEvent(new Event('afterprint'))");
  seen.after = (await look())[0];
  return seen;
}

// How far the table reaches beyond its frame, and whether its edge says so.
async function reach(page) {
  await ready(page);
  const beyond = await page.$eval("#table-home", (home) => home.scrollWidth - home.clientWidth);
  return { beyond, shadow: await shadow(page, beyond > 0) };
}

// Shadows come a frame after what makes them, and softly.
async function shadow(page, wanted) {
  const settled = (value) => Number(getComputedStyle(document.querySelector(".edge:has(#table-home)"), "::after").opacity) === value;
  await page.waitForFunction(settled, Number(wanted));
  return wanted;
}

// A board of many methods, as wide as a laptop's window leaves with the two scroll bars that headless Chromium hides, and on a phone.
export async function crowded(open) {
  const laptop = await open({ viewport: { width: 1280 - 2 * 15, height: 900 } });
  const seen = { laptop: await reach(laptop), headline: (await heads(laptop)).filter((text) => /[↓↑]|→ 0/.test(text)).length };
  const phone = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  seen.phone = await reach(phone);
  await phone.$eval("#table-home", (home) => { home.scrollLeft = home.scrollWidth; });
  seen.end = await shadow(phone, false);
  const focus = await open();
  await ready(focus);
  await focus.focus("#table-home tr[data-place]");
  await focus.keyboard.press("ArrowDown");
  seen.ring = await focus.$$eval("#table-home tr:focus > *", (nodes) => nodes.filter((node) => getComputedStyle(node).boxShadow === "none").length);
  return { ...seen, names: { laptop: await placed(laptop), phone: await placed(phone) } };
}

// The names on the scatter that can be seen, and which of them cover a point or another name by more than 3 px.
async function placed(page) {
  await page.click("#tab-scatter");
  await page.waitForSelector("#chart .mark-text.role-mark text", { state: "attached" });
  return page.evaluate(() => {
    const box = (node) => ({ name: node.textContent, box: node.getBoundingClientRect() });
    const names = [...document.querySelectorAll("#chart .mark-text.role-mark text")].filter((node) => node.getAttribute("opacity") !== "0").map(box);
    const marks = [...document.querySelectorAll("#chart .mark-symbol.role-mark path")].map(box);
    const meet = ({ box: a }, { box: b }) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
    return { seen: names.map(({ name }) => name), covered: names.filter((each) => [...names, ...marks].some((other) => other !== each && meet(each, other))).map(({ name }) => name) };
  });
}
