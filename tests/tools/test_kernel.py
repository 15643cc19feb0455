"""The kernel's wrapper: directories that outlive a kernel, one kernel each, the built library where there is one, and the user's own
kernelspecs left alone."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tools import facade  # noqa: E402

SHOWN = ["EVCXR_TMPDIR", "JUPYTER_PATH", "CARGO_INCREMENTAL", "RUSTFLAGS", "HADAMARD_LIBRARY", "RUST_SRC_PATH", "CARGO_ENCODED_RUSTFLAGS"]


class Kernel(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.base = self.folder / "kernel"
        self.base.mkdir()
        self.tools = self.folder / "tools"
        self.tools.mkdir()
        shutil.copy(ROOT / "tools/kernel", self.tools)
        self.evcxr = self.script("evcxr", 'echo "' + "|".join(f"${name}" for name in SHOWN) + '|$*"\nread wait')
        self.library = self.folder / "library"
        self.library.mkdir()
        sources = self.folder / "sources"
        sources.mkdir()
        (sources / "patch.toml").write_text("[patch.crates-io.x]\n")
        self.script("library", f'[ "$1" = --quick ] && [ -d {self.library} ] && echo {self.library}')
        self.script("analysis-sources", f"echo {sources}")

    def script(self, name, text):
        path = self.tools / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    def start(self):
        env = {**os.environ, "CARGO_INCREMENTAL": "0", "RUSTFLAGS": "-Cx", "JUPYTER_PATH": "/somewhere"}
        kernel = subprocess.Popen(
            [self.tools / "kernel", self.evcxr, self.base, "connection"], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.addCleanup(kernel.stdout.close)
        *values, arguments = kernel.stdout.readline().rstrip("\n").split("|")
        return kernel, {**dict(zip(SHOWN, values)), "arguments": arguments}

    def end(self, kernel):
        kernel.stdin.close()
        kernel.wait(timeout=10)

    def test_kernels_get_the_library_and_a_directory_each(self):
        first, answer = self.start()
        work = self.base / "cells/cells-1"
        self.assertEqual(answer["EVCXR_TMPDIR"], str(work))
        self.assertEqual((answer["CARGO_INCREMENTAL"], answer["RUSTFLAGS"], answer["arguments"]), ("1", "", "--control_file connection"))
        self.assertFalse(Path(answer["JUPYTER_PATH"]).exists())
        self.assertEqual(answer["HADAMARD_LIBRARY"], str(self.library))
        self.assertEqual(answer["RUST_SRC_PATH"], str(self.folder / "sources/library"))
        flags = answer["CARGO_ENCODED_RUSTFLAGS"].split("\x1f")
        self.assertIn("hadamard_prebuilt", flags)
        self.assertIn(f"hadamard_library={work}/library/libhadamard_library.so", flags)
        self.assertEqual((work / "library").resolve(), self.library)
        self.assertEqual((self.base / "cells/.cargo/config.toml").read_text(), "[patch.crates-io.x]\n")
        second, answer = self.start()
        self.assertEqual(answer["EVCXR_TMPDIR"], str(self.base / "cells/cells-2"))
        self.end(first)
        third, answer = self.start()
        self.assertEqual(answer["EVCXR_TMPDIR"], str(work))
        self.end(second)
        self.end(third)

    def test_a_new_library_takes_the_place_of_the_old_one_and_a_held_one_is_locked(self):
        kernel, _ = self.start()
        held = ["flock", "-n", self.library / "complete", "true"]
        self.assertNotEqual(subprocess.run(held).returncode, 0)
        self.end(kernel)
        self.assertEqual(subprocess.run(held).returncode, 0)
        newer = self.folder / "newer"
        newer.mkdir()
        self.script("library", f"echo {newer}")
        kernel, answer = self.start()
        self.assertEqual(answer["HADAMARD_LIBRARY"], str(newer))
        self.assertEqual((self.base / "cells/cells-1/library").resolve(), newer)
        self.end(kernel)

    def test_without_a_library_a_kernel_builds_in_the_directory_of_the_libraries_or_a_copy(self):
        self.library.rmdir()
        first, answer = self.start()
        self.assertEqual((answer["EVCXR_TMPDIR"], answer["CARGO_ENCODED_RUSTFLAGS"]), (str(self.base / "work-1"), ""))
        (self.base / "work-1" / "library").write_text("built")
        second, answer = self.start()
        self.assertEqual(answer["EVCXR_TMPDIR"], str(self.base / "work-2"))
        self.assertEqual((self.base / "work-2" / "library").read_text(), "built")
        self.end(first)
        self.end(second)

    def test_cargo_asks_the_registry_only_for_what_is_not_there(self):
        real = self.folder / "bin"
        real.mkdir()
        cargo = real / "cargo"
        cargo.write_text(f'#!/bin/sh\necho "$*" >>{self.folder}/log\n[ "$1" != --offline ] || [ -e {self.folder}/fetched ]\n')
        rustup = real / "rustup"
        rustup.write_text(f'#!/bin/sh\n[ "$*" = "which cargo" ] && echo {cargo}\n')
        for path in (cargo, rustup):
            path.chmod(0o755)
        with unittest.mock.patch.dict(os.environ, {"PATH": f"{real}:{os.environ['PATH']}"}):
            kernel, _ = self.start()
            self.end(kernel)
        shim = self.base / "bin/cargo"
        log = lambda: (self.folder / "log").read_text().splitlines()  # noqa: E731
        subprocess.run([shim, "metadata"], check=True)
        self.assertEqual(log(), ["--offline metadata", "metadata"])
        (self.folder / "fetched").touch()
        subprocess.run([shim, "metadata"], check=True)
        subprocess.run([shim, "build"], check=True)
        self.assertEqual(log()[2:], ["--offline metadata", "build"])
        which = subprocess.run([self.base / "bin/rustup", "which", "cargo"], check=True, capture_output=True, text=True)
        self.assertEqual(which.stdout.strip(), str(shim))


class Facade(unittest.TestCase):
    def test_signatures_are_those_of_the_locked_versions(self):
        for path, text in facade.generated().items():
            self.assertEqual(path.read_text(encoding="utf-8"), text, f"{path} is stale: python -m tools.facade")

    def test_the_prelude_shows_rust_analyzer_every_module_of_the_crate(self):
        modules = lambda text: re.findall(r"^(?:pub )?mod (\w+);", text, flags=re.M)  # noqa: E731
        crate = (ROOT / "src/lib.rs").read_text(encoding="utf-8")
        prelude = (ROOT / "prelude/src/lib.rs").read_text(encoding="utf-8")
        self.assertEqual(modules(prelude), modules(crate))
        for path in re.findall(r'#\[path = "(.*)"\]', prelude):
            self.assertTrue((ROOT / "prelude/src" / path).is_file(), path)

    def test_every_feature_that_rust_analyzer_cuts_by_is_on(self):
        used = set(re.findall(r'feature = "(\w+)"', "".join(p.read_text() for p in (ROOT / "src").rglob("*.rs"))))
        manifest = (ROOT / "prelude/Cargo.toml").read_text()
        on = set(re.findall(r'"(\w+)"', re.search(r"^default = (.*)$", manifest, flags=re.M)[1]))
        self.assertLessEqual(used, on)


if __name__ == "__main__":
    unittest.main()
