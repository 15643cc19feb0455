"""The three lists of versions agree: environment.yml for conda, the locked requirements for pip, tools/setup for the rest."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def locked():
    text = (ROOT / "tools/requirements.txt").read_text()
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^\s\\]+)", text, re.M))


def direct():
    lines = (ROOT / "tools/requirements.in").read_text().splitlines()
    return [re.match(r"[A-Za-z0-9_.-]+", line).group() for line in lines if line and not line.startswith("#")]


def conda():
    text = (ROOT / "environment.yml").read_text()
    return dict(re.findall(r"^\s+- ([A-Za-z0-9_.-]+)=([0-9.]+)", text, re.M))


class Environment(unittest.TestCase):
    def test_conda_has_the_locked_version_of_every_direct_requirement(self):
        pins = {name: version for name, version in conda().items() if name in locked()}
        self.assertEqual(pins, {name: locked()[name] for name in direct()})

    def test_conda_has_the_rust_that_the_crate_asks_for_with_its_sources(self):
        wanted = re.search(r'rust-version = "([^"]+)"', (ROOT / "Cargo.toml").read_text()).group(1)
        self.assertTrue(conda()["rust"].startswith(wanted), conda()["rust"])
        self.assertEqual(conda()["rust"], conda()["rust-src"])
        self.assertIn(f"rust_wanted={wanted}", (ROOT / "tools/setup").read_text())

    def test_every_requirement_is_locked_with_hashes(self):
        text = (ROOT / "tools/requirements.txt").read_text()
        self.assertEqual(len(locked()), len(re.findall(r"^[A-Za-z0-9_.-]+==[^\n]*\\\n\s+--hash", text, re.M)))

    def test_plotly_is_of_the_series_whose_javascript_fits_the_crate(self):
        self.assertTrue(locked()["plotly"].startswith("6."), locked()["plotly"])


if __name__ == "__main__":
    unittest.main()
