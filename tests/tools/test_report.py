"""The report: what it shows, what it refuses, what an interruption leaves."""

import asyncio
import csv
import os
import re
import signal
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

import nbformat

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tools.report import __main__ as report  # noqa: E402
from tools.report import execute, page, verdicts  # noqa: E402

HOSTILE = "<script>alert('x')</script>"


def notebook(*outputs):
    cells = [nbformat.v4.new_markdown_cell(f"# A {HOSTILE}\n\nwhere $x^2$ is"), nbformat.v4.new_code_cell("1", outputs=list(outputs))]
    return nbformat.v4.new_notebook(cells=cells)


def stream(name, text):
    return nbformat.v4.new_output("stream", name=name, text=text)


def figure(data):
    return nbformat.v4.new_output("execute_result", data={execute.PLOTLY: {"data": data, "layout": {"title": "</script>"}}})


SENTINEL = stream("stdout", execute.SENTINEL + "\n")
GOOD_CHART = figure([{"x": [1, 2], "y": [3, 4]}])


def fake_run(claims, interrupted=False):
    """A stand-in for the kernel: writes verdicts and returns a finished notebook."""

    async def run(path, folder):
        if interrupted:
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            await asyncio.sleep(60)
        (folder / "verdicts").mkdir(exist_ok=True)
        with open(folder / "verdicts" / "s.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(verdicts.COLUMNS)
            writer.writerows(["s", "claim", claim, 1.0, "<=", 2.0, holds] for claim, holds in claims)
        return execute.Result(path.stem, HOSTILE, notebook(SENTINEL, GOOD_CHART))

    return run


class Report(unittest.TestCase):
    def setUp(self):
        # Whoever runs the tests may have them ignored, as `nohup` and the `&` of a script do.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.target = Path(self.folder.name) / "report"

    def build(self, run):
        with mock.patch.object(execute, "run", run), mock.patch.object(report, "library", lambda: "build"), mock.patch("builtins.print"):
            return report.build([Path("n.ipynb")], self.target)

    def test_a_good_run_gives_pages_charts_and_verdicts(self):
        self.assertEqual(self.build(fake_run([("c", "true")])), 0)
        names = {path.name for path in self.target.iterdir()}
        self.assertTrue({"index.html", "n.html", "n.ipynb", "plotly.min.js", "verdicts.csv"} <= names, names)
        html = (self.target / "n.html").read_text()
        self.assertIn("Plotly.newPlot", html)
        self.assertIn("<math", html)
        self.assertNotRegex(html, r'(src|href)="https?:')

    def test_a_verdict_that_does_not_hold_fails_the_run_but_keeps_the_report(self):
        self.assertEqual(self.build(fake_run([("c", "true"), ("d", "false")])), 1)
        self.assertIn("does not hold", (self.target / "index.html").read_text())

    def test_a_listed_finding_passes_and_a_stale_one_does_not(self):
        rows = [{"study": "s", "kind": "claim", "claim": claim, "holds": holds, "measured": "1", "relation": "<=", "bound": "0"} for claim, holds in [("c", "true"), ("d", "false")]]
        self.assertEqual(verdicts.judge(rows, {("s", "d"): "too wide", ("other", "e"): "not run"}), [])
        self.assertEqual([row["finding"] for row in rows], ["", "too wide"])
        self.assertIn("does not hold: too wide", page.state(rows[1]))
        wrong = verdicts.judge(rows, {("s", "c"): "x", ("s", "f"): "y"})
        self.assertEqual([line.split(":")[0] for line in wrong], ["holds, but is listed as a finding", "does not hold", "a finding about no claim"])

    def test_the_first_page_shows_a_notebook_with_its_claims_and_its_chart(self):
        rows = [{"study": "s", "kind": "claim", "claim": "it falls", "holds": "true", "measured": "1", "relation": "<=", "bound": "2"}]
        chart = nbformat.v4.new_output("display_data", {page.PLOTLY: {"data": [], "layout": {"title": {"text": "A <b>chart</b>"}}}, "image/svg+xml": "<svg/>"})
        cell = nbformat.v4.new_code_cell("x", outputs=[chart])
        result = execute.Result("n", "Title", nbformat.v4.new_notebook(cells=[cell]), studies={"s"})
        text = page.index_page([result], rows)
        for part in ["data:image/svg+xml;base64,", 'alt="A chart"', "it falls", "1 of 1 claims hold", "n.html"]:
            self.assertIn(part, text)

    def test_claims_stand_beside_what_they_measured_at_other_seeds(self):
        path = Path(self.folder.name) / "seeds.csv"
        self.assertEqual(verdicts.seeds(path), {})
        path.write_text(f"study,claim,seed,measured,holds\ns,c,0,1.25,true\ns,c,1,{HOSTILE},false\ns,d,0,3,true\n")
        found = verdicts.seeds(path)
        row = {"study": "s", "kind": "claim", "claim": "c", "holds": "true", "measured": "1.25", "relation": "<=", "bound": "2", "seeds": found[("s", "c")]}
        text = page.table([row])
        self.assertIn("<td>1.25, <span class=\"fails\">&lt;script&gt;", text)
        self.assertIn("1 claims were measured at 2 seeds", page.seed_line([row]))
        self.assertIn("1 of them change", page.seed_line([row]))
        self.assertEqual(page.seed_line([{**row, "seeds": []}]), "")
        path.write_text("a,b\n")
        with self.assertRaises(SystemExit):
            verdicts.seeds(path)

    def test_the_table_of_the_bench_is_kept(self):
        self.target.mkdir(parents=True)
        (self.target / "bench.csv").write_text("case\n")
        self.build(fake_run([("c", "true")]))
        self.assertEqual((self.target / "bench.csv").read_text(), "case\n")

    def test_a_run_without_verdicts_fails(self):
        self.assertEqual(self.build(fake_run([])), 1)

    def test_markup_in_claims_and_titles_is_inert(self):
        self.build(fake_run([(HOSTILE, "true")]))
        for name in ["index.html", "n.html"]:
            self.assertNotIn(f"<title>{HOSTILE}", (self.target / name).read_text())
        self.assertNotIn(HOSTILE, (self.target / "index.html").read_text())
        self.assertNotIn('"title": "</script>"', (self.target / "n.html").read_text())

    def test_an_interruption_leaves_the_last_report_and_nothing_half_written(self):
        self.build(fake_run([("first", "true")]))
        with self.assertRaises(KeyboardInterrupt):
            self.build(fake_run([], interrupted=True))
        self.assertIn("first", (self.target / "verdicts.csv").read_text())
        self.assertEqual([path.name for path in self.target.parent.iterdir()], ["report"])

    def test_an_interruption_at_any_moment_ends_the_work_before_it_is_raised(self):
        ended = []

        async def work():
            try:
                await asyncio.sleep(600)
            finally:
                # In time to be missed.
                await asyncio.sleep(0.02)
                ended.append(True)

        start = threading.Thread.start

        def interrupted_start(thread):
            start(thread)
            signal.raise_signal(signal.SIGINT)

        with mock.patch.object(threading.Thread, "start", interrupted_start), self.assertRaises(KeyboardInterrupt):
            execute.wait(work())
        # A task that was cancelled before it began has nothing to end.
        self.assertLessEqual(len(ended), 1)
        self.assertEqual([thread.name for thread in threading.enumerate() if thread.name.endswith("(run)") and thread.is_alive()], [])
        self.assertEqual(signal.pthread_sigmask(signal.SIG_BLOCK, []), set())

    def test_the_report_is_as_open_as_the_umask_says(self):
        before = os.umask(0o022)
        self.addCleanup(os.umask, before)
        for mask in [0o022, 0o027]:
            os.umask(mask)
            self.build(fake_run([("c", "true")]))
            modes = {path.stat().st_mode & 0o777 for path in [self.target, *self.target.rglob("*")] if path.is_dir()}
            self.assertEqual(modes, {0o777 & ~mask})

    def test_what_two_notebooks_write_to_one_folder_is_kept(self):
        own, folder = Path(self.folder.name) / "own", Path(self.folder.name) / "all"
        for path in ["own/verdicts/a.csv", "own/deep/er/b.csv", "all/verdicts/c.csv", "all/verdicts/a.csv"]:
            path = Path(self.folder.name) / path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.parts[-3])
        report.gather(own, folder)
        found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        self.assertEqual(found, {"verdicts/a.csv", "verdicts/c.csv", "deep/er/b.csv"})
        self.assertEqual((folder / "verdicts/a.csv").read_text(), "own")

    def test_a_folder_that_cannot_be_written_is_named(self):
        # A file in the way: root may write to folders whatever their mode.
        blocked = Path(self.folder.name) / "blocked"
        blocked.write_text("")
        self.target = blocked / "report"
        with self.assertRaises(SystemExit) as stopped:
            self.build(fake_run([("c", "true")]))
        self.assertIn("blocked", str(stopped.exception))

    def test_what_a_reader_should_not_see_is_found(self):
        self.assertEqual(execute.problems_of(notebook(SENTINEL, GOOD_CHART, figure([{"type": "histogram", "x": [1]}]))), [])
        error = nbformat.v4.new_output("error", ename="E", evalue="bad", traceback=[])
        for output in [stream("stderr", "thread panicked"), error, figure([]), figure([{"y": []}])]:
            self.assertEqual(len(execute.problems_of(notebook(SENTINEL, output))), 1, output)
        self.assertEqual(len(execute.problems_of(notebook(GOOD_CHART))), 1)

    def test_nothing_of_a_notebook_runs(self):
        html = page.notebook_page(execute.Result("n", HOSTILE, notebook(figure([{"y": [1]}]))))
        self.assertIn("Content-Security-Policy", html)
        scripts = re.findall(r"<script[^>]*>", html)
        self.assertEqual(scripts, ['<script type="application/json">', '<script src="plotly.min.js">', "<script>"])

    def test_a_name_with_markup_is_a_link_to_the_page(self):
        index = page.index_page([execute.Result('a"><b>:x', "t", notebook())], [])
        self.assertIn('href="./a%22%3E%3Cb%3E%3Ax.html"', index)


if __name__ == "__main__":
    unittest.main()
