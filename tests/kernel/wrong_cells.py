"""Cells as a new user types them wrong: what the kernel answers, how to mend it, and that nothing is lost.

Each answer must hold the words given, be short, show no backtrace, and leave the kernel with the variables it had.
"""

import re
import tempfile
from pathlib import Path

from .session import LOAD, Session

SETUP = [
    LOAD,
    "let x = sphere(40, 10, Seed(0))?;",
    "let net = ccp(3).width(64).input(10);",
    "let trained = net.init(Seed(1))?;",
    "let frame = df!(\"width\" => [64, 128], \"distance\" => [0.1, 0.05])?;",
]
# What goes wrong, the cell, and what the answer must say: the place and the way out.
CELLS = [
    ("points of another dimension", "trained.kernel(&sphere(4, 7, Seed(0))?)?;", ["expected 10", "got 7"]),
    ("a study misspelt", "spectral_bais().run()?;", ["spectral_bias"]),
    ("a file that is not there", 'net.read("nowhere.npz")?;', ["nowhere.npz", "No such file"]),
    ("a file that is not what it says", 'net.read("{folder}/text.npz")?;', ["text.npz"]),
    ("a value that was moved", "let y = x; let z = x;", ["moved here", "used here"]),
    ("a kernel too large for the machine", "mlp(1).width(64).input(10).init(Seed(0))?.kernel(&sphere(300_000, 10, Seed(0))?)?;", ["GiB", "tiled_kernel"]),
    ("a rate that diverges", "trained_network().quick().learning_rate(1e3).run()?;", ["2/λ_max", "smaller"]),
    ("a rate that is negative", "FullBatch::new(-0.1, 10).train(&mut trained.clone(), &x, &x.column(0).to_owned())?;", ["-0.1", "positive"]),
    ("NaN among the points", "trained.kernel(&array![[f64::NAN, 0., 0., 0., 0., 0., 0., 0., 0., 0.]])?;", ["row 0, column 0", "NaN"]),
    ("no width", "mlp(1).input(3).init(Seed(0))?;", [".width("]),
    ("a Result used as its value", "sphere(10, 3, Seed(0)).nrows()", ["Result"]),
    ("unwrap of an error", "let points = sphere(0, 3, Seed(0)).unwrap();", ["no rows", "kept"]),
    ("an index out of bounds", "x[[100, 0]]", ["out of bounds", "kept"]),
    ("a limit that does not exist", "network_of_attention.limit_kernel(&x)?;", ["network_of_attention"]),
    ("an op without a limit", 'network("max", serial([conv(4, 3), max_pool(2), flatten(), dense(1)])).image(4, 4, 1).limit_kernel(&sphere(3, 16, Seed(0))?)?;', ["max pool", "monte_carlo_kernel"]),
    ("two networks of one name", "compare([mlp(1), mlp(1)]).run()?;", ["named"]),
    ("a column that is not there", 'frame.column("with")?;', ["with"]),
    ("a number where a text is", 'mlp("3")', ["expected `usize`"]),
    ("half a statement", "let y = ;", ["expected expression"]),
    ("a name that is not there", "trianed", ["trained"]),
    ("a closure without types", "let f = |v| v;", ["closure parameter", "explicit type"]),
    ("a width of zero", "mlp(1).width(0).input(3).init(Seed(0))?;", ["width", "at least 1"]),
    ("kernels of different points", "trained.kernel(&x)?.ntk().relative_distance(net.limit_kernel(&sphere(3, 10, Seed(0))?)?.ntk())?;", ["expected 3", "got 40"]),
]
# Lines that say how to mend it would be lost among more.
LINES = 25


def check(session, cell, wanted):
    """Problems with one answer."""
    answer = session.run(cell)
    text = re.sub(r"\x1b\[[0-9;]*m", "", answer.text())
    problems = [f"says nothing of {word!r}" for word in wanted if word.lower() not in text.lower()]
    if "backtrace" in text or "stack backtrace" in text or re.search(r"^ +\d+: ", text, flags=re.M):
        problems.append("shows a backtrace")
    if len(text.splitlines()) > LINES:
        problems.append(f"{len(text.splitlines())} lines")
    kept = session.run("(trained.outputs_count(), frame.height())")
    if "(1, 2)" not in kept.text():
        problems.append(f"variables are lost: {kept.text()[:200]}")
    return text, problems


def main():
    """Prints the table; returns the number of cells that are answered badly."""
    bad = 0
    with tempfile.TemporaryDirectory() as folder, Session() as session:
        (Path(folder) / "text.npz").write_text("not an archive")
        for cell in SETUP:
            answer = session.run(cell)
            if answer.error or answer.stderr:
                raise SystemExit(f"{cell}: {answer.text()}")
        for what, cell, wanted in CELLS:
            text, problems = check(session, cell.replace("{folder}", folder), wanted)
            first = next((line for line in text.splitlines() if line.strip()), "")
            print(f"{'ok ' if not problems else 'BAD'} {what}: {first[:160]}")
            for problem in problems:
                print(f"      {problem}\n      {text!r}")
            # A cell that moved a value has taken it.
            session.run("let x = sphere(40, 10, Seed(0))?;")
            bad += bool(problems)
    print(f"wrong cells: {len(CELLS) - bad} answered well, {bad} not")
    return bad


if __name__ == "__main__":
    raise SystemExit(main() > 0)
