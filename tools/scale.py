"""Kernels of many points within 4 GiB: cost against n, a SIGKILL half-way, and what resuming gives.

Run by `make scale`; takes a quarter of an hour and 5 GB of disk. Exits with 1 if a claim does not hold.
"""

import hashlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUDGET_GIB = 4
POINTS = [5000, 10_000, 20_000]


def build():
    """The compiled bench."""
    command = ["tools/cargo", "bench", "--locked", "--quiet", "--no-default-features", "--bench", "scale", "--no-run"]
    lines = subprocess.run([*command, "--message-format=json"], cwd=ROOT, check=True, capture_output=True, text=True)
    artefacts = (json.loads(line) for line in lines.stdout.splitlines() if line.startswith("{"))
    return next(a["executable"] for a in artefacts if a.get("executable") and a["target"]["name"] == "scale")


def libraries():
    """rustc's own libraries, which the bench links dynamically."""
    out = subprocess.run(["rustc", "--print", "target-libdir"], check=True, capture_output=True, text=True).stdout
    return dict(os.environ, LD_LIBRARY_PATH=out.strip() + ":" + os.environ.get("LD_LIBRARY_PATH", ""))


def run(program, *arguments, kill_when=None):
    """Output, seconds and peak memory in GiB; killed once `kill_when` says so."""
    with tempfile.TemporaryFile("w+") as out:
        start = time.monotonic()
        child = subprocess.Popen([program, *map(str, arguments)], stdout=out, env=libraries())
        while kill_when and child.poll() is None:
            if kill_when():
                child.send_signal(signal.SIGKILL)
                break
            time.sleep(0.05)
        _, status, usage = os.wait4(child.pid, 0)
        out.seek(0)
        seconds, peak = time.monotonic() - start, usage.ru_maxrss / 2**20
        return out.read(), os.waitstatus_to_exitcode(status), seconds, peak


def tiles(folder):
    return sorted((folder / "tiles").glob("*.npy")) if folder.exists() else []


def digest(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tiles(folder)}


def main():
    program, work = build(), Path(tempfile.mkdtemp(prefix="hadamard-scale-", dir=os.environ.get("SCALE_DIR")))
    holds = []
    try:
        times = []
        for n in POINTS:
            out, code, seconds, peak = run(program, "finite", n, work / str(n))
            print(out.splitlines()[0], f"\n  n = {n}: {seconds:.1f} s, peak memory {peak:.2f} GiB", flush=True)
            times.append(seconds)
            holds.append((f"n = {n}: finished within {BUDGET_GIB} GiB", code == 0 and peak <= BUDGET_GIB))
        x, y = [math.log(n) for n in POINTS], [math.log(t) for t in times]
        mean = lambda v: sum(v) / len(v)
        slope = sum((a - mean(x)) * (b - mean(y)) for a, b in zip(x, y)) / sum((a - mean(x)) ** 2 for a in x)
        print(f"seconds ~ n^{slope:.2f} over n = {POINTS}")

        whole, killed = work / str(POINTS[-1]), work / "killed"
        half = len(tiles(whole)) // 2
        _, code, _, _ = run(program, "finite", POINTS[-1], killed, kill_when=lambda: len(tiles(killed)) >= half)
        there = {path.name: path.stat().st_mtime_ns for path in tiles(killed)}
        print(f"killed by signal {-code} with {len(there)} of {len(tiles(whole))} tiles there")
        out, _, seconds, peak = run(program, "finite", POINTS[-1], killed)
        again = sum(path.stat().st_mtime_ns != there[path.name] for path in tiles(killed) if path.name in there)
        equal = digest(killed) == digest(whole)
        print(f"resumed in {seconds:.1f} s, peak {peak:.2f} GiB, {again} tiles computed again, equal bits: {equal}")
        holds += [
            ("killed with SIGKILL half-way", code == -signal.SIGKILL and 0 < len(there) < len(tiles(whole))),
            ("nothing recomputed, equal bits", again == 0 and equal),
        ]
        out, code, seconds, peak = run(program, "limit", 60_000, work / "limit", 3)
        print(out.strip(), f"\n  peak memory {peak:.2f} GiB")
        holds.append(("limit kernel of 60,000 points planned, first tiles run", code == 0 and len(tiles(work / "limit")) == 3))
    finally:
        shutil.rmtree(work)
    for claim, held in holds:
        print(f"{'holds' if held else 'DOES NOT HOLD'}: {claim}")
    sys.exit(not all(held for _, held in holds))


if __name__ == "__main__":
    main()
