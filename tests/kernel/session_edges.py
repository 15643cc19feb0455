"""What a session survives and what it says then: values that are moved, cells that fail half-way, closures, standard input, text without
end, the stop button, and a process that dies.

Each case runs in the session of those before it. Its last cell must answer with the words wanted and none of those that are not.
"""

import re
import sys
import tempfile
import time
from dataclasses import dataclass, field
from queue import Empty

from .session import LOAD, ROOT, Session

# A cell that is answered at all is answered within this time, in seconds.
SOON = 60.0


@dataclass
class Case:
    """Cells in order, and what the last one must show."""

    what: str
    cells: list
    wanted: list = field(default_factory=list)
    unwanted: list = field(default_factory=list)
    # A MIME type of the display, or nothing shown at all.
    shows: str | None = None
    nothing: bool = False
    # Text that is cut is shorter than this.
    most: int = 100_000


LOST = ["variables of this notebook are gone", "run the cells from the top"]
NO_DEBUG = ["Debug", "error"]
CASES = [
    # The last value.
    Case("a loop shows nothing", ["for i in 0..3 { let _ = i; }"], nothing=True),
    Case("a branch without a value shows nothing", ["if 1 > 2 { println!(\"no\"); }"], nothing=True),
    Case("a call without a value shows nothing", ["let mut list = vec![1];", "list.push(2)"], nothing=True),
    Case("a number", ["3"], ["3"]),
    Case("a text that is two brackets", ['"()"'], ["()"]),
    Case("nothing in something", ["Some(())"], ["Some(())"]),
    Case("a variable that is moved into a figure", ["let plot = plotly::Plot::new();", "Figure::from(plot)"], unwanted=NO_DEBUG, shows="application/vnd.plotly.v1+json"),
    Case("a figure made and moved in one cell", ["let plot = plotly::Plot::new();\nFigure::from(plot)"], unwanted=NO_DEBUG, shows="application/vnd.plotly.v1+json"),
    Case("a chain on a variable", ['let mut chart = line_chart("t");\nfor i in 1..3 { chart = chart.line(format!("{i}"), [(1.0, 1.0), (2.0, i as f64)]); }', "chart.figure()"], unwanted=NO_DEBUG, shows="application/vnd.plotly.v1+json"),
    Case("a network that is moved", ["let n = mlp(1);", "n.width(5).input(3)"], ["MLP"], ["Net {", "Serial("]),
    Case("kernels that are moved", ["let x = sphere(6, 3, Seed(0))?;", "let k = mlp(1).limit_kernel(&x)?;", "std::convert::identity(k)"], unwanted=["Kernels {"], shows="text/html"),
    Case("a value moved with `?`", ["let net = mlp(1).width(5).input(3);", "net.init(Seed(0))?"], unwanted=["Network {", "error"]),
    Case("two variables moved at once", ["let a = vec![1]; let b = vec![2];", "(a, b)"], ["([1], [2])"]),
    Case("what is not moved stays", ["let a = vec![1]; let b = vec![2];", "[a.len(), 0]", "(b, 7)", "a"], ["[1]"]),
    Case("only the true error of a cell that ends in a figure", ['let chart = line_chart("t");', "let wrong: usize = \"text\";\nchart.figure()"], ["mismatched types"], ["Debug", "evcxr"]),
    Case("an error in the last expression", ["sphere(10, \"three\", Seed(0))"], ["expected `usize`"], ["Debug", "evcxr"]),
    Case("a value that has no display", ["struct Opaque;", "Opaque"], ["cannot be shown", "Opaque", "`;`"]),
    Case("a reference", ["let words = vec![\"a\", \"b\"];", "&words"], ['[a, b]']),
    # A cell that fails at `?`.
    Case("what stands before a `?` that fails is kept", ['let kept_x = sphere(4, 3, Seed(0))?; let kept_net = mlp(1); let read = std::fs::read_to_string("/nowhere")?;', "(kept_x.dim(), kept_net.to_string().len() > 1)"], ["((4, 3), true)"]),
    Case("and what it was given to", ["let v = vec![1, 2]; let w = v.clone(); let n: usize = \"x\".parse()?; drop(v);", "(v, w)"], ["([1, 2], [1, 2])"]),
    Case("what was moved before is not", ["let moved = vec![1]; let taken = moved; let n: usize = \"x\".parse()?;", "taken"], ["[1]"]),
    Case("a variable of an earlier cell that the failing cell would have moved", ["let early = vec![5];", "let n: usize = \"x\".parse()?; drop(early);", "early"], ["[5]"]),
    Case("a variable that the failing cell defines anew", ["let again = 1;", "let again: i32 = \"x\".parse()?;", "again"], ["1"]),
    Case("the same after a panic", ["let again = 1;", "let again: i32 = \"x\".parse().unwrap();", "again"], ["1"]),
    Case("a `?` in a loop and in a macro", ['let total = 1.5; for text in ["1", "x"] { let _: f64 = text.parse()?; }', 'let more = 2.5; println!("{}", "x".parse::<f64>()?);', "(total, more)"], ["(1.5, 2.5)"]),
    Case("a `?` in the last expression", ["let first = 8; \"x\".parse::<f64>()?", "first"], ["8"]),
    Case("a pattern before a `?`", ["let (left, right) = (1, \"r\".to_string()); let n: usize = \"x\".parse()?;", "(left, right)"], ["(1, \"r\")"]),
    Case("a value that borrows where the cell fails", ["let data = vec![1, 2]; let firsts = data.iter(); let n: usize = \"x\".parse()?; let sum: i32 = firsts.sum();", "data"], ["[1, 2]"]),
    Case("a guard that is held where the cell fails", ['let cell = std::cell::RefCell::new(1); let guard = cell.borrow_mut(); let n: usize = "x".parse()?; drop(guard);'], ["`cell` is borrowed there, and not kept"]),
    Case("a `?` that holds", ["let good: usize = \"4\".parse()?; let better = good + \"1\".parse::<usize>()?;", "(good, better)"], ["(4, 5)"]),
    Case("a cell that returns", ["let n: usize = \"4\".parse()?; if n == 4 { return Ok(()); } let m: usize = \"5\".parse()?;", "10 + 1"], ["11"]),
    # Closures.
    Case("a closure is kept", ["let double = |v: f64| 2.0 * v;", "double(4.0)"], ["8"]),
    Case("after a variable that holds a text", ['let names = vec!["area", "rooms"];', "let triple = |v: f64| 3.0 * v;", "triple(2.0)"], ["6"]),
    Case("a closure without arguments that gives a layer", ["let gate = || hadamard([hidden(), serial([hidden(), sigmoid()])]);", "network(\"g\", serial([gate(), gate(), dense(1)])).width(8).input(4)"], ["g"], ["error"]),
    Case("a closure of two arrays", ["let mse = |a: &Array1<f64>, b: &Array1<f64>| (a - b).mapv(|v| v * v).mean().unwrap();", "mse(&array![1.0, 2.0], &array![1.0, 4.0])"], ["2"]),
    Case("a closure that owns", ["let shift = 2.0; let add = move |v: f64| v + shift;", "add(1.0)"], ["3"]),
    Case("a closure that counts", ["let mut counter = { let mut n = 0; move || { n += 1; n } };", "counter();", "counter()"], ["2"]),
    Case("a closure that borrows", ["let offsets = vec![1.0]; let bend = |v: f64| v + offsets[0];"], ["bend", "move"], ["escapes", "evcxr"]),
    Case("a closure of unknown types", ["let same = |v| v;"], ["same"], ["escapes", "evcxr"]),
    Case("draws of a seed", ["let mut draw = Seed(3).normals(0);", "draw() != draw()"], ["true"]),
    Case("an iterator over a closure", ["let squares = (1..4).map(|k| k * k);"], ["squares", "collect"], ["evcxr", "escapes"]),
    # Streams.
    Case("standard input is at its end", ["let mut line = String::new(); let n = std::io::stdin().read_line(&mut line)?;", "(n, line)"], ['(0, "")']),
    Case("all of standard input", ["std::io::read_to_string(std::io::stdin())?"], ['""']),
    Case("text without an end of line", ['print!("a"); 3'], ["a", "3"]),
    Case("and flushed", ['use std::io::Write;\nprint!("part"); std::io::stdout().flush()?;'], ["part"]),
    Case("and before a figure", ['print!("part");\nlet plot = plotly::Plot::new();\nFigure::from(plot)'], ["part"], shows="application/vnd.plotly.v1+json"),
    Case("and before a `?` that fails", ['let before = 3; print!("part"); let n: usize = "x".parse()?;', "before"], ["3"]),
    Case("and before a panic", ['print!("part"); panic!("on purpose")'], ["part", "on purpose", "line 1 of the cell"]),
    Case("bytes that are no text", ["std::io::stdout().write_all(&[0xff, 0xfe, b'\\n'])?; 5"], ["5"]),
    Case("10 MB of text", ['for i in 0..200_000 { println!("line {i} of a text that nobody reads to its end"); }'], ["cut", "not shown", "line 199999"], most=1_300_000),
    Case("10 MB of errors", ['for i in 0..200_000 { eprintln!("line {i} of a text that nobody reads to its end"); }'], ["cut"], most=300_000),
    Case("a line of 10 MB", ['println!("{}", "x".repeat(10_000_000)); 4'], ["not shown", "4"], most=300_000),
    Case("a line of 10 MB without its end", ['print!("{}", "x".repeat(10_000_000)); 4'], ["not shown", "4"], most=300_000),
    Case("a value of 10 MB", ['"x".repeat(10_000_000)'], ["(9,980,000 more characters)"], most=1_300_000),
    Case("a list of 10 MB", ["vec![0u8; 10_000_000]"], ["9,999,900 more"], most=1_300_000),
    # Places.
    Case("the line of a panic", ["let numbers = vec![1];\nlet second = 1;\nnumbers[second]"], ["line 3 of the cell"], ["compiled"]),
    Case("a panic in a function of an earlier cell", ["fn fails() {\n    panic!(\"inside\");\n}", "fails()"], ["inside", "earlier cell"]),
    Case("the fields that there are", ["struct Point { abscissa: f64, ordinate: f64 }", "let point = Point { abscissa: 1.0, ordinate: 2.0 };", "point.x"], ["abscissa", "ordinate"]),
    # Cells that wait; from the first on, all are compiled so.
    Case("a value that is awaited", ["async { 5 }.await"], ["5"]),
    Case("an awaited `?` that fails", ['let first = 8; let n = async { "x".parse::<usize>() }.await?;', "first"], ["8"]),
    # A process that dies.
    Case("exit", ["let lost = 1;", "std::process::exit(3)"], ["code 3", *LOST]),
    Case("the next cell works", ["20 + 1"], ["21"]),
    Case("imports and functions are kept", ["fn kept() -> usize { 6 }", "std::process::abort()", "kept() + sphere(2, 2, Seed(0))?.nrows()"], ["8"]),
    Case("abort", ["std::process::abort()"], ["aborted", *LOST]),
    Case("no stack", ["fn deep(n: u64) -> u64 { let big = [n; 1000]; deep(n + 1) + std::hint::black_box(big)[7] }\ndeep(0)"], ["overflow", *LOST]),
    Case("memory that is not its own", ["unsafe { std::ptr::null::<u64>().read_volatile() }"], LOST),
    Case("no memory", ["let full: Vec<u8> = Vec::with_capacity(1 << 46); full.capacity()"], ["memory allocation", *LOST]),
    Case("killed by the system", ['std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status()?; std::thread::sleep(std::time::Duration::from_secs(5));'], ["memory", *LOST]),
    Case("and the next cell works again", ["20 + 2"], ["22"]),
]


def visible(answer):
    return re.sub(r"\x1b\[[0-9;]*m", "", answer.text())


def problems_of(case, answer):
    """What is wrong with the answer to the last cell."""
    text = visible(answer)
    problems = [f"says nothing of {word!r}" for word in case.wanted if word.lower() not in text.lower()]
    problems += [f"says {word!r}" for word in case.unwanted if word.lower() in text.lower()]
    if case.shows and case.shows not in answer.data:
        problems.append(f"shows {sorted(answer.data)} instead of {case.shows}")
    if case.nothing and (answer.data or text):
        problems.append("shows something")
    if answer.seconds > SOON:
        problems.append(f"took {answer.seconds:.0f} s")
    if len(text) > case.most:
        problems.append(f"{len(text)} characters")
    return problems


def report(what, problems, text):
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    print(f"{'ok ' if not problems else 'BAD'} {what}: {first[:120]}", flush=True)
    for problem in problems:
        print(f"      {problem}\n      {text[:1500]!r}")
    return bool(problems)


def run_cases(session, only):
    bad = 0
    for case in CASES:
        if only and not any(word in case.what for word in only):
            continue
        for cell in case.cells:
            answer = session.run(cell)
        bad += report(case.what, problems_of(case, answer), visible(answer))
    return bad


def begin(session, cell):
    """Sends a cell and waits until it runs: compiling it is not what is stopped here."""
    sent = session.send('println!("begun");\n' + cell)
    while True:
        message = session.client.get_iopub_msg(timeout=120)
        if message["msg_type"] == "stream" and "begun" in message["content"]["text"]:
            return sent


def soft_stop(session):
    """The stop button during work that counts its progress: variables are kept. During a loop of one's own: they are not, and it says so."""
    bad = 0
    session.run("let before = 11; let points = sphere(1500, 10, Seed(0))?;")
    sent = begin(session, "let trained = trained_network().width(1024).points(400).steps(1_000_000).run()?;")
    time.sleep(2)
    begun = time.monotonic()
    session.interrupt()
    answer = session.wait(sent)
    took = time.monotonic() - begun
    kept = session.run("before")
    problems = [] if "stopped" in visible(answer) and "kept" in visible(answer) and took < 3 else [f"not stopped softly in {took:.1f} s"]
    if "11" not in visible(kept):
        problems.append("variables are lost")
    bad += report(f"the stop button in a study ({took:.1f} s)", problems, visible(answer) + visible(kept))

    sent = begin(session, "loop { std::hint::black_box(1); }")
    session.interrupt()
    answer = session.wait(sent)
    problems = [f"says nothing of {word!r}" for word in ["stopped", *LOST] if word.lower() not in visible(answer).lower()]
    bad += report("the stop button in a loop without end", problems, visible(answer))

    session.run("let before = 12;")
    sent = begin(session, "loop { std::hint::black_box(1); }")
    begun = time.monotonic()
    session.interrupt()
    session.interrupt()
    answer = session.wait(sent)
    took = time.monotonic() - begun
    problems = [] if took < 3 else [f"took {took:.1f} s"]
    bad += report(f"the stop button twice ({took:.1f} s)", problems, visible(answer))
    answer = session.run("mlp(1).width(5).input(3)")
    bad += report("the session goes on with its imports", [] if "MLP" in visible(answer) else ["it does not"], visible(answer))
    return bad


def clients_that_leave(session):
    """JupyterLab's server asks a kernel that starts until it answers, and closes what it asked by: that ends no kernel, and the last word is "idle"."""
    for connect in (session.manager.connect_control, session.manager.connect_shell):
        for _ in range(3):
            client = connect()
            for _ in range(300):
                session.client.session.send(client, "kernel_info_request")
            client.close()
            time.sleep(1)
    if not session.manager.is_alive():
        return report("clients that ask and go away", ["the kernel has ended"], "")
    asked = session.client.kernel_info()
    states, answered = [], False
    try:
        while True:
            message = session.client.get_iopub_msg(timeout=3 if answered else SOON)
            if message["msg_type"] == "status":
                states.append(message["content"]["execution_state"])
                answered |= states[-1] == "idle" and message["parent_header"].get("msg_id") == asked
    except Empty:
        pass
    problems = [] if states and states[-1] == "idle" else ["the last word is not idle"]
    problems += [] if states.count("busy") == states.count("idle") else ["a busy is not taken back"]
    return report("clients that ask and go away", problems, f"busy and idle {len(states) // 2} times")


def examples():
    """Those of the manual's first page and of the README as cells: `(where, cell)`."""
    manual = "\n".join(re.sub(r"^//! ?", "", line) for line in (ROOT / "src/lib.rs").read_text().splitlines() if line.startswith("//!"))
    for number, block in enumerate(re.findall(r"^```\n(.*?)^```$", manual, flags=re.M | re.S), 1):
        if "use hadamard::prelude::*;" in block:
            lines = [line for line in block.splitlines() if not line.startswith("# ") and line != "use hadamard::prelude::*;"]
            yield f"the manual's example {number}", "\n".join(lines)
    readme = re.findall(r"^```rust\n(.*?)^```$", (ROOT / "README.md").read_text(), flags=re.M | re.S)
    # A blank line stands between cells.
    for number, cell in enumerate("\n\n".join(readme).split("\n\n"), 1):
        yield f"the README's cell {number}", cell


def run_examples(session):
    """As they stand, but for sizes that take minutes and the names of files."""
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/trained.safetensors"
        session.run("let x = sphere(40, 64, Seed(0))?; let labels = Array2::from_shape_fn((40, 3), |(i, class)| f64::from(u8::from(i % 3 == class)));")
        session.run(f'mlp(3).width(64).input(64).parametrisation(Parametrisation::Standard).init(Seed(0))?.write("{file}")?;')
        for where, cell in examples():
            for text, smaller in [
                ("sphere(1000, 10", "sphere(40, 64"),
                ("ccp(3).width(4096).input(10)", "ccp(3).width(64).input(64)"),
                ("compare([gated, mlp(1)]).run()?", "compare([gated, mlp(1)]).width(32).points(20).run()?"),
                ("width(1024).input(64)", "width(64).input(64)"),
                ("trained_elsewhere.safetensors", file),
                ('"kernel"', f'"{folder}/kernel"'),
            ]:
                if where.startswith("the README"):
                    cell = cell.replace(text, smaller)
            answer = session.run(cell)
            bad += report(where, ["fails"] if answer.error or answer.stderr else [], visible(answer))
    return bad


def main():
    """Prints a line for each; returns how many are answered badly."""
    only = sys.argv[1:]
    with Session() as session:
        answer = session.run(LOAD)
        if answer.error or answer.stderr:
            raise SystemExit(answer.text())
        bad = 0
        if not only or "examples" in only:
            bad += run_examples(session)
        bad += run_cases(session, only)
        if not only or "stop" in only:
            bad += soft_stop(session)
        if not only or "clients" in only:
            bad += clients_that_leave(session)
    print(f"edges of a session: {bad} answered badly")
    return bad


if __name__ == "__main__":
    raise SystemExit(main() > 0)
