// Opens shared notebooks and report pages in a headless Chromium without any network, and asserts what a reader must see: charts
// with drawn traces, formulas, nothing on the console, no request. Then without JavaScript: a still image for each chart. Then the
// shared notebook as GitHub shows it, images and text only, and as nbconvert writes it. One of the notebooks is hostile; nothing
// in it may run. Usage: node export.mjs CLONE CHROMIUM [PYTHON]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [clone, executablePath, python = join(clone, ".venv/bin/python")] = process.argv.slice(2);
const stage = mkdtempSync(join(tmpdir(), "hadamard-export-"));
const run = (...words) => execFileSync(python, words, { cwd: clone, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

/** Opens a page with every request but those for its own files blocked; returns what was seen and what was wrong. */
async function look(browser, url, javaScriptEnabled, read) {
  const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 1200, height: 900 } });
  await context.setOffline(true);
  const problems = [];
  const own = url.slice(0, url.lastIndexOf("/") + 1);
  await context.route("**/*", (route) => {
    const asked = route.request().url();
    if (asked.startsWith(own) || asked.startsWith("data:") || asked.startsWith("blob:")) return route.continue();
    problems.push(`asked for ${asked}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => (problems.push("a dialog"), dialog.dismiss()));
  page.on("popup", () => problems.push("a window"));
  await page.goto(url);
  await page.waitForLoadState("networkidle").catch(() => problems.push("the page does not come to rest"));
  if (page.url() !== url) problems.push(`went to ${page.url()}`);
  const seen = await read(page);
  if (javaScriptEnabled && (await page.evaluate(() => "hacked" in window))) problems.push("a script of the notebook ran");
  await context.close();
  return { seen, problems };
}

/** Charts, formulas and links of a page whose scripts have run. */
async function interactive(page) {
  const drawn = () => [...document.querySelectorAll("figure.chart")].every((chart) => chart.querySelector(".still").hidden);
  await page.waitForFunction(drawn, null, { timeout: 60_000 }).catch(() => {});
  return page.evaluate(() => {
    const visible = (node) => node.getBoundingClientRect().width > 0 && node.getBoundingClientRect().height > 0;
    const lines = (chart) => [...chart.querySelectorAll(".drawing .main-svg .trace path.js-line, .drawing .main-svg .hm image")];
    const charts = [...document.querySelectorAll("figure.chart")];
    return {
      charts: charts.length,
      drawn: charts.filter((chart) => lines(chart).some(visible) && chart.querySelector(".still").hidden).length,
      formulas: [...document.querySelectorAll("math")].filter(visible).length,
      folds: document.querySelectorAll("details.code-cell[open]").length,
      links: [...document.querySelectorAll("figure a")].filter((link) => link.getAttribute("href") || link.getAttribute("xlink:href")).length,
      handlers: [...document.querySelectorAll("*")].filter((node) => [...node.attributes].some((a) => /^on/i.test(a.name))).length,
    };
  });
}

/** Folds all code by the button, and opens it again. */
async function fold(page) {
  const open = () => page.locator("details.code-cell[open]").count();
  const all = await open();
  await page.locator("button.fold-all").click();
  const folded = await open();
  await page.locator("button.fold-all").click();
  return { all, folded, again: await open() };
}

/** Still images that can be seen; `images` selects them. */
const still = (images) => async (page) => {
  const found = await page.locator(images).all();
  let shown = 0;
  for (const image of found) {
    const box = await image.boundingBox();
    const size = await image.evaluate((node) => node.complete && node.naturalWidth * node.naturalHeight);
    shown += box !== null && box.width > 20 && box.height > 20 && size > 0;
  }
  return { images: found.length, shown };
};

/** The notebook with images and text only, as GitHub shows it: of a chart its image. */
function onGitHub(notebook) {
  const text = (part) => [part ?? ""].flat().join("");
  const safe = (part) => text(part).replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const shown = ({ data = {}, ...output }) => {
    const chart = "application/vnd.plotly.v1+json" in data ? ' class="chart"' : "";
    if (data["image/svg+xml"]) return `<img${chart} src="data:image/svg+xml;base64,${Buffer.from(text(data["image/svg+xml"])).toString("base64")}">`;
    if (data["image/png"]) return `<img${chart} src="data:image/png;base64,${text(data["image/png"])}">`;
    return `<pre${chart}>${safe(data["text/plain"] ?? output.text)}</pre>`;
  };
  return `<!doctype html><meta charset="utf-8">${notebook.cells.flatMap((cell) => [`<pre>${safe(cell.source)}</pre>`, ...(cell.outputs ?? []).map(shown)]).join("\n")}`;
}

const isChart = (output) => "application/vnd.plotly.v1+json" in (output.data ?? {});

async function check(browser, folder) {
  const name = basename(folder);
  const url = pathToFileURL(join(folder, `${name}.html`)).href;
  const notebook = JSON.parse(readFileSync(join(folder, `${name}.ipynb`), "utf8"));
  const charts = notebook.cells.flatMap((cell) => cell.outputs ?? []).filter(isChart).length;
  const page = (file, html) => (writeFileSync(join(stage, file), html), pathToFileURL(join(stage, file)).href);
  const converted = run("-m", "nbconvert", "--to", "html", "--template", "basic", "--stdout", "--log-level=ERROR", join(folder, `${name}.ipynb`));

  const scripted = await look(browser, url, true, interactive);
  const folding = await look(browser, url, true, fold);
  const plain = await look(browser, url, false, still("figure.chart .still img"));
  const github = await look(browser, page("github.html", onGitHub(notebook)), false, still("img.chart"));
  const viewer = await look(browser, page("viewer.html", `<!doctype html><meta charset="utf-8">${converted}`), true, async () => ({}));

  const { seen } = scripted;
  const problems = [scripted, folding, plain, github, viewer].flatMap((part) => part.problems);
  const expect = (good, what) => good || problems.push(what);
  expect(charts > 0 && seen.charts === charts && seen.drawn === charts, `${seen.drawn} of ${charts} charts are drawn`);
  expect(seen.formulas > 0, "no formula");
  expect(seen.links === 0 && seen.handlers === 0, `${seen.links} links in charts, ${seen.handlers} handlers`);
  expect(folding.seen.all > 0 && folding.seen.folded === 0 && folding.seen.again === folding.seen.all, "the button does not fold the code");
  expect(plain.seen.shown === charts, `without JavaScript ${plain.seen.shown} of ${charts} images`);
  expect(github.seen.shown === charts, `on GitHub ${github.seen.shown} of ${charts} images`);
  return [`${charts} charts drawn, ${seen.formulas} formulas, ${plain.seen.shown} images without JavaScript, ${github.seen.shown} on GitHub`, problems];
}

let passed = 0;
let failed = 0;
const report = (name, said, problems) => {
  console.log(`${name}: ${said}`);
  problems.forEach((problem) => console.log(`  ${problem}`));
  problems.length === 0 ? passed++ : failed++;
};
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"] });
try {
  run("tests/tools/hostile.py", stage);
  for (const file of readdirSync(stage).filter((file) => file.endsWith(".ipynb"))) {
    run("-m", "tools.share", "--as-is", "--out", join(stage, "shared"), "--", join(stage, file));
  }
  for (const name of readdirSync(join(stage, "shared"))) {
    report(name, ...(await check(browser, join(stage, "shared", name)).catch((error) => ["stopped", [error.message]])));
  }
  for (const file of readdirSync(join(stage, "report")).filter((file) => file.endsWith(".html"))) {
    const { seen, problems } = await look(browser, pathToFileURL(join(stage, "report", file)).href, true, interactive);
    if (seen.drawn !== seen.charts || seen.handlers + seen.links > 0) problems.push(JSON.stringify(seen));
    report(`report/${file}`, `${seen.drawn} charts drawn`, problems);
  }
} finally {
  await browser.close();
  rmSync(stage, { recursive: true, force: true });
}
console.log(`export: ${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
