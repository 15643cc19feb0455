"""The built library: named by what goes into it, built once, never stale, old ones removed unless a kernel holds them."""

import fcntl
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INPUTS = [
    *("src/lib.rs", "engine/src/lib.rs", "engine/Cargo.toml", "prelude/library/src/lib.rs", "prelude/library/Cargo.toml"),
    *("Cargo.toml", "Cargo.lock", "tools/kernel-config.toml", "tools/rustc", "data/anchor/table.csv"),
]
RLIBS = ["libhadamard-0a.rlib", "libhadamard_engine-0b.rlib"]


class Library(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.clone = Path(folder.name) / "clone"
        self.cache = Path(folder.name) / "cache"
        for name in ("src", "engine/src", "prelude/library/src", "tools", "data/anchor"):
            (self.clone / name).mkdir(parents=True)
        for name in INPUTS:
            (self.clone / name).write_text(name)
        shutil.copy(ROOT / "tools/library", self.clone / "tools")
        self.built = Path(folder.name) / "built"
        self.built.mkdir()
        for name in (*RLIBS, "libhadamard_library.so"):
            (self.built / name).write_text("built")
        self.log = Path(folder.name) / "log"
        self.compiles("true")
        self.bin = Path(folder.name) / "bin"
        self.bin.mkdir()
        self.compiler("1.95.0")
        (self.cache / "hadamard/kernel/work-1").mkdir(parents=True)

    def script(self, path, text):
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def compiles(self, result):
        said = " ".join(f'"{self.built}/{name}"' for name in (*RLIBS, "libndarray-0c.rlib", "libhadamard_library.so"))
        self.script(self.clone / "tools/cargo", f"echo built >>{self.log}\necho '{{{said}}}'\n{result}")

    def compiler(self, version):
        self.script(self.bin / "rustc", f"echo 'rustc {version}'\necho 'host: here'")

    def library(self, *arguments):
        env = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "PATH": f"{self.bin}:{os.environ['PATH']}"}
        return subprocess.run([self.clone / "tools/library", *arguments], env=env, capture_output=True, text=True)

    def folder(self, *arguments):
        answer = self.library(*arguments)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return Path(answer.stdout.strip())

    def builds(self):
        return self.log.read_text().count("built") if self.log.exists() else 0

    def test_it_is_built_once_and_again_for_other_sources_or_another_compiler(self):
        self.assertEqual(self.library("--quick").returncode, 3, "what takes minutes is not built")
        first = self.folder()
        self.assertEqual(sorted(path.name for path in first.iterdir()), ["complete", "crates", *RLIBS, "libhadamard_library.so", "versions.lock"])
        self.assertEqual((self.folder(), self.builds()), (first, 1))
        (self.clone / "src/lib.rs").write_text("changed")
        second = self.folder("--quick")
        self.assertNotEqual(second, first)
        self.compiler("1.96.0")
        self.assertEqual(self.library("--quick").returncode, 3)
        third = self.folder()
        self.assertEqual((len({first, second, third}), self.builds()), (3, 3))
        self.assertTrue(first.is_dir(), "a kernel that runs keeps its library")
        (self.clone / "data/anchor/table.csv").write_text("another")
        fourth = self.folder()
        self.assertNotIn(fourth, {first, second, third}, "tables are compiled in")
        (self.clone / "engine/src/lib.rs").write_text("changed")
        self.assertNotIn(self.folder(), {first, second, third, fourth})

    def test_it_says_which_crates_are_in_it_and_which_versions_there_are(self):
        artifact = lambda name, triple, features: (  # noqa: E731
            f'{{"package_id":"registry+https://index#{name}","target":{{"kind":["lib"]}},"features":{features},"filenames":["/t/{triple}/debug/deps/lib{name}.rlib","/t/x.rmeta"]}}'
        )
        host = self.clone / "tools/cargo"
        lines = [artifact("serde@1.0.1", "here", '["derive","std"]'), artifact("syn@2.0.0", "debug", "[]"), artifact("either@1.2.3", "here", "[]")]
        host.write_text(host.read_text().replace("\necho '{", "\ncat <<'E'\n" + "\n".join(lines) + "\nE\necho '{"))
        package = lambda name, source="": f'[[package]]\nname = "{name}"\nversion = "1.0.1"\n{source}'  # noqa: E731
        registry = 'source = "registry+https://index"\n'
        (self.clone / "Cargo.lock").write_text("version = 4\n\n" + "\n".join([package("hadamard"), package("ndarray", registry), package("serde", registry)]))
        folder = self.folder()
        crates = ["either@1.2.3 /t/here/debug/deps/libeither@1.2.3.rlib", "serde@1.0.1 /t/here/debug/deps/libserde@1.0.1.rlib derive std"]
        self.assertEqual([line.strip() for line in (folder / "crates").read_text().splitlines()], crates)
        self.assertEqual((folder / "versions.lock").read_text().strip(), package("serde", registry).strip())

    def test_a_build_that_fails_leaves_nothing_and_is_tried_again(self):
        self.compiles("exit 1")
        self.assertNotEqual(self.library().returncode, 0)
        self.assertEqual([path.name for path in (self.cache / "hadamard/kernel/library").iterdir()], ["lock"])
        self.compiles("true")
        self.assertTrue((self.folder() / "complete").is_file())

    def test_a_folder_that_was_left_half_made_is_made_again(self):
        folder = self.folder()
        (folder / "complete").unlink()
        (folder / "libhadamard_library.so").write_text("half")
        self.assertEqual(self.folder(), folder)
        self.assertEqual((folder / "libhadamard_library.so").read_text(), "built")

    def test_old_ones_are_removed_unless_they_are_held(self):
        made = []
        for n in range(6):
            (self.clone / "src/lib.rs").write_text(str(n))
            made.append(self.folder())
            os.utime(made[-1], (1000 + n, 1000 + n))
            if n == 0:
                # As a kernel does, for as long as the test takes.
                held = open(made[0] / "complete")
                self.addCleanup(held.close)
                fcntl.flock(held, fcntl.LOCK_SH)
        self.assertTrue(made[0].is_dir() and made[-1].is_dir())
        self.assertFalse(made[1].exists())


if __name__ == "__main__":
    unittest.main()
