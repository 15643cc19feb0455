"""Inputs on which tools of this kind fail, and faults that new users met: python -m tests.kernel.cases [WORD...]

What is refused, stops a cell or adds a crate has a kernel of its own; the others run ten to a kernel, in turn, as in a long notebook.

Right answers come from closed forms, numpy, mpmath and PyTorch, never from this crate. Prints a line for each, the last cell and its
answer; with words only those whose names hold one of them. A cell prints numbers after `=`; they are compared with the right ones.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .session import LOAD, ROOT, Session

# Cases of a kernel.
TOGETHER = 10
# Kernels that run at once on two cores; each computes little, and waits for its compiler, its messages and its start in turn.
AT_ONCE = 3
FILES = [*(ROOT / "tests/data_readers/tables").iterdir(), ROOT / "tests/files/strided.safetensors", ROOT / "tests/files/mixed_precision.safetensors"]


@dataclass
class Case:
    """What is tried, the cells, and what must come of them."""

    name: str
    cells: list
    # After `=` in the output of the last cell, to `tolerance` relative.
    numbers: list = field(default_factory=list)
    tolerance: float = 1e-9
    # Words that all answers together must hold, and must not.
    words: list = field(default_factory=list)
    without: list = field(default_factory=list)
    # True if an error is the right answer.
    refused: bool = False
    # Words of the last answer alone, and what it displays: a MIME type.
    last: list = field(default_factory=list)
    shows: str | None = None
    # What is done in the session after the cells; its text is an answer, the last one.
    then: Callable[[Session], str] | None = None
    # Characters that all answers together may have.
    most: int = 100_000
    # Seconds that any one cell may take.
    seconds: float = 120.0

    def alone(self):
        """Whether it has a kernel of its own."""
        return self.refused or self.then is not None or any(":dep" in cell for cell in self.cells)


def plain(text):
    """Without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def numbers_of(text):
    """The numbers after `=` signs, in order."""
    number = r"[-+]?(?:inf|NaN|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
    found = []
    for part in text.split("=")[1:]:
        found += [float(n) for n in re.findall(number, part)]
    return found


def opened():
    """A kernel with the crate loaded."""
    session = Session()
    answer = session.run(LOAD)
    if answer.error or answer.stderr:
        session.__exit__()
        raise RuntimeError(f"{LOAD}: {plain(answer.text())[:400]}")
    return session


def problem_of(case, session, folder):
    """Runs a case: what is wrong with the answers, and the last answer."""
    for path in FILES:
        shutil.copy(path, folder)
    answers = []
    for cell in case.cells:
        answer = session.run(cell.replace("{folder}", str(folder)))
        answers.append(answer)
        wrong = answer.error or answer.stderr
        if wrong and not case.refused:
            return f"an error: {plain(wrong)[:400]}", ""
        if answer.seconds > case.seconds:
            return f"took {answer.seconds:.0f} s", ""
    last = plain(answers[-1].text())
    pictures = [answer.data.get(kind, "") for answer in answers for kind in ("text/html", "image/svg+xml")]
    everything = plain("\n".join([*(a.text() for a in answers), *pictures]))
    if case.then:
        last = plain(case.then(session))
        everything += "\n" + last
    if case.shows and case.shows not in answers[-1].data:
        return f"shows {sorted(answers[-1].data)}, not {case.shows}: {last[:400]}", last
    if len(last) > case.most:
        return f"{len(last)} characters", last
    for word in case.last:
        if word.lower() not in last.lower():
            return f"says nothing of {word!r} at the end: {last[:400]}", last
    if case.refused and not any(a.error or a.stderr for a in answers):
        return f"was not refused: {last[:200]}", last
    for word in case.words:
        if word.lower() not in everything.lower():
            return f"says nothing of {word!r}: {last[:400]}", last
    for word in case.without:
        if word.lower() in everything.lower():
            return f"says {word!r}: {last[:400]}", last
    if case.numbers:
        got = numbers_of(last)
        if len(got) != len(case.numbers):
            return f"expected {len(case.numbers)} numbers, got {got}", last
        for right, found in zip(case.numbers, got, strict=True):
            bound = case.tolerance * max(abs(right), 1e-300) if right else case.tolerance
            if not abs(found - right) <= bound:
                return f"expected {case.numbers}, got {got}", last
    return "", last


def lost(session):
    """What is wrong with a session after its cases: nothing may have ended it."""
    alive = plain(session.run("6 * 7").text())
    return "" if alive == "42" else f"the session is lost: {alive[:200]}"


def checked(cases):
    """The problem of each case of a kernel and its last answer; a kernel that dies or hangs is one, and the next case gets another."""
    session, results = None, []
    for case in cases:
        try:
            with tempfile.TemporaryDirectory() as folder:
                session = session or opened()
                problem, last = problem_of(case, session, Path(folder))
            if not problem and case is cases[-1]:
                problem = lost(session)
        except Exception as error:  # noqa: BLE001
            problem, last = f"{type(error).__name__}: {error}", ""
        results.append((problem, last))
        if session and (problem or case is cases[-1]):
            session.__exit__()
            session = None
    return results


def kernels(cases):
    """The cases of every kernel, in order but for those that are alone."""
    shared = [case for case in cases if not case.alone()]
    return [shared[i : i + TOGETHER] for i in range(0, len(shared), TOGETHER)] + [[case] for case in cases if case.alone()]


def main(cases, words):
    """Prints the table; returns the number of cases that fail."""
    chosen = [case for case in cases if not words or any(word.lower() in case.name.lower() for word in words)]
    failed, of_kernels = 0, kernels(chosen)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for group, results in zip(of_kernels, pool.map(checked, of_kernels), strict=True):
            for case, (problem, last) in zip(group, results, strict=True):
                failed += bool(problem)
                shown = next((line.strip() for line in last.splitlines() if line.strip()), "")
                cell = " ".join(case.cells[-1].split()) if case.cells and not case.numbers else ""
                print(f"{'BAD' if problem else 'ok '} {case.name}: {cell[:100]}{' -> ' if cell else ''}{problem or shown[:140]}", flush=True)
    print(f"cases: {len(chosen) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    from .case_list import CASES
    from .fault_list import FAULTS

    raise SystemExit(main([*CASES, *FAULTS], sys.argv[1:]) > 0)
