// Opens notebooks in JupyterLab in a headless Chromium and asserts what a reader must see: tables, charts with drawn traces,
// nothing on standard error, no request that leaves the machine. Screenshots go to report/screenshots. A notebook that
// `make reproduce` has executed with this build is opened as a colleague opens what he was sent, untrusted and without running it;
// all others, and those of ALWAYS_RUN, are run by the menu.
// Usage: node run.mjs CLONE CHROMIUM NOTEBOOK...
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { chromium } from "playwright-core";

const [clone, executablePath, ...notebooks] = process.argv.slice(2);
const MINUTE = 60_000;
// The first notebook of a user, and the one with a study that shows its progress.
const ALWAYS_RUN = ["00_start_here", "10_your_study"];
const shots = join(clone, "report", "screenshots");
mkdirSync(shots, { recursive: true });

// JupyterLab saves by itself, so copies are opened; the crate and the data that they name stand beside them as in the clone.
const stage = mkdtempSync(join(tmpdir(), "hadamard-browser-"));
mkdirSync(join(stage, "notebooks"));
for (const folder of ["prelude", "data"]) symlinkSync(join(clone, folder), join(stage, folder));
for (const notebook of notebooks) copyFileSync(executed(notebook) ?? notebook, join(stage, "notebooks", basename(notebook)));

/** The notebook with the outputs of `make reproduce`, if they are of this build and of these cells. */
function executed(notebook) {
  const file = join(clone, "report", basename(notebook));
  if (ALWAYS_RUN.includes(basename(notebook, ".ipynb")) || !existsSync(process.env.HADAMARD_CHECKPOINTS ?? "") || !existsSync(file)) return undefined;
  return isDeepStrictEqual(sourcesOf(notebook), sourcesOf(file)) ? file : undefined;
}

function sourcesOf(notebook) {
  return cellsOf(notebook).map((cell) => [cell.source].flat().join(""));
}

function cellsOf(notebook) {
  return JSON.parse(readFileSync(notebook, "utf8")).cells;
}

// A frame and a chart whose names and cells are markup, too long, missing, or lists.
const ATTACK = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'>";
const hostile = join(stage, "notebooks", "hostile.ipynb");
writeFileSync(hostile, notebookOf([
  ':dep hadamard-prelude = { path = "../prelude" }\nuse hadamard_prelude::*;\nuse polars::prelude::{NamedFrom, Series};',
  `let attack = "${ATTACK}";`,
  `let frame: DataFrame = {
    let long = "long".repeat(2_500_000);
    let lists = [Series::new("a".into(), [1, 2]), Series::new("b".into(), [3])];
    df!(attack => [attack, "\\"quoted\\" & 'single'"], "number" => [f64::NAN, 1.5], "missing" => [None, Some(1)], "long" => [long.as_str(), "short"], "list" => lists)?
};`,
  "frame",
  'line_chart(attack).line(attack, [(1.0, 1.0), (2.0, 2.0)]).dashed("b", [(1.0, 2.0), (2.0, 1.0)]).figure()',
  "Report::new().heading(attack).text(attack).table(frame.clone())",
]));

function notebookOf(sources) {
  const kernelspec = { name: "rust", display_name: "Rust (hadamard)", language: "rust" };
  const cell = (source, index) => ({ cell_type: "code", id: `cell-${index}`, metadata: {}, source, outputs: [], execution_count: null });
  return JSON.stringify({ cells: sources.map(cell), metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 });
}

function startLab() {
  const lab = spawn(
    join(clone, ".venv/bin/jupyter"),
    ["lab", "--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root", `--ServerApp.root_dir=${join(stage, "notebooks")}`],
    { env: { ...process.env, JUPYTER_PREFER_ENV_PATH: "1" }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const url = new Promise((resolve, reject) => {
    let log = "";
    const read = (chunk) => {
      log += chunk;
      const found = log.match(/http:\/\/127\.0\.0\.1:\d+\/lab\?token=\w+/);
      if (found) resolve(new URL(found[0]));
    };
    lab.stdout.on("data", read);
    lab.stderr.on("data", read);
    lab.on("exit", (code) => reject(new Error(`jupyter lab ended with ${code}:\n${log}`)));
  });
  return { lab, url };
}

/** Runs all cells by the menu, to the end. */
async function runAll(page, name) {
  // The kernel compiles a first cell of its own before it answers.
  await page.getByText("Rust (hadamard) | Idle").waitFor({ timeout: 5 * MINUTE }).catch(async () => {
    await page.screenshot({ path: join(shots, `${name}-not-idle.png`) });
    const status = await page.locator("#jp-main-statusbar").innerText().catch(() => "no status bar");
    throw new Error(`${name}: the kernel was not idle after five minutes (${status.replaceAll("\n", " ")})`);
  });
  await page.getByRole("menubar").getByText("Run", { exact: true }).click();
  await page.locator(".lm-Menu-item[data-command='runmenu:run-all']").click();

  // A notebook draws only the cells near the screen, so the last code cell is scrolled to and its number awaited.
  const end = Date.now() + 30 * MINUTE;
  const last = page.locator(".jp-CodeCell").last();
  while (!/\[\d+\]/.test((await last.locator(".jp-InputPrompt").textContent().catch(() => "")) ?? "")) {
    if (Date.now() > end) throw new Error(`${name}: still running after 30 minutes`);
    await page.waitForTimeout(500);
    await last.scrollIntoViewIfNeeded().catch(() => {});
  }
  await page.waitForTimeout(2000);
}

/** Scrolls through the cells of an opened notebook, each of which is drawn when it comes near the screen, in place of an empty one. */
async function drawAll(page, cells) {
  for (const [index, cell] of cells.entries()) {
    const shown = page.locator(".jp-Notebook .jp-Cell").nth(index);
    const numbered = async () => /\[\d+\]/.test((await shown.locator(".jp-InputPrompt").textContent({ timeout: 1000 }).catch(() => "")) ?? "");
    for (let tries = 0; tries < 50; tries++) {
      await shown.scrollIntoViewIfNeeded({ timeout: 1000 }).catch(() => {});
      if (cell.cell_type !== "code" || (await numbered())) break;
      await page.waitForTimeout(100);
    }
  }
}

/** How many charts the outputs of a cell hold. */
function chartsOf(cell) {
  return (cell.outputs ?? []).filter((output) => "application/vnd.plotly.v1+json" in (output.data ?? {})).length;
}

/** How many charts JupyterLab has drawn in a cell. */
function drawn(cell) {
  return cell.evaluate((node) => [...node.querySelectorAll(".jp-RenderedPlotly.js-plotly-plot")].filter((plot) => plot.querySelector(".main-svg")).length);
}

async function check(browser, url, notebook) {
  const name = basename(notebook, ".ipynb");
  const cells = cellsOf(executed(notebook) ?? notebook);
  const code = cells.filter((cell) => cell.cell_type === "code");
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
  const outside = [];
  await context.route("**/*", (route) => {
    const { hostname, protocol } = new URL(route.request().url());
    if (hostname === "127.0.0.1" || ["data:", "blob:"].includes(protocol)) return route.continue();
    outside.push(route.request().url());
    return route.abort();
  });
  const page = await context.newPage();
  const token = url.searchParams.get("token");
  await page.goto(`${url.origin}/lab/tree/${name}.ipynb?token=${token}&reset`);
  await page.waitForSelector(".jp-Notebook .jp-Cell", { timeout: 2 * MINUTE });
  const start = Date.now();
  await (executed(notebook) ? drawAll(page, cells) : runAll(page, name));

  const seen = { tables: 0, charts: 0, errors: [], numbered: 0 };
  for (const [index, cell] of (await page.$$(".jp-Notebook .jp-Cell")).entries()) {
    await cell.scrollIntoViewIfNeeded();
    await page.waitForTimeout(100);
    // Of an opened notebook the file tells what is yet to be drawn.
    const charts = executed(notebook) ? chartsOf(cells[index]) : 0;
    for (let tries = 0; tries < 100 && (await drawn(cell)) < charts; tries++) await page.waitForTimeout(100);
    if ((await drawn(cell)) < charts) seen.errors.push(`cell ${index}: ${await drawn(cell)} of ${charts} charts are drawn`);
    const found = await cell.evaluate((node) => ({
      tables: node.querySelectorAll(".jp-OutputArea table").length,
      charts: [...node.querySelectorAll(".jp-RenderedPlotly.js-plotly-plot")].filter(
        (plot) => plot.querySelectorAll(".main-svg .scatterlayer .trace path.js-line").length > 1,
      ).length,
      stderr: [...node.querySelectorAll('[data-mime-type$="jupyter.stderr"], [data-mime-type$="jupyter.error"]')].map(
        (output) => output.textContent.slice(0, 300),
      ),
      numbered: /\[\d+\]/.test(node.querySelector(".jp-InputPrompt")?.textContent ?? ""),
    }));
    seen.tables += found.tables;
    seen.charts += found.charts;
    seen.numbered += found.numbered;
    seen.errors.push(...found.stderr.map((text) => `cell ${index}: ${text}`));
    if (found.tables + found.charts > 0) await cell.screenshot({ path: join(shots, `${name}-${String(index).padStart(2, "0")}.png`) });
  }
  await page.screenshot({ path: join(shots, `${name}.png`) });
  if (notebook === hostile) seen.errors.push(...(await inert(browser, page)));
  await context.close();

  const problems = [
    ...seen.errors,
    ...(seen.numbered === code.length ? [] : [`${seen.numbered} of ${code.length} code cells have run`]),
    ...(seen.tables > 0 ? [] : ["no table"]),
    ...(seen.charts > 0 ? [] : ["no chart with drawn lines"]),
    ...outside.map((request) => `asked for ${request}`),
  ];
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(`${name}: ${executed(notebook) ? "opened" : "run"}, ${seconds} s, ${seen.numbered} cells, ${seen.tables} tables, ${seen.charts} charts, ${outside.length} requests outside`);
  problems.forEach((problem) => console.log(`  ${problem}`));
  return problems.length === 0;
}

/** Problems with the hostile notebook as JupyterLab shows it and as `make share` exports it. */
async function inert(browser, page) {
  const readable = (where) => async (text) => (where.includes(text) ? [] : [`${text} is not readable`]);
  const problems = [];
  const look = async (page, what) => {
    if (await page.evaluate(() => window.hacked !== undefined)) problems.push(`${what}: a script ran`);
    const tables = [];
    for (const table of await page.locator("table.dataframe").all()) {
      // What is out of sight has no text.
      await table.scrollIntoViewIfNeeded();
      const shown = async () => (await table.innerText()).length > 0;
      for (let tries = 0; tries < 50 && !(await shown()); tries++) await page.waitForTimeout(100);
      tables.push(await table.innerText());
    }
    if (tables.length < 2) problems.push(`${what}: ${tables.length} of 2 tables`);
    for (const text of [ATTACK, "\"quoted\" & 'single'", "NaN", "null", "more characters", "[1, 2]"]) {
      problems.push(...(await readable(tables[0] ?? "")(text)).map((problem) => `${what}: ${problem}`));
    }
    if ((tables[0] ?? "").length > 5000) problems.push(`${what}: the table has ${tables[0].length} characters`);
  };
  // Cells that are out of sight may not be drawn.
  for (const cell of await page.$$(".jp-Notebook .jp-Cell")) await cell.scrollIntoViewIfNeeded();
  await look(page, "JupyterLab");
  await page.keyboard.press("Control+s");
  await page.waitForTimeout(2000);
  const out = join(stage, "shared");
  execFileSync(join(clone, ".venv/bin/python"), ["-m", "tools.share", "--as-is", "--out", out, "--", hostile], { cwd: clone, stdio: "pipe" });
  const context = await browser.newContext({ offline: true });
  const shared = await context.newPage();
  await shared.goto(pathToFileURL(join(out, "hostile/hostile.html")).href);
  await shared.waitForTimeout(2000);
  await look(shared, "export");
  await context.close();
  return problems;
}

const { lab, url } = startLab();
let passed = 0;
let failed = 0;
try {
  const where = await url;
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  // Two at a time, as people do: a kernel that compiles keeps one core busy.
  const left = [...notebooks, hostile];
  const next = async () => {
    for (let notebook = left.shift(); notebook; notebook = left.shift()) {
      const good = await check(browser, where, notebook).catch((error) => (console.log(error.message), false));
      good ? passed++ : failed++;
    }
  };
  await Promise.all([next(), next()]);
  await browser.close();
} finally {
  // Jupyter shuts its kernels down on SIGTERM; SIGINT would ask for confirmation.
  lab.kill("SIGTERM");
  await Promise.race([new Promise((resolve) => lab.once("exit", resolve)), new Promise((resolve) => setTimeout(resolve, 10_000))]);
  lab.kill("SIGKILL");
  rmSync(stage, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
