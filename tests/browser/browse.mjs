// Opens pages in a browser over WebDriver BiDi and writes what it found as JSON. The job comes as JSON on stdin:
// {browser: "chrome" | "firefox", executable, shots: folder, pages: [{name, url, missing, axe}], widths}
// `missing` takes something from the browser before the page is loaded, as in check_proofs.js.
import fs from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";
import puppeteer from "puppeteer-core";

const {browser, executable, shots, pages, widths} = JSON.parse(fs.readFileSync(0, "utf8"));
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const TAKE = {
  "no-subtle": () => Object.defineProperty(crypto, "subtle", {value: undefined}),
  "no-ed25519": () => {
    const unknown = async () => { throw new DOMException("Unrecognized name.", "NotSupportedError"); };
    if (crypto.subtle) crypto.subtle.importKey = unknown;
  },
};

const args = browser === "chrome" && process.getuid?.() === 0 ? ["--no-sandbox"] : [];
const how = {browser, executablePath: executable, protocol: "webDriverBiDi", headless: true, args};
const running = await puppeteer.launch(how);
const found = {};
for (const {name, url, missing, axe: look} of pages) {
  const page = await running.newPage(), errors = [], asked = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => { if (["error", "warn"].includes(message.type())) errors.push(message.text()); });
  page.on("request", (request) => asked.push(request.url()));
  if (missing) await page.evaluateOnNewDocument(TAKE[missing]);
  await page.evaluateOnNewDocument(() => {
    window.blocked = [];
    addEventListener("securitypolicyviolation", (event) => window.blocked.push(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  await page.setViewport({width: widths[0], height: 900});
  await page.goto(url, {waitUntil: "load"});
  const proof = await page.$("#proof, #checkpoint");
  if (proof) await page.waitForSelector("#verification[data-result]", {timeout: 10000}).catch(() => {});
  const verification = proof && await page.$eval("#verification", (box) => ({
    result: box.dataset.result ?? null,
    heading: box.querySelector("h2").textContent,
    steps: Array.from(box.querySelectorAll("ol li"), (step) => step.textContent.trim()),
  }));
  errors.push(...await page.evaluate(() => window.blocked));
  const field = await page.$("input[type=date]");
  const day = field && await field.evaluate((input) => ["2011-01-01", "2023-12-05", "2024-08-01", "2999-01-01"].map((day) => {
    input.value = day;
    input.dispatchEvent(new Event("input"));
    return document.querySelector("[role=status]").textContent;
  }));
  const wide = [];
  for (const width of widths) {
    await page.setViewport({width, height: 900});
    if (await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)) wide.push(width);
    if (shots) await page.screenshot({path: path.join(shots, `${name}-${browser}-${width}.png`), fullPage: true});
  }
  let violations = [];
  if (look) {
    await page.evaluate(axe);
    violations = await page.evaluate(async (tags) => (await axe.run({runOnly: tags, preload: false})).violations
      .flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => `${id}: ${target}: ${failureSummary}`)), TAGS);
  }
  found[name] = {title: await page.title(), verification, day, violations, wide, errors, asked: asked.filter((one) => !one.startsWith("data:"))};
  await page.close();
}
await running.close();
console.log(JSON.stringify(found));
