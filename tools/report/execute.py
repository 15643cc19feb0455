"""Executes one notebook and judges its outputs."""

import asyncio
import os
import signal
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from tools.render.figure import PLOTLY

SENTINEL = "NOTEBOOK OK"
# A first cell may build every library; a kernel may have to compile its first crate.
CELL_SECONDS, START_SECONDS = 3600, 600


@dataclass
class Result:
    """An executed notebook and what is wrong with it."""

    name: str
    title: str
    notebook: nbformat.NotebookNode
    problems: list = field(default_factory=list)
    seconds: float = 0.0
    # Whose verdicts it wrote.
    studies: set = field(default_factory=set)


def faults_of(notebook):
    """Everything in the outputs that a reader should not see."""
    found = []
    for number, cell in enumerate(notebook.cells):
        # The kernel answers "ok" to a panic and to `?`; they show on standard error only.
        complaint = ""
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                found.append(f"cell {number}: {output.ename}: {output.evalue.splitlines()[0] if output.evalue else ''}")
            elif output.output_type == "stream" and output.name == "stderr":
                complaint += output.text
            elif PLOTLY in output.get("data", {}):
                if not has_values(output.data[PLOTLY]):
                    found.append(f"cell {number}: a chart without data")
        if complaint:
            found.append(f"cell {number}: standard error: {complaint.strip()[:500]}")
    return found


def has_values(figure):
    """Whether a trace of the figure has anything to draw; `x` alone is drawn by the kinds that count."""
    traces = figure.get("data") if isinstance(figure, dict) else None
    for trace in filter(lambda trace: isinstance(trace, dict), traces if isinstance(traces, list) else []):
        counts = trace.get("type") in ("histogram", "box", "violin")
        if any(trace.get(key) for key in ["y", "z", "values", "r", "cells", "link", *(["x"] if counts else [])]):
            return True
    return False


def problems_of(notebook):
    """The faults, and what is missing."""
    streams = (output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "stream")
    checked = any(SENTINEL in output.text for output in streams if output.name != "stderr")
    return faults_of(notebook) + ([] if checked else [f"the check cell did not print {SENTINEL}"])


def wait(work):
    """The result of a coroutine that runs notebooks, in a thread: in the main one nbclient takes the signals, and then ends one kernel
    of several. An interruption cancels the work, so that every kernel ends, and is raised when they have."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(work)
    done = threading.Event()

    def run():
        # The kernels that it starts are to be interrupted as ever.
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        try:
            loop.run_until_complete(asyncio.wait([task]))
        finally:
            loop.close()
            done.set()

    # An interruption that came between the start of the thread and the wait for it would leave it at work in a folder that is removed.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        threading.Thread(target=run).start()
    except BaseException:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        raise
    try:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        # An interrupted `join` would take the thread for ended.
        done.wait()
    except BaseException:
        # What nbclient left waiting for a kernel has nothing to say.
        loop.set_exception_handler(lambda *_: None)
        loop.call_soon_threadsafe(task.cancel)
        done.wait()
        raise
    return task.result()


async def run(path, report, judge=problems_of):
    """Executes the notebook at `path`; what it writes goes to the folder `report`."""
    start = time.monotonic()
    notebook = nbformat.read(path, as_version=4)
    title = next((line[2:] for cell in notebook.cells for line in cell.source.splitlines() if line.startswith("# ")), path.stem)
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        startup_timeout=START_SECONDS,
        kernel_name=notebook.metadata.get("kernelspec", {}).get("name", "rust"),
        resources={"metadata": {"path": str(path.parent)}},
    )
    result = Result(path.stem, title, notebook)
    try:
        await client.async_execute(env={**os.environ, "HADAMARD_REPORT": str(Path(report).resolve())})
    except (CellExecutionError, DeadKernelError, TimeoutError, RuntimeError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        result.problems.append(lines[-1])
    result.problems += judge(notebook)
    result.seconds = time.monotonic() - start
    return result
