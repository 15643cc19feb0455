"""The set-up on machines that lack something: one command that mends it, and a failure."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ["bash", "env", "dirname", "awk", "sort", "head", "cat", "printf", "sha256sum", "mkdir", "cmp", "rm", "mv", "flock"]


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)
        self.bin = self.home / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)

    def fake(self, name, script):
        path = self.bin / name
        path.write_text(f"#!{shutil.which('bash')}\n{script}\n")
        path.chmod(0o755)

    def good_rust(self):
        (self.home / "lib/rustlib/src/rust/library").mkdir(parents=True)
        self.fake("cargo", "true")
        self.fake("rustc", f'case $1 in --version) echo "rustc 1.95.0 (x)";; --print) echo {self.home};; *) echo host: x;; esac')
        self.fake("cc", "true")

    def stops_with(self, *words):
        # A copy, so that nothing of the clone is touched.
        clone = self.home / "clone"
        shutil.copytree(ROOT / "tools", clone / "tools")
        env = {"HOME": str(self.home), "PATH": str(self.bin)}
        run = subprocess.run([clone / "tools/setup"], env=env, capture_output=True, text=True, timeout=600)
        self.assertNotEqual(run.returncode, 0, run.stdout)
        for word in words:
            self.assertIn(word, run.stderr)

    def test_no_cargo(self):
        self.stops_with("cargo and rustc >= 1.95 are missing", "https://sh.rustup.rs")

    def test_an_old_rustc(self):
        self.fake("cargo", "true")
        self.fake("rustc", 'echo "rustc 1.70.0 (x)"')
        self.stops_with("rustc is 1.70.0", "rustup update stable")

    def test_no_sources_and_no_rustup(self):
        self.good_rust()
        shutil.rmtree(self.home / "lib")
        self.stops_with("sources", "rust-src")

    def test_no_openblas_and_no_root(self):
        self.good_rust()
        self.fake("pkg-config", "false")
        self.fake("apt-get", "exit 9")
        self.fake("id", "echo 1000")
        self.stops_with("OpenBLAS with headers is missing", "sudo apt-get update && sudo apt-get install -y libopenblas-dev")

    def test_no_openblas_and_no_apt(self):
        self.good_rust()
        self.fake("pkg-config", "false")
        self.fake("id", "echo 0")
        self.stops_with("no apt-get", "conda env create -f environment.yml")

    def test_apt_that_fails(self):
        self.good_rust()
        self.fake("pkg-config", "false")
        self.fake("id", "echo 0")
        self.fake("apt-get", "exit 9")
        self.stops_with("apt-get could not install libopenblas-dev", "apt-get install -y libopenblas-dev")

    def test_an_old_python(self):
        self.good_rust()
        self.fake("pkg-config", "true")
        self.fake("python3", '[ "$1" = --version ] && echo "Python 3.8.1" || exit 1')
        self.stops_with("Python 3.8.1 is too old", "python3")


if __name__ == "__main__":
    unittest.main()
