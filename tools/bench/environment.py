"""The Python environment of the peer, neural-tangents, outside the clone: python -m tools.bench.environment prints its Python.

It is made once per user from `tests/oracle/requirements.txt` under a temporary name and then renamed, so that it is whole or
absent; a stamp inside holds the hash of those requirements.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "tests/oracle/requirements.txt"
STAMP = ".requirements.sha256"


def cache():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hadamard/peer"


def install(folder, requirements):
    """Makes a virtual environment with the locked packages in `folder`."""
    pip = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", requirements], check=True)


def python():
    """The peer's Python; its environment is made if it is missing or of other requirements."""
    venv = cache() / "venv"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    stamp = venv / STAMP
    if stamp.is_file() and stamp.read_text() == wanted:
        return venv / "bin/python"
    if not (3, 10) <= sys.version_info[:2] <= (3, 12):
        sys.exit(
            f"bench: jaxlib 0.4.20 is for Python 3.10 to 3.12 here, this is {sys.version.split()[0]}\n"
            "  mend it with:  python3.11 -m tools.bench …"
        )
    print(f"== installing neural-tangents 0.6.5 in {venv} (a minute, once per user)", file=sys.stderr, flush=True)
    venv.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=venv.parent, prefix="partial-") as partial:
        fresh = Path(partial) / "venv"
        try:
            install(fresh, REQUIREMENTS)
        except subprocess.CalledProcessError as error:
            sys.exit(f"bench: the peer's packages could not be installed ({error})\n  mend it with:  make setup && make bench")
        (fresh / STAMP).write_text(wanted)
        if venv.exists():
            os.rename(venv, Path(partial) / "old")
        os.rename(fresh, venv)
    return venv / "bin/python"


if __name__ == "__main__":
    print(python())
