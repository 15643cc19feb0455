"""Sharing: the folder, what is left of a hostile notebook, errors in one line, nothing half written."""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbconvert import HTMLExporter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import hostile  # noqa: E402
from test_render import active  # noqa: E402
from tools.render import image  # noqa: E402
from tools.report import execute  # noqa: E402
from tools.share import __main__ as share  # noqa: E402
from tools.share import draw, notebook, page, record, tables  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
STILL = hostile.SVG.format("drawn")


class Shared(unittest.TestCase):
    """A folder for each test, and a stand-in for Chromium."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.out = self.folder / "shared"
        self.addCleanup(mock.patch.stopall)
        mock.patch.object(draw, "images", lambda figures, _: [STILL] * len(figures)).start()
        mock.patch.object(draw.shutil, "which", lambda name: name).start()
        mock.patch("builtins.print").start()

    def write(self, content, name="n"):
        path = self.folder / f"{name}.ipynb"
        nbformat.write(content, path)
        return path

    def stops_with(self, path, *words, as_is=True):
        with self.assertRaises(SystemExit) as stopped:
            share.share(path, self.out, as_is)
        said = str(stopped.exception)
        self.assertEqual(len(said.splitlines()), 2, said)
        for word in ["mend it with:  ", *words]:
            self.assertIn(word, said)
        self.assertEqual(list(self.folder.rglob("*.partial")), [])

    def share(self, content, name="n"):
        path = self.write(content, name)
        target, said = share.share(path, self.out, as_is=True)
        made = nbformat.read(target / f"{target.name}.ipynb", as_version=4)
        nbformat.validate(made)
        return target, (target / f"{target.name}.html").read_text(), made, said


class Folder(Shared):
    def test_it_holds_the_page_the_notebook_the_record_and_the_tables(self):
        target, html, _, said = self.share(hostile.honest())
        names = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
        self.assertEqual(names, {"n.html", "n.ipynb", "results.json", "tables/00-cell-2.csv"})
        with open(target / "tables/00-cell-2.csv", newline="") as file:
            self.assertEqual(list(csv.reader(file)), [["name", "v"], ["a, b", "-1.5"]])
        self.assertEqual(said, [])
        for name in names - {"n.html", "n.ipynb"}:
            self.assertIn(f'href="./{name}"', html)

    def test_the_page_needs_nothing_from_elsewhere(self):
        _, html, _, _ = self.share(hostile.honest())
        self.assertIn("Content-Security-Policy", html[:300])
        self.assertNotRegex(html[: html.index("<script>")], r"(?:src|action)=\"(?!data:image/)")
        self.assertEqual(html.count("<script>"), 2)
        self.assertEqual(html.count("<math"), 2)
        self.assertEqual(html.count('<details class="code-cell"'), 5)
        self.assertIn("prefers-color-scheme: dark", html)
        self.assertEqual(active(html.replace(page.cells.plotly_library().read_text(), "")), [])

    def test_scripts_stand_in_the_policy_by_their_digest(self):
        _, html, _, _ = self.share(hostile.honest())
        for script in [page.cells.plotly_library().read_text(encoding="utf-8"), page.cells.DRAW]:
            self.assertIn(f"<script>{script}</script>", html)
            self.assertIn(page.cells.digest(script), html[:500])

    def test_the_notebook_is_clean_and_has_an_image_for_each_chart(self):
        _, _, made, _ = self.share(hostile.honest())
        self.assertIn(hostile.DEP, made.cells[1].source)
        self.assertEqual([cell.metadata for cell in made.cells], [{}] * 6)
        self.assertEqual(set(made.metadata), {"kernelspec", "language_info"})
        charts = [output.data for cell in made.cells for output in cell.get("outputs", []) if hostile.PLOTLY in output.get("data", {})]
        self.assertEqual(len(charts), 2)
        for data in charts:
            self.assertEqual(set(data), {hostile.PLOTLY, image.SVG, "text/plain"})
        self.assertIn("still", charts[0][image.SVG])
        self.assertIn("drawn", charts[1][image.SVG])

    def test_page_and_first_cell_say_how_to_run_it_again(self):
        clone = {"repository": "https://example.org/h.git", "commit": "c" * 40, "dirty": False}
        with mock.patch.object(record, "clone", return_value=clone):
            _, html, made, _ = self.share(hostile.honest())
        command = f"git clone https://example.org/h.git hadamard && cd hadamard && git checkout {'c' * 40} && cp ../n.ipynb notebooks/ && make lab"
        self.assertTrue(made.cells[0].source.splitlines()[-1].endswith(f"`{command}`"), made.cells[0].source)
        self.assertIn(command.replace("&", "&amp;"), html)
        self.assertIn("changes that are not committed", page.source({**clone, "dirty": True}))

    def test_the_record_names_file_clone_versions_machine_seeds_and_times(self):
        target, _, _, _ = self.share(hostile.honest())
        found = json.loads((target / "results.json").read_text())
        digest = hashlib.sha256((self.folder / "n.ipynb").read_bytes()).hexdigest()
        self.assertEqual(found["notebook"], {"name": "n.ipynb", "sha256": digest})
        self.assertEqual(found["seeds"], [{"cell": 1, "seed": "7"}])
        self.assertEqual(found["seconds"][0], {"cell": 1, "seconds": 2.5})
        self.assertEqual(set(found["clone"]), {"repository", "commit", "dirty"})
        self.assertTrue(found["versions"]["hadamard"] and found["machine"]["cores"])
        self.assertEqual(found["tables"], [{"file": "tables/00-cell-2.csv", "cell": 2, "rows": "as shown"}])

    def test_a_chart_that_no_browser_draws_is_reported(self):
        with mock.patch.object(draw.shutil, "which", lambda _: None):
            _, html, _, said = self.share(hostile.honest())
        self.assertIn("1 charts have no still image", said[0])
        self.assertIn("chromium", said[0])
        self.assertIn("<noscript>", html)

    def test_sharing_again_replaces_the_folder(self):
        target, *_ = self.share(hostile.honest())
        (target / "old").write_text("")
        self.share(hostile.honest())
        self.assertFalse((target / "old").exists())
        self.assertEqual([path.name for path in self.out.iterdir()], ["n"])


class Hostile(Shared):
    def test_page_and_notebook_are_inert(self):
        target, html, made, _ = self.share(hostile.hostile(), hostile.HOSTILE_NAME)
        self.assertEqual(target.parent, self.out)
        self.assertRegex(target.name, r"^[\w.-]+$")
        self.assertEqual(active(html.replace(page.cells.plotly_library().read_text(), "")), [])
        # nbconvert, as nbviewer, passes on all that the notebook holds.
        converted, _ = HTMLExporter(template_name="basic").from_notebook_node(made)
        for tag, attributes in active(converted.replace("<svg xmlns", "<picture xmlns")):
            self.fail(f"{tag} {attributes}")
        for output in (output for cell in made.cells for output in cell.get("outputs", [])):
            self.assertLessEqual(set(output.get("data", {})), {hostile.PLOTLY, image.SVG, "text/html", "text/plain"})
        self.assertNotIn("raw", [cell.cell_type for cell in made.cells])
        self.assertEqual(made.metadata.kernelspec, notebook.KERNEL)

    def test_tables_hold_no_formula_of_a_spreadsheet(self):
        for text, cell in [("=1+1", "'=1+1"), ("@x", "'@x"), ("-x", "'-x"), ("-1.5e-3", "-1.5e-3"), ("+2", "+2"), ("a,b", "a,b")]:
            self.assertEqual(tables.inert(text), cell)

    def test_a_name_is_a_plain_folder(self):
        names = {"01_a": "01_a", "..": "notebook", "...": "notebook", "a/../b": "b", "<b>": "b", "a b\n": "a_b", ".hidden": "hidden", "-rf": "rf", "é": "é"}
        for name, folder in names.items():
            self.assertEqual(share.folder_name(Path(f"{name}.ipynb")), folder)

    def test_the_shell_runs_nothing_of_a_name(self):
        made = subprocess.run(["make", "-n", "share", "NOTEBOOK=x`touch y`.ipynb"], cwd=ROOT, capture_output=True, text=True, check=True)
        self.assertNotIn("touch", made.stdout)

    def test_an_address_is_told_without_its_password(self):
        for given, told in [
            ("https://user:secret@example.org/a/b.git", "https://example.org/a/b.git"),
            ("git@example.org:a/b.git", "https://example.org/a/b.git"),
            ("ssh://git@example.org:22/a/b", "https://example.org/a/b"),
            ("/home/me/secret", None),
            ("file:///home/me", None),
            ("https://example.org/a;rm -rf b", None),
            ("", None),
            (None, None),
        ]:
            self.assertEqual(record.public_address(given), told)


class Errors(Shared):
    def test_no_notebook(self):
        self.stops_with(Path(""), "make share NOTEBOOK=")
        self.stops_with(self.folder / "absent.ipynb", "no such notebook", "absent.ipynb")

    def test_not_a_notebook(self):
        for text in ["", "text", "[]", "{}", '{"nbformat": 4}', '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}', "\xff"]:
            path = self.folder / "n.ipynb"
            path.write_bytes(text.encode("latin-1"))
            self.stops_with(path, "is not a notebook")

    def test_no_outputs(self):
        self.stops_with(self.write(hostile.notebook()), "no outputs", "make share")

    def test_a_folder_that_is_not_ours_is_left_alone(self):
        (self.out / "n").mkdir(parents=True)
        (self.out / "n" / "work").write_text("mine")
        self.stops_with(self.write(hostile.honest()), "not a shared notebook", "OUT=")
        self.assertEqual((self.out / "n" / "work").read_text(), "mine")

    def test_a_folder_that_cannot_be_written(self):
        self.out.write_text("a file in the way")
        self.stops_with(self.write(hostile.honest()), "cannot be written", "OUT=")

    def test_an_interruption_leaves_the_last_share(self):
        target, html, *_ = self.share(hostile.honest())
        with mock.patch.object(page, "page", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            self.share(hostile.honest())
        self.assertEqual((target / "n.html").read_text(), html)
        self.assertEqual([path.name for path in self.out.iterdir()], ["n"])

    def test_the_command_itself(self):
        run = subprocess.run([sys.executable, "-m", "tools.share", "absent.ipynb"], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("no such notebook", run.stderr)


class Execution(Shared):
    def run_with(self, run):
        path = self.write(hostile.notebook())
        with mock.patch.object(execute, "run", run):
            return share.share(path, self.out)

    def test_what_the_notebook_writes_lies_beside_it(self):
        async def run(path, folder, judge):
            (folder / "verdicts").mkdir()
            (folder / "verdicts" / "<b>.csv").write_text("study\n")
            (folder / "empty").mkdir()
            os.symlink("/etc/passwd", folder / "verdicts" / "link")
            return execute.Result("n", "t", hostile.honest())

        target, _ = self.run_with(run)
        files = {path.relative_to(target).as_posix() for path in target.rglob("*")}
        self.assertEqual(files, {"n.html", "n.ipynb", "results.json", "tables", "tables/00-cell-2.csv", "verdicts", "verdicts/<b>.csv"})
        self.assertIn('href="./verdicts/%3Cb%3E.csv">verdicts/&lt;b&gt;.csv', (target / "n.html").read_text())
        self.assertIn("executed", json.loads((target / "results.json").read_text())["run"])

    def test_a_failing_kernel_is_named_with_its_cell(self):
        async def fails(path, folder, judge):
            return execute.Result("n", "t", hostile.honest(), ["error: could not compile", "cell 3: E: a\nb"])

        async def no_kernel(path, folder, judge):
            raise NoSuchKernel("rust")

        path = self.write(hostile.notebook())
        with mock.patch.object(execute, "run", fails):
            self.stops_with(path, "n.ipynb fails: cell 3: E: a b", "make lab", as_is=False)
        with mock.patch.object(execute, "run", no_kernel):
            self.stops_with(path, "'rust' is not installed", "make setup", as_is=False)
        self.assertEqual(list(self.out.iterdir()), [])

    def test_a_notebook_need_not_have_a_check_cell(self):
        self.assertEqual(execute.faults_of(hostile.notebook()), [])


class Drawing(unittest.TestCase):
    def test_a_browser_that_fails_draws_nothing(self):
        for browser in ["/absent", "false"]:
            self.assertEqual(draw.images([hostile.figure()], browser), [None])


if __name__ == "__main__":
    unittest.main()
