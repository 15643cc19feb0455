"""The stop button at random moments of a long study, ten times: the study goes on where it was, with the bits of a run without.

The stop button ends the study at its next unit of progress, and leaves what it holds of the checkpoint's folder to the next run in
the same process.
"""

import random
import tempfile
import time
from pathlib import Path

from .session import LOAD, Session

STUDY = "trained_network().width(2048).points(400).steps(20_000)"
# Seconds of a run before it is stopped, and of work that may be done again.
MOMENTS, REPEATED = (1.0, 5.0), 10.0
BITS = """for column in report.table()?.columns() {
    if let Ok(values) = column.f64() { println!("{:?}", values.iter().map(|v| v.map(f64::to_bits)).collect::<Vec<_>>()); }
}
println!("{:x}", report.largest_deviation().to_bits());"""


def saved(folder):
    """When the newest file of a checkpoint was written."""
    times = [path.stat().st_mtime for path in Path(folder).rglob("*") if path.is_file()]
    return max(times, default=0.0)


def main():
    seed = random.SystemRandom().randrange(10_000)
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as parent, Session() as session:
        folder = Path(parent) / "run"
        cell = f'let report = {STUDY}.checkpoint(Checkpoint::new("{folder}").every(std::time::Duration::from_secs(1))).run()?;'
        session.run(LOAD)
        stops, lost = 0, []
        while True:
            sent = session.send(cell)
            if stops < 10:
                # Not before the study is at work: compiling the cell is not work that can be lost.
                begun = time.time()
                while saved(folder) < begun:
                    if time.time() > begun + 60:
                        raise SystemExit(f"nothing saved for a minute after {stops} stops: did the study end?")
                    time.sleep(0.05)
                time.sleep(moments.uniform(*MOMENTS))
                lost.append(time.time() - saved(folder))
                session.interrupt()
                session.wait(sent)
                stops += 1
                continue
            answer = session.wait(sent)
            if answer.error or answer.stderr:
                raise SystemExit(answer.text())
            break
        interrupted = session.run(BITS).text()
        session.run(f"let report = {STUDY}.quiet().run()?;")
        whole = session.run(BITS).text()
    same = interrupted == whole and "[" in whole
    print(f"{stops} stops (seed {seed}): at most {max(lost):.1f} s of work done again; equal bits: {same}")
    return not (same and max(lost) <= REPEATED)


if __name__ == "__main__":
    raise SystemExit(main())
