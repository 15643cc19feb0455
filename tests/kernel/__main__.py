"""All tests of the kernel that `make test-kernel` runs: python -m tests.kernel

Two sessions side by side where none is timed, since a session keeps one core busy. Each test prints its own lines when it has ended.
"""

import subprocess
import sys

# Tests of a line run at once.
TOGETHER = [["wrong_cells", "session_edges"], ["two_at_once"], ["tables"], ["crates"]]


def main():
    """Returns how many tests failed."""
    failed = 0
    for names in TOGETHER:
        command = [sys.executable, "-m"]
        runs = [subprocess.Popen([*command, f"tests.kernel.{name}"], stdout=subprocess.PIPE, text=True) for name in names]
        for name, run in zip(names, runs, strict=True):
            print(run.communicate()[0], end="", flush=True)
            if run.returncode:
                print(f"tests.kernel.{name}: failed", flush=True)
                failed += 1
    return failed


if __name__ == "__main__":
    sys.exit(main() > 0)
