"""The kernel's wrapper: directories that outlive a kernel, one kernel each, the built library where there is one, and the user's own
kernelspecs left alone."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


SHOWN = ["EVCXR_TMPDIR", "EVCXR_STOP_FILE", "HADAMARD_DATA", "JUPYTER_PATH", "CARGO_INCREMENTAL", "RUSTFLAGS", "HADAMARD_LIBRARY", "RUST_SRC_PATH", "CARGO_ENCODED_RUSTFLAGS"]


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
        (self.library / "crates").touch()
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
        env.pop("HADAMARD_DATA", None)
        kernel = subprocess.Popen(
            [self.tools / "kernel", self.evcxr, self.base, "connection"], env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.addCleanup(kernel.stdout.close)
        *values, arguments = kernel.stdout.readline().rstrip("\n").split("|")
        return kernel, {**dict(zip(SHOWN, values)), "arguments": arguments}

    def end(self, kernel):
        kernel.stdin.close()
        kernel.wait(timeout=600)

    def test_kernels_get_the_library_and_a_directory_each(self):
        first, answer = self.start()
        work = self.base / "cells/cells-1"
        self.assertEqual((answer["EVCXR_TMPDIR"], answer["EVCXR_STOP_FILE"]), (str(work), str(work / "stop")))
        self.assertEqual((answer["CARGO_INCREMENTAL"], answer["RUSTFLAGS"], answer["arguments"]), ("1", "", "--control_file connection"))
        self.assertFalse(Path(answer["JUPYTER_PATH"]).exists())
        self.assertEqual(answer["HADAMARD_LIBRARY"], str(self.library))
        self.assertEqual(answer["HADAMARD_DATA"], str(self.folder / "data"), "of this clone, whichever built the library")
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
        named = lambda answer: re.search("-Cmetadata=[0-9]+", answer["CARGO_ENCODED_RUSTFLAGS"])[0]  # noqa: E731
        kernel, answer = self.start()
        before = named(answer)
        held = ["flock", "-n", self.library / "complete", "true"]
        self.assertNotEqual(subprocess.run(held).returncode, 0)
        self.end(kernel)
        self.assertEqual(subprocess.run(held).returncode, 0)
        newer = self.folder / "newer"
        newer.mkdir()
        (newer / "crates").write_text("ndarray@0.18.0 other\n")
        self.script("library", f"echo {newer}")
        kernel, answer = self.start()
        self.assertEqual(answer["HADAMARD_LIBRARY"], str(newer))
        self.assertNotEqual(named(answer), before, "no crate that was compiled for the other library is taken")
        self.assertEqual((self.base / "cells/cells-1/library").resolve(), newer)
        self.end(kernel)

    def test_without_a_library_a_kernel_builds_in_the_directory_of_the_libraries_or_a_copy(self):
        shutil.rmtree(self.library)
        first, answer = self.start()
        self.assertEqual((answer["EVCXR_TMPDIR"], answer["CARGO_ENCODED_RUSTFLAGS"]), (str(self.base / "work-1"), ""))
        (self.base / "work-1" / "library").write_text("built")
        second, answer = self.start()
        self.assertEqual(answer["EVCXR_TMPDIR"], str(self.base / "work-2"))
        self.assertEqual((self.base / "work-2" / "library").read_text(), "built")
        self.end(first)
        self.end(second)

    def test_cargo_asks_the_registry_only_for_what_is_not_there(self):
        log, fetched = self.folder / "log", self.folder / "fetched"
        cargo = self.script("real-cargo", f'echo "$*" >>{log}\n[ "$1" != --offline ] || [ -e {fetched} ]')
        self.shim("cargo", "metadata", HADAMARD_CARGO=cargo)
        self.assertEqual(log.read_text().splitlines(), ["--offline metadata", "metadata"])
        fetched.touch()
        self.shim("cargo", "metadata", HADAMARD_CARGO=cargo)
        self.shim("cargo", "check", HADAMARD_CARGO=cargo)
        self.assertEqual(log.read_text().splitlines()[2:], ["--offline metadata", "check"])

    def shim(self, name, *arguments, **env):
        env = {**os.environ, "EVCXR_TMPDIR": str(self.folder), **{key: str(value) for key, value in env.items()}}
        command = [ROOT / "tools/kernel-bin" / name, *arguments]
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)

    def test_a_cell_is_compiled_as_the_last_one_until_its_dependencies_change(self):
        log, so = self.folder / "log", self.folder / "so"
        message = '{"$message_type":"diagnostic","message":"m"}'
        rustc = self.script("real-rustc", f"echo \"rustc $*\" >>{log}\necho '{message}' >&2\n[ ! -e {self.folder}/wrong ]")
        arguments = "--crate-name ctx --emit=dep-info,link --out-dir /out 'two words'"
        cargo = self.script("real-cargo", f'echo "cargo $*" >>{log}\n{ROOT}/tools/kernel-bin/rustc {arguments}')
        env = {"HADAMARD_CARGO": cargo, "HADAMARD_RUSTC": rustc, "EVCXR_EXECUTION_SO_PATH": so}
        manifest = self.folder / "Cargo.toml"
        manifest.write_text('[package]\n[dependencies]\nhadamard-prelude = { path = "p" }\n')
        called = "rustc " + arguments.replace("'", "")
        # Nothing asks the registry where there is a lock file, and one is made without it.
        self.shim("cargo", "build", **{**env, "EVCXR_EXECUTION_SO_PATH": ""})
        self.assertEqual(log.read_text().splitlines()[0], "cargo --offline generate-lockfile")
        (self.folder / "Cargo.lock").touch()
        (self.folder / ".cell-key").unlink()
        for expected in (["cargo build", called], [called]):
            log.write_text("")
            self.assertEqual(self.shim("cargo", "build", **env).returncode, 0)
            self.assertEqual(log.read_text().splitlines(), expected)
        self.assertEqual(so.read_text(), "/out/libctx.so")
        so.unlink()
        (self.folder / "wrong").touch()
        failed = self.shim("cargo", "build", **env)
        self.assertNotEqual(failed.returncode, 0)
        self.assertEqual(json.loads(failed.stdout), {"reason": "compiler-message", "message": json.loads(message)})
        self.assertFalse(so.exists())
        (self.folder / "wrong").unlink()
        # A crate that was added is compiled once; one of the user's own may change between cells, so that cargo looks each time.
        prelude = manifest.read_text()
        for line, expected in (('rustfft = "6"', [called]), ('mine = { path = "../mine" }', ["cargo build", called])):
            manifest.write_text(f"{prelude}{line}\n")
            self.shim("cargo", "build", **env)
            log.write_text("")
            self.assertEqual(self.shim("cargo", "build", **env).returncode, 0)
            self.assertEqual(log.read_text().splitlines(), expected)

    def built_crate(self, version, features, target=("--target", "some-machine")):
        """rustc for a crate `ndarray`, where the library holds 0.17.2 with `serde` and `std`; what it said and what it left."""
        (self.library / "crates").write_text(f"my-ndarray@0.17.2 {self.folder}/other.rlib \nndarray@0.17.2 {self.folder}/held.rlib serde std\nserde@1.0.0 {self.folder}/other.rlib \n")
        for kind in ("rlib", "rmeta"):
            (self.folder / f"held.{kind}").write_text(f"held {kind}")
        rustc = self.script("real-rustc", "echo compiled")
        out = self.folder / "out"
        out.mkdir(exist_ok=True)
        source = self.folder / "kernel/analysis/0/crates/ndarray"
        arguments = ["--crate-name", "ndarray", "--edition=2021", f"{source}/src/lib.rs", "--crate-type", "lib", "--emit=dep-info,metadata,link", *target]
        arguments += [part for f in features for part in ("--cfg", f'feature="{f}"')] + ["-C", "extra-filename=-1f", "--out-dir", str(out)]
        env = {"HADAMARD_RUSTC": rustc, "HADAMARD_LIBRARY": self.library, "CARGO_PKG_NAME": "ndarray", "CARGO_PKG_VERSION": version, "CARGO_MANIFEST_DIR": source}
        return self.shim("rustc", *arguments, **env), out

    def test_a_crate_that_the_library_holds_is_the_librarys(self):
        answer, out = self.built_crate("0.17.2", ["default", "std"])
        self.assertEqual(answer.returncode, 0, answer.stderr)
        self.assertEqual([(out / f"libndarray-1f.{kind}").read_text() for kind in ("rlib", "rmeta")], ["held rlib", "held rmeta"])
        self.assertTrue((out / "ndarray-1f.d").read_text().startswith(f"{out}/libndarray-1f.rlib: "))
        said = [json.loads(line) for line in answer.stderr.splitlines()]
        self.assertEqual([(s["emit"], s["artifact"]) for s in said], [("metadata", f"{out}/libndarray-1f.rmeta"), ("link", f"{out}/libndarray-1f.rlib")])

    def test_what_macros_are_made_of_is_compiled(self):
        answer, out = self.built_crate("0.17.2", ["std"], target=())
        self.assertEqual((answer.stdout, list(out.iterdir())), ("compiled\n", []))

    def test_another_version_is_compiled_and_a_feature_that_is_not_there_is_named(self):
        answer, _ = self.built_crate("0.16.1", ["std"])
        self.assertEqual(answer.stdout, "compiled\n")
        answer, out = self.built_crate("0.17.2", ["std", "approx"])
        self.assertEqual((answer.returncode, list(out.iterdir())), (1, []))
        said = json.loads(answer.stderr)
        self.assertEqual(said["level"], "error")
        self.assertIn("ndarray@0.17.2 is built without its feature approx", said["rendered"])
        self.assertIn("make setup", said["rendered"])

    def test_an_added_crate_prefers_the_versions_of_the_library(self):
        package = lambda name, version: f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = "registry+https://index"\n'  # noqa: E731
        held = [package("either", "1.15.0"), package("serde", "1.0.1"), package("syn", "3.0.9"), package("syn", "2.0.1")]
        (self.library / "versions.lock").write_text("\n".join(held))
        manifest, lock = self.folder / "Cargo.toml", self.folder / "Cargo.lock"
        manifest.write_text('[package]\n[dependencies]\nhadamard-prelude = { path = "p" }\n')
        before = "version = 4\n\n" + package("serde", "1.0.1") + "\n" + package("syn", "3.0.10")
        lock.write_text(before.rstrip("\n") + "\n")
        before = lock.read_text()
        env = {"HADAMARD_CARGO": self.script("real-cargo", "true"), "HADAMARD_LIBRARY": self.library}
        self.shim("cargo", "metadata", **env)
        self.assertEqual(lock.read_text(), before, "nothing was added")
        manifest.write_text(manifest.read_text() + 'itertools = "0.14"\n')
        self.shim("cargo", "metadata", **env)
        text = lock.read_text()
        self.assertEqual([text.count(word) for word in ("version = 4", '"serde"', '"either"')], [1, 1, 1])
        self.assertEqual([text.count(word) for word in ('"3.0.10"', '"3.0.9"', '"2.0.1"')], [1, 0, 1])

    def test_the_kernel_finds_these_scripts_and_other_toolchains(self):
        rustup = self.script("real-rustup", 'echo "real $*"')
        for tool in ("cargo", "rustc"):
            self.assertEqual(self.shim("rustup", "which", tool).stdout.strip(), str(ROOT / "tools/kernel-bin" / tool))
        self.assertEqual(self.shim("rustup", "+x", "which", "cargo", HADAMARD_RUSTUP=rustup).stdout, "real +x which cargo\n")


class Prelude(unittest.TestCase):
    def test_the_prelude_shows_rust_analyzer_every_module_of_both_crates(self):
        modules = lambda text: re.findall(r"^(?:pub )?mod (\w+);", text, flags=re.M)  # noqa: E731
        crates = [(ROOT / name).read_text(encoding="utf-8") for name in ("engine/src/lib.rs", "src/lib.rs")]
        prelude = (ROOT / "prelude/src/lib.rs").read_text(encoding="utf-8")
        self.assertEqual(modules(prelude), sorted(sum(map(modules, crates), [])))
        for path in re.findall(r'#\[path = "(.*)"\]', prelude):
            self.assertTrue((ROOT / "prelude/src" / path).is_file(), path)

    def test_every_feature_that_rust_analyzer_cuts_by_is_on(self):
        used = set(re.findall(r'feature = "(\w+)"', "".join(p.read_text() for of in ("engine/src", "src") for p in (ROOT / of).rglob("*.rs"))))
        manifest = (ROOT / "prelude/Cargo.toml").read_text()
        on = set(re.findall(r'"(\w+)"', re.search(r"^default = (.*)$", manifest, flags=re.M)[1]))
        self.assertLessEqual(used, on)


if __name__ == "__main__":
    unittest.main()
