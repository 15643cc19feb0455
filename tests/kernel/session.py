"""A Rust kernel driven cell by cell."""

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty

from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
LOAD = ':dep hadamard-prelude = { path = "../prelude" }\nuse hadamard_prelude::*;'


@dataclass
class Answer:
    """What a cell showed, and how long it took."""

    seconds: float = 0.0
    data: dict = field(default_factory=dict)
    stdout: str = ""
    stderr: str = ""
    error: str = ""

    def text(self):
        """Everything that a reader sees as text."""
        return "\n".join(part.strip() for part in [self.error, self.stderr, self.stdout, self.data.get("text/plain", "")] if part.strip())


class Session:
    """A kernel in the notebooks' folder, or another."""

    def __init__(self, folder=ROOT / "notebooks", kernel="rust"):
        os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
        start = time.monotonic()
        self.manager = KernelManager(kernel_name=kernel)
        # Of the kernel's own streams cells see nothing.
        self.manager.start_kernel(cwd=str(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=600)
        self.ready = time.monotonic() - start

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, timeout=1200):
        """Runs a cell to its end."""
        return self.wait(self.send(code), timeout)

    def send(self, code):
        """Starts a cell."""
        return self.client.execute(code), time.monotonic()

    def wait(self, sent, timeout=1200):
        """Collects the answer to a cell that was sent."""
        identifier, start = sent
        answer = Answer()
        while True:
            message = self.client.get_iopub_msg(timeout=timeout)
            if message["parent_header"].get("msg_id") != identifier:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                answer.seconds = time.monotonic() - start
                self.late(identifier, answer)
                return answer
            self.add(answer, kind, content)

    def late(self, identifier, answer):
        """Adds what the kernel's thread for standard error sends after it has said that it is idle."""
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=0.3)
            except Empty:
                return
            if message["parent_header"].get("msg_id") == identifier:
                self.add(answer, message["msg_type"], message["content"])

    @staticmethod
    def add(answer, kind, content):
        """Adds a message to an answer."""
        if kind == "stream":
            setattr(answer, content["name"], getattr(answer, content["name"]) + content["text"])
        elif kind == "error":
            # Traceback lines hold the compiler's suggestions.
            answer.error += "\n".join([content["evalue"], *content["traceback"]]) + "\n"
        elif kind in ("execute_result", "display_data"):
            answer.data.update(content["data"])

    def interrupt(self):
        """What the stop button does."""
        self.manager.interrupt_kernel()

    def megabytes(self):
        """Memory of the kernel and of the process that runs its cells."""
        pids = [self.manager.provisioner.pid]
        found = subprocess.run(["pgrep", "-P", str(pids[0])], capture_output=True, text=True).stdout.split()
        total = 0
        for pid in [*pids, *found]:
            status = Path(f"/proc/{pid}/status").read_text()
            total += int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
        return total / 1024
