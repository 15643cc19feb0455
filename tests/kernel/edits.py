"""The loop of somebody who changes the crate: seconds from an edit to the first table of a new kernel, against 45.

    make bench-edit

Each edit puts a line on top of a source file, which shifts every place in it: the dearest edit there is of a file. The files are
put back afterwards, which the build after the next edit takes in too.
"""

from statistics import median

from .session import LOAD, ROOT, Session

LIMIT = 45.0
EDITED = ["src/study/comparison.rs", "engine/src/op/activation/relu.rs", "engine/src/sweep/gram.rs", "engine/src/data/sphere.rs", "engine/src/net/network.rs"]


def first_table():
    """Seconds from the start of a kernel to a table."""
    with Session() as session:
        answers = [session.run(cell) for cell in [LOAD, 'let table = df!("k" => [1, 2, 3])?;', "table"]]
        for answer in answers:
            if answer.error or answer.stderr:
                raise SystemExit(answer.text())
        assert "text/html" in answers[-1].data
        return session.ready + sum(answer.seconds for answer in answers)


def main():
    times = {}
    for name in EDITED:
        path = ROOT / name
        before = path.read_text()
        try:
            path.write_text("//\n" + before if not before.startswith("//!") else "//! .\n" + before)
            times[name] = first_table()
        finally:
            path.write_text(before)
        print(f"{name:>28}  {times[name]:6.1f} s", flush=True)
    middle = median(times.values())
    print(f"{'median':>28}  {middle:6.1f} s, at most {LIMIT:g}: {'holds' if middle <= LIMIT else 'MISSED'}")
    return not middle <= LIMIT


if __name__ == "__main__":
    raise SystemExit(main())
