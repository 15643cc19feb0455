"""What a shared notebook was run with: the record that stands beside it as `results.json`."""

import hashlib
import os
import platform
import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[2]
MADE_BY = "make share"
AS_IS = "outputs as they were in the file; clone, versions and machine are those that shared it"
SEED = re.compile(r"\b(?:Seed|seed|seeds)\s*\(\s*([0-9_]+(?:\s*,\s*[0-9_]+)*)\s*\)")


def answer(*command):
    """What a command prints, or None if it fails or is not there."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout.strip("\n") if run.returncode == 0 else None


def public_address(address):
    """A repository's address without user and password; None for one on this machine only."""
    if match := re.fullmatch(r"(?:[\w.-]+@)?([\w.-]+\.[\w.-]+):(?!//)([\w./~-]+)", address or ""):
        return f"https://{match.group(1)}/{match.group(2)}"
    parts = urlsplit(address or "")
    if parts.scheme not in ("https", "http", "ssh", "git") or not parts.hostname or not re.fullmatch(r"[\w./~-]*", parts.path):
        return None
    port = f":{parts.port}" if parts.port and parts.scheme != "ssh" else ""
    return urlunsplit(("https" if parts.scheme == "ssh" else parts.scheme, parts.hostname + port, parts.path, "", ""))


def clone(notebook=None):
    """Commit and address of the clone; changes to the shared notebook, which has a digest of its own, do not count."""
    own = [f":(exclude,literal){notebook.relative_to(ROOT)}"] if notebook and notebook.is_relative_to(ROOT) else []
    changes = answer("git", "-C", str(ROOT), "status", "--porcelain", "--", ".", *own)
    return {
        "repository": public_address(answer("git", "-C", str(ROOT), "remote", "get-url", "origin")),
        "commit": answer("git", "-C", str(ROOT), "rev-parse", "HEAD"),
        "dirty": None if changes is None else bool(changes),
    }


def processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), platform.processor())
    except OSError:
        return answer("sysctl", "-n", "machdep.cpu.brand_string") or platform.processor()


def cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def versions():
    manifest = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
    crate = re.search(r'^version = "([^"]+)"', manifest, re.M).group(1)
    cargo = os.environ.get("CARGO_HOME") or os.path.expanduser("~/.cargo")
    rustc = answer("rustc", "--version") or answer(f"{cargo}/bin/rustc", "--version")
    return {"hadamard": crate, "rustc": rustc, "python": platform.python_version()}


def seconds(cell):
    """How long a cell took, where its run was timed."""
    times = cell.metadata.get("execution", {})
    try:
        start, end = (datetime.fromisoformat(times[key].replace("Z", "+00:00")) for key in ["iopub.execute_input", "shell.execute_reply"])
    except (KeyError, ValueError, AttributeError, TypeError):
        return None
    return round((end - start).total_seconds(), 3)


def seeds(notebook):
    """The seeds that cells name; those that a study has by itself are in its documentation."""
    code = [(number, cell.source) for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    return [{"cell": number, "seed": match.group(1)} for number, source in code for match in SEED.finditer(source)]


def of(path, content, notebook, as_is):
    """The record of a notebook: its file, its run, the clone and the machine."""
    code = [(number, cell) for number, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    return {
        "made_by": MADE_BY,
        "notebook": {"name": path.name, "sha256": hashlib.sha256(content).hexdigest()},
        "run": AS_IS if as_is else "executed from top to bottom",
        "shared": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "clone": clone(path),
        "versions": versions(),
        "machine": {"system": platform.platform(), "processor": processor(), "cores": cores()},
        "seeds": seeds(notebook),
        "seconds": [{"cell": number, "seconds": seconds(cell)} for number, cell in code],
    }
