"""Times tangent kernels of this crate against neural-tangents: python -m tools.bench --ours COMMAND…

COMMAND reads requests `CASE DTYPE REPEATS`, one a line, and answers each with a JSON list of seconds, one per repeat. The cases
are those of `peer.py`, which is the other server. The two alternate, so that both meet the same load of the machine. Writes
`report/bench.csv` and prints it as a table with the targets; exits with 1 if a target is missed or a case could not be timed.
"""

import csv
import itertools
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from . import environment
from .server import Failed, Server, TooSlow

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["case", "ours_s", "other", "other_s", "ratio"]
CASES = ["product", "mlp", "mlp_ten_outputs", "cnn"]
DTYPES = ["f64", "f32"]
ALGORITHMS = ["structured_derivatives", "jacobian_contraction", "ntk_vector_products"]
# Against JAX: a training step, and Hessian-vector products.
COMPILED = [
    ("spectral_step", "f32", "jit"),
    *((f"hessian_{net}_{width}", "f64", "jit") for net in ["mlp", "ccp"] for width in [512, 2048]),
]
# Ratios of times, other by ours, to be reached; "best" is the fastest of the three algorithms in this run.
TARGETS = {
    ("product f64", "best"): 5,
    ("product f32", "best"): 2.5,
    ("mlp f64", "best"): 2.5,
    ("mlp f32", "best"): 1.5,
    ("mlp_ten_outputs f32", "best"): 2,
    ("cnn f64", "best"): 1,
    ("cnn f32", "best"): 1,
    ("product f64", "default"): 20,
    ("product f32", "default"): 20,
    ("mlp f64", "default"): 100,
    ("mlp f32", "default"): 100,
    ("spectral_step f32", "jit"): 3,
    ("hessian_mlp_512 f64", "jit"): 1,
    ("hessian_mlp_2048 f64", "jit"): 1,
    ("hessian_ccp_512 f64", "jit"): 2,
    ("hessian_ccp_2048 f64", "jit"): 2,
}
# Calls longer than these many seconds: two pairs; one pair, of the first call; none, a lower bound instead.
FEW, ONE, NONE = 10, 30, 60
PAIRS = 5


@dataclass
class Row:
    """Medians of the seconds of a case, and of the ratios of its pairs; `note` says what is particular about the other side."""

    case: str
    algorithm: str
    ours: float
    other: float
    ratio: float
    note: str = ""

    def label(self):
        library = "jax" if self.algorithm == "jit" else "neural-tangents"
        return f"{library} {self.algorithm}" + (f" ({self.note})" if self.note else "")


def stop(*_):
    raise KeyboardInterrupt


def ours_once(server, case, dtype):
    answer = server.ask(case, dtype, 1)
    if not (isinstance(answer, list) and len(answer) == 1 and answer[0] > 0):
        raise Failed(server.name, f"answered {answer} to one repeat of {case} {dtype}")
    return answer[0]


def other_seconds(server, case, dtype, algorithm, repeats):
    answer = server.ask(case, dtype, algorithm, repeats, limit=NONE)
    if "error" in answer:
        raise Failed(server.name, f"{case} {dtype} {algorithm}: {answer['error']}")
    return answer


def measure(ours, peer, case, dtype, algorithm):
    """The row of one algorithm; the first call of each side, which warms up, is not counted unless it is the only one."""
    name = f"{case} {dtype}"
    ours_once(ours, case, dtype)
    try:
        prepared = other_seconds(peer, case, dtype, algorithm, 0)
        first, note = prepared["first"], f"blocks of {prepared['batch']} points" if prepared["batch"] else ""
        pairs = []
        while not pairs or (first <= ONE and len(pairs) < (PAIRS if first <= FEW else 2)):
            mine = ours_once(ours, case, dtype)
            pairs.append((mine, first if first > ONE else other_seconds(peer, case, dtype, algorithm, 1)["seconds"][0]))
    except TooSlow:
        pairs, note = [(ours_once(ours, case, dtype), float(NONE))], f"stopped after {NONE} s, compilation included"
    mine, other = zip(*pairs)
    return Row(name, algorithm, median(mine), median(other), median(b / a for a, b in pairs), note)


def run(ours, peer):
    """All rows, and the number of those that the peer could not do."""
    rows, failures = [], 0
    for case, dtype, algorithm in [*itertools.product(CASES, DTYPES, [*ALGORITHMS, "default"]), *COMPILED]:
        try:
            row = measure(ours, peer, case, dtype, algorithm)
        except Failed as failure:
            if failure.name == ours.name:
                raise
            print(failure, flush=True)
            failures += 1
            continue
        rows.append(row)
        print(f"{row.case:>20}  {row.ours:9.4f} s  {row.other:9.4f} s  {row.ratio:8.2f}  {row.label()}", flush=True)
    return rows, failures


def missed(rows):
    """Prints the targets with what was measured; returns the number of those missed or not measured."""
    count = 0
    print(f"\n{'target':>20}  {'against':>8}  {'at least':>8}  {'ratio':>8}")
    for (case, against), target in TARGETS.items():
        names = ALGORITHMS if against == "best" else [against]
        found = [row for row in rows if row.case == case and row.algorithm in names]
        ratio = min(found, key=lambda row: row.other).ratio if found else 0.0
        count += not ratio >= target
        print(f"{case:>20}  {against:>8}  {target:>8}  {ratio:>8.2f}  {'holds' if ratio >= target else 'MISSED'}")
    return count


def write(rows, path):
    """Writes the whole table or nothing."""
    partial = path.with_name(path.name + ".partial")
    with open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows([r.case, f"{r.ours:.6g}", r.label(), f"{r.other:.6g}", f"{r.ratio:.6g}"] for r in rows)
    os.replace(partial, path)


def bench(ours_command, peer_command, path):
    """Measures, writes the table to `path` and returns the number of misses and failures."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"bench: the report folder cannot be written: {error}\n  mend it with:  chmod u+w {path.parent.parent}")
    with Server("ours", ours_command) as ours, Server("neural-tangents", peer_command, cwd=ROOT) as peer:
        rows, failures = run(ours, peer)
    write(rows, path)
    misses = missed(rows)
    print(f"{len(rows)} rows in {path}; {failures} could not be timed, {misses} targets missed")
    return failures + misses


def main():
    signal.signal(signal.SIGTERM, stop)
    # Not by argparse, which stumbles over a "--" in the command.
    if sys.argv[1:2] != ["--ours"] or not sys.argv[2:]:
        sys.exit("usage: python -m tools.bench --ours COMMAND…")
    try:
        bad = bench(sys.argv[2:], [environment.python(), "-m", "tools.bench.peer"], ROOT / "report/bench.csv")
    except Failed as failure:
        sys.exit(f"bench: {failure}\n  report/bench.csv is as it was")
    except KeyboardInterrupt:
        sys.exit("bench: interrupted; report/bench.csv is as it was")
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
