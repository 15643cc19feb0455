"""Sources that the tests run by hand name: a file that has moved would break them unseen."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Paths(unittest.TestCase):
    def test_sources_named_by_tests_are_there(self):
        named = set()
        for path in [*(ROOT / "tests/kernel").glob("*.py"), *(ROOT / "tools").glob("*.py")]:
            named |= set(re.findall(r'"((?:engine/)?src/[\w/]+\.rs)"', path.read_text()))
        self.assertGreaterEqual(len(named), 5)
        self.assertEqual([name for name in sorted(named) if not (ROOT / name).exists()], [])

    def test_mutations_are_of_sources_that_are_there(self):
        files = re.findall(r'"((?:op|sweep|net|number|linalg|kernel|curvature|train)/[\w/]+\.rs)"', (ROOT / "tests/mutation/run.py").read_text())
        self.assertGreater(len(files), 50)
        self.assertEqual([name for name in sorted(set(files)) if not (ROOT / "engine/src" / name).exists()], [])
