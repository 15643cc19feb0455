"""The patched kernel: built under a name of its own from what cargo fetches, whole or not at all; and the patch fits."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATCH = """Why.
--- a/evcxr/text
+++ b/evcxr/text
@@ -1 +1 @@
-old
+new
"""


class Evcxr(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.clone = self.home / "clone"
        (self.clone / "tools").mkdir(parents=True)
        shutil.copy(ROOT / "tools/evcxr", self.clone / "tools")
        self.patch = self.clone / "tools/evcxr.patch"
        self.patch.write_text(PATCH)
        self.bin = self.home / "bin"
        self.bin.mkdir()
        # Fetches and "builds": the kernel is the text of the source.
        cargo = self.bin / "cargo"
        cargo.write_text(
            """#!/bin/sh
echo "$*" >>"$HOME/log"
case $1 in
  info) for crate in evcxr evcxr_jupyter; do
      mkdir -p "$HOME/.cargo/registry/src/index/$crate-0.22.0"
      echo old >"$HOME/.cargo/registry/src/index/$crate-0.22.0/text"
    done ;;
  install) [ ! -e "$HOME/broken" ] || exit 1
    while [ "$1" != --root ]; do shift; done
    mkdir -p "$2/bin"
    cp evcxr/text "$2/bin/evcxr_jupyter"
    chmod +x "$2/bin/evcxr_jupyter" ;;
esac
"""
        )
        cargo.chmod(0o755)

    def run_tool(self, *arguments):
        env = {"HOME": str(self.home), "PATH": f"{self.bin}:{os.environ['PATH']}"}
        run = subprocess.run([self.clone / "tools/evcxr", *arguments], env=env, capture_output=True, text=True, timeout=60)
        return run, Path(run.stdout.strip())

    def test_the_patched_source_is_built_once(self):
        named, path = self.run_tool("--path")
        self.assertFalse(path.exists())
        self.assertFalse((self.home / "log").exists())
        built, again = self.run_tool()
        self.assertEqual((built.returncode, again), (0, path), built.stderr)
        self.assertEqual(path.read_text(), "new\n")
        self.assertRegex(str(path), r"/\.cache/hadamard/evcxr-0\.22\.0-[0-9a-f]{12}/bin/evcxr_jupyter$")
        # The lock file that the sources come with is kept to, and the sources in the registry are as they were.
        log = (self.home / "log").read_text()
        self.assertIn("install --quiet --locked", log)
        self.assertEqual((self.home / ".cargo/registry/src/index/evcxr-0.22.0/text").read_text(), "old\n")
        self.assertEqual(self.run_tool()[0].returncode, 0)
        self.assertEqual((self.home / "log").read_text(), log)
        self.assertFalse((self.home / ".cargo/bin").exists())
        self.assertEqual([p.name for p in path.parents[2].iterdir() if p.is_dir()], [path.parents[1].name])

    def test_another_patch_is_another_kernel(self):
        _, first = self.run_tool()
        self.patch.write_text(PATCH.replace("+new", "+newer"))
        _, second = self.run_tool()
        self.assertNotEqual(first, second)
        self.assertEqual((first.read_text(), second.read_text()), ("new\n", "newer\n"))

    def test_what_fails_leaves_nothing_under_the_name(self):
        (self.home / "broken").touch()
        run, path = self.run_tool()
        self.assertNotEqual(run.returncode, 0)
        self.assertFalse(path.exists())
        (self.home / "broken").unlink()
        self.assertEqual(self.run_tool()[0].returncode, 0)
        self.assertTrue(path.exists())

    def test_a_patch_that_does_not_fit_builds_nothing(self):
        self.patch.write_text(PATCH.replace("-old", "-other"))
        run, path = self.run_tool()
        self.assertNotEqual(run.returncode, 0)
        self.assertFalse(path.exists())
        self.assertNotIn("install", (self.home / "log").read_text())


class Patch(unittest.TestCase):
    TEXT = (ROOT / "tools/evcxr.patch").read_text()

    def test_every_file_has_its_reason(self):
        reasons = self.TEXT.split("\n--- ", 1)[0]
        files = re.findall(r"^\+\+\+ b/(\S+)", self.TEXT, flags=re.M)
        self.assertGreater(len(files), 5)
        for name in files:
            self.assertIn(f"{name}:", reasons)

    def test_it_fits_the_sources_of_the_version(self):
        version = re.search(r"^version=(\S+)", (ROOT / "tools/evcxr").read_text(), flags=re.M)[1]
        registry = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")) / "registry/src"
        with tempfile.TemporaryDirectory() as folder:
            for crate in ("evcxr", "evcxr_jupyter"):
                found = next(registry.glob(f"*/{crate}-{version}"), None)
                self.assertIsNotNone(found, f"{crate} {version} is not fetched: make setup")
                shutil.copytree(found, Path(folder) / crate)
            run = subprocess.run(["patch", "-p", "1", "--fuzz", "0"], cwd=folder, input=self.TEXT, capture_output=True, text=True)
            self.assertEqual(run.returncode, 0, run.stdout)
            self.assertEqual(list(Path(folder).rglob("*.rej")) + list(Path(folder).rglob("*.rs.orig")), [])


if __name__ == "__main__":
    unittest.main()
