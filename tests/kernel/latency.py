"""The loop of a notebook, timed: medians of five, warm, against what was promised.

    python -m tests.kernel.latency [KERNEL]

With another kernel's name (a stock evcxr's, say) it prints the times only.
"""

import sys
from statistics import median

from .session import LOAD, Session

RUNS = 5
# What is timed, and the most seconds (or MB) that it may take.
LIMITS = {
    "kernel start to first table": 12.0,
    "a later cell that calls the prelude": 0.6,
    "a cell that shows a figure": 1.0,
    "memory of the kernel, MB": 600.0,
}
TABLE = "df!(\"k\" => [1, 2, 3], \"value\" => [0.1, 0.2, 0.3])?"


def once(kernel):
    """One session: seconds by what was done."""
    with Session(kernel=kernel) as session:
        def run(cell):
            answer = session.run(cell)
            if answer.error or answer.stderr:
                raise SystemExit(f"{cell}: {answer.text()}")
            return answer

        times = {"kernel start": session.ready}
        times[":dep and use"] = run(LOAD).seconds
        table = run(f"let table = {TABLE};")
        shown = run("table")
        assert "text/html" in shown.data
        times["first let"] = table.seconds
        times["kernel start to first table"] = session.ready + times[":dep and use"] + table.seconds + shown.seconds
        run("let x = sphere(200, 10, Seed(0))?;")
        run("let network = ccp(3).width(256).input(10).init(Seed(1))?;")
        run("let chart = line_chart(\"powers\").line(\"square\", [(1.0, 1.0), (2.0, 4.0)]);")
        times["a later cell that calls the prelude"] = median(run('println!("{}", network.kernel(&x)?.ntk());').seconds for _ in range(3))
        times["a let of a kernel"] = median(run("let kernel = network.kernel(&x)?;").seconds for _ in range(3))
        figures = [run("chart.figure()") for _ in range(3)]
        assert "application/vnd.plotly.v1+json" in figures[0].data and "image/svg+xml" in figures[0].data
        times["a cell that shows a figure"] = median(figure.seconds for figure in figures)
        times["memory of the kernel, MB"] = session.megabytes()
        return times


def main():
    kernel = sys.argv[1] if sys.argv[1:] else "rust"
    runs = [once(kernel) for _ in range(RUNS if kernel == "rust" else 1)]
    missed = 0
    for what in runs[0]:
        value, limit = median(run[what] for run in runs), LIMITS.get(what)
        verdict = "" if limit is None else f"  at most {limit:g}: {'holds' if value <= limit else 'MISSED'}"
        missed += limit is not None and not value <= limit
        print(f"{what:>36}  {value:8.2f}{verdict}", flush=True)
    return missed


if __name__ == "__main__":
    raise SystemExit(main() > 0)
