"""Which kernels OpenBLAS takes on a processor that it does not know."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Asks the library that is loaded with these variables.
NAME = "import ctypes; b = ctypes.CDLL('libopenblas.so.0'); b.openblas_get_corename.restype = ctypes.c_char_p; print(b.openblas_get_corename().decode())"


@unittest.skipUnless(Path("/proc/cpuinfo").exists(), "asks Linux for the processor")
class BlasCore(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        # A copy, beside which there is no environment: python3 is that of the path.
        (self.home / "tools").mkdir()
        shutil.copy(ROOT / "tools/blas-core", self.home / "tools")

    def core(self, python=None, **variables):
        path = os.environ["PATH"]
        if python is not None:
            fake = self.home / "bin/python3"
            fake.parent.mkdir(exist_ok=True)
            fake.write_text(f"#!/bin/sh\n{python}\n")
            fake.chmod(0o755)
            path = f"{fake.parent}:{path}"
        env = {"HOME": str(self.home), "PATH": path, **variables}
        run = subprocess.run([self.home / "tools/blas-core"], env=env, capture_output=True, text=True, check=True, timeout=60)
        self.assertEqual(run.stderr, "")
        return run.stdout.strip()

    def test_what_the_user_set_stands(self):
        self.assertEqual(self.core(python="echo Other", OPENBLAS_CORETYPE="Haswell"), "Haswell")

    def test_the_library_is_asked_once(self):
        self.assertEqual(self.core(python="echo SkylakeX"), "SkylakeX")
        self.assertEqual(self.core(python="echo Other"), "SkylakeX")

    def test_a_library_that_cannot_be_asked_is_left_alone(self):
        self.assertEqual(self.core(python="exit 1"), "")
        self.assertEqual(self.core(python="echo Haswell"), "Haswell")

    def test_a_library_that_is_not_there_yet_is_asked_again(self):
        self.assertEqual(self.core(CONDA_PREFIX=str(self.home / "nowhere")), "")
        self.assertEqual([*self.home.glob(".cache/hadamard/openblas/*")], [])

    def test_with_it_the_library_has_the_instructions_of_the_processor(self):
        core = self.core()
        env = {**os.environ, **({"OPENBLAS_CORETYPE": core} if core else {})}
        env = {k: v for k, v in env.items() if core or k != "OPENBLAS_CORETYPE"}
        name = subprocess.run(["python3", "-c", NAME], env=env, capture_output=True, text=True, check=True).stdout.strip()
        if " avx2 " in Path("/proc/cpuinfo").read_text():
            self.assertNotIn(name.lower(), ["prescott", "core2", "nehalem", "sandybridge"])
        if core:
            self.assertEqual(name, core)
