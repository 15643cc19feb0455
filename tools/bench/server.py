"""A process that times kernels: it reads a request a line and answers with a line of JSON."""

import json
import select
import subprocess


class Failed(Exception):
    """The server `name` ended, or answered with something else than was asked for."""

    def __init__(self, name, what):
        super().__init__(f"{name}: {what}")
        self.name = name


class TooSlow(Failed):
    """The server had not answered after the time allowed."""


class Server:
    """A server, started at the first request; as a context manager it is ended on the way out."""

    def __init__(self, name, command, **options):
        # In a session of its own an interruption reaches it from here only.
        self.options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "start_new_session": True} | options
        self.name, self.command, self.process = name, command, None

    def ask(self, *request, limit=None):
        """Sends the words of `request` and returns the answer; a server that fails is ended and starts anew at the next one."""
        line = " ".join(map(str, request))
        try:
            if self.process is None:
                self.process = subprocess.Popen(self.command, **self.options)
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            if not select.select([self.process.stdout], [], [], limit)[0]:
                raise TooSlow(self.name, f"no answer to {line!r} after {limit} s")
            answer = self.process.stdout.readline()
            if not answer:
                raise Failed(self.name, f"ended with status {self.process.wait()} at {line!r}")
            return json.loads(answer)
        except Failed:
            self.stop()
            raise
        except (OSError, json.JSONDecodeError) as error:
            self.stop()
            raise Failed(self.name, f"{line!r}: {error}") from error

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            try:
                self.process.stdin.close()
            except OSError:
                pass  # an unsent request
            self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
