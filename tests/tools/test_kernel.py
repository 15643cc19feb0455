"""The kernel's wrapper: directories that outlive a kernel, one kernel each, and the user's own kernelspecs left alone."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Kernel(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.base = Path(folder.name) / "kernel"
        self.base.mkdir()
        self.evcxr = Path(folder.name) / "evcxr"
        self.evcxr.write_text('#!/bin/sh\necho "$EVCXR_TMPDIR|$JUPYTER_PATH|$CARGO_INCREMENTAL|$RUSTFLAGS|$*"\nread wait\n')
        self.evcxr.chmod(0o755)

    def start(self):
        env = {**os.environ, "CARGO_INCREMENTAL": "0", "RUSTFLAGS": "-Cx", "JUPYTER_PATH": "/somewhere"}
        kernel = subprocess.Popen(
            [ROOT / "tools/kernel", self.evcxr, self.base, "connection"], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.addCleanup(kernel.stdout.close)
        return kernel, kernel.stdout.readline().strip().split("|")

    def end(self, kernel):
        kernel.stdin.close()
        kernel.wait(timeout=10)

    def test_a_second_kernel_gets_a_copy_and_a_later_one_the_first_directory(self):
        first, (tmpdir, jupyter_path, incremental, flags, arguments) = self.start()
        self.assertEqual(tmpdir, str(self.base / "work-1"))
        self.assertEqual((incremental, flags, arguments), ("1", "", "--control_file connection"))
        self.assertFalse(Path(jupyter_path).exists())
        (self.base / "work-1" / "library").write_text("built")
        second, answer = self.start()
        self.assertEqual(answer[0], str(self.base / "work-2"))
        self.assertEqual((self.base / "work-2" / "library").read_text(), "built")
        self.end(first)
        third, answer = self.start()
        self.assertEqual(answer[0], str(self.base / "work-1"))
        self.end(second)
        self.end(third)


if __name__ == "__main__":
    unittest.main()
