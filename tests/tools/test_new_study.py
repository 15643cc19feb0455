"""tools/new-study writes a study that is complete, and nothing over what is there."""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = ["tools/new-study", "src/study/mod.rs", "src/prelude.rs", "notebooks/10_your_study.ipynb"]


class NewStudy(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in READ:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)

    def run_tool(self, *arguments):
        return subprocess.run([sys.executable, self.root / "tools/new-study", *arguments], capture_output=True, text=True)

    def test_a_study_is_written_with_its_registration_and_its_notebook(self):
        made = self.run_tool("kernel_rank")
        self.assertEqual(made.returncode, 0, made.stderr)
        source = (self.root / "src/study/kernel_rank.rs").read_text()
        for part in ('pub struct KernelRank => KernelRankReport, "kernel_rank", "kernel rank";', "impl Study for KernelRank {", "pub fn kernel_rank;"):
            self.assertIn(part, source)
        for left in ("smallest_", "SmallestE", "hadamard::", "//! ", "assert!"):
            self.assertNotIn(left, source.split("\n", 1)[1])
        listed = (self.root / "src/study/mod.rs").read_text()
        for line in ("\nmod kernel_rank;\n", "pub use kernel_rank::{KernelRank, KernelRankReport, kernel_rank};", "Registered::of::<KernelRank>(),"):
            self.assertIn(line, listed)
        self.assertIn("KernelRank, KernelRankReport, kernel_rank,", (self.root / "src/prelude.rs").read_text())
        cells = json.loads((self.root / "notebooks/kernel_rank.ipynb").read_text())["cells"]
        self.assertTrue(any("NOTEBOOK OK" in "".join(cell["source"]) for cell in cells))
        self.assertIn("is there", self.run_tool("kernel_rank").stderr)

    def test_names_that_are_none_or_taken_are_refused(self):
        for name in ("KernelRank", "kernel-rank", "", "../x", "1st"):
            self.assertIn("snake case", self.run_tool(name).stderr)
        self.assertIn("is there", self.run_tool("mod").stderr)
        self.assertFalse(list((self.root / "notebooks").glob("*rank*")))


if __name__ == "__main__":
    unittest.main()
