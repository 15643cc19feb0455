"""Runs notebooks and builds `report/`: python -m tools.report [NOTEBOOK...]

The report is built in `report.partial` and takes the place of the old one when it is whole, so that an interrupted run
leaves the last report as it was. Exits with 1 if a notebook errs, or if a verdict does not hold and is not listed in notebooks/findings.csv.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.whole import swap

from . import execute, page, verdicts

ROOT = Path(__file__).resolve().parents[2]
# Cells compile on one core and compute on all: two notebooks together take two thirds of the time.
AT_ONCE = 2


def stop(*_):
    raise KeyboardInterrupt


def library():
    """The name of the build that the notebooks load, which is built if need be."""
    return Path(subprocess.run([ROOT / "tools" / "library"], check=True, capture_output=True, text=True).stdout.strip()).name


def gather(own, folder):
    """Moves what a folder holds to another, whose mode stays: a temporary one is closed to others."""
    for path in own.iterdir():
        if path.is_dir() and not path.is_symlink():
            (folder / path.name).mkdir(exist_ok=True)
            gather(path, folder / path.name)
        else:
            shutil.move(path, folder / path.name)


async def run(notebooks, folder):
    """Executes the notebooks, some at a time, in the order given; what they write goes to the folder."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(path):
        async with free:
            print(f"{path.name}: running", flush=True)
            # A folder of its own tells whose verdicts are whose.
            with tempfile.TemporaryDirectory(dir=folder) as own:
                result = await execute.run(path, Path(own))
                result.studies = verdicts.written(Path(own))
                gather(Path(own), folder)
        print(f"{path.name}: {'ok' if not result.problems else 'FAILED'}, {result.seconds:.0f} s", flush=True)
        for problem in result.problems:
            print(f"  {problem}", flush=True)
        return result

    tasks = [asyncio.ensure_future(one(path)) for path in notebooks]
    try:
        return await asyncio.gather(*tasks)
    except Exception:
        for task in tasks:
            task.cancel()
        raise
    finally:
        # An interruption has reached each of them; once more, and they would leave their kernels alone.
        await asyncio.gather(*tasks, return_exceptions=True)


def build(notebooks, target):
    """Builds the report in the folder `target`; returns the number of failures."""
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        sys.exit(f"reproduce: the report folder cannot be written: {error}\n  mend it with:  chmod u+w {target.parent}")
    try:
        # So that the browser test, which opens the same notebooks on the same build, reads what was computed here.
        os.environ["HADAMARD_CHECKPOINTS"] = str(partial / "checkpoints" / library())
        results = execute.wait(run(notebooks, partial))
        rows = verdicts.merge(partial)
        wrong = verdicts.judge(rows, verdicts.findings(ROOT / "notebooks" / "findings.csv"))
        measured = verdicts.seeds(ROOT / "data" / "paper" / "seeds.csv")
        for row in rows:
            row["seeds"] = measured.get((row["study"], row["claim"]), [])
        page.write(partial, results, rows)
        # `make bench` writes there too.
        if (target / "bench.csv").is_file():
            shutil.copy2(target / "bench.csv", partial)
        swap(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    for line in wrong:
        print(line)
    problems = sum(bool(result.problems) for result in results)
    if not rows:
        print("no verdict was written")
    print(f"notebooks: {len(results) - problems} passed, {problems} failed")
    held = sum(row["holds"] == "true" for row in rows)
    print(f"verdicts: {held} hold, {len(rows) - held} do not, {len(wrong)} of all unexpected; {target / 'index.html'}")
    return problems + len(wrong) + (not rows)


def main():
    signal.signal(signal.SIGTERM, stop)
    named = [Path(name).resolve() for name in sys.argv[1:]]
    notebooks = named or sorted((ROOT / "notebooks").glob("*.ipynb"))
    missing = [path for path in notebooks if not path.is_file()]
    if missing:
        sys.exit(f"reproduce: no such notebook: {missing[0]}")
    try:
        failures = build(notebooks, ROOT / "report")
    except KeyboardInterrupt:
        sys.exit("reproduce: interrupted; the last report is as it was")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
