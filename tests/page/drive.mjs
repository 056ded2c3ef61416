// Opens pages in Debian's Chromium, uses them as people do, and prints what was seen as one line of JSON.
// usage: node drive.mjs CHROMIUM SCENARIO PAGE_FOLDER [WORDS_FOR_THE_SCENARIO…]
import { chromium } from "playwright-core";
import { pathToFileURL } from "node:url";
import * as scenarios from "./scenarios.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const [executablePath, scenario, folder, ...words] = process.argv.slice(2);
const complaints = [];
const elsewhere = [];

async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  await context.setOffline(true);
  const page = await context.newPage();
  page.setDefaultTimeout(120000);
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => request.url().startsWith("file:") || elsewhere.push(request.url().slice(0, 200)));
  page.asked = [];
  page.on("request", (request) => page.asked.push(request.url().slice(`${pathToFileURL(folder)}/`.length)));
  await page.goto(`${pathToFileURL(folder)}/index.html`);
  return page;
}

const browser = await chromium.launch({ executablePath, args: FLAGS });
try {
  const seen = await scenarios[scenario]((options) => open(browser, options), words);
  process.stdout.write(`${JSON.stringify({ ...seen, complaints, elsewhere })}\n`);
} catch (error) {
  process.stderr.write(`${error.message.slice(0, 2000)}\n${complaints.join("\n")}\n`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
