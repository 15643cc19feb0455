"""The container's steps are those of tools/setup and of the README; no Docker is needed to see that."""

import json
import re
import shlex
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SETUP = (ROOT / "tools/setup").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))


def instructions():
    """The Dockerfile as `(word, rest)`, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.M)
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    return [tuple(line.split(maxsplit=1)) for line in lines]


def every(word):
    return [rest for name, rest in instructions() if name == word]


def position(pattern):
    return next(i for i, (name, rest) in enumerate(instructions()) if re.search(pattern, f"{name} {rest}"))


class Container(unittest.TestCase):
    def test_every_package_that_setup_takes_from_apt_is_installed(self):
        wanted = {name for names in re.findall(r'apt_install "[^"]*" ([a-z0-9.+ -]+)', SETUP) for name in names.split()}
        installed = set(re.search(r"apt-get install ([^&]+)", every("RUN")[0]).group(1).split())
        self.assertGreater(len(wanted), 4)
        self.assertLessEqual(wanted, installed)
        # Needed beforehand.
        self.assertLessEqual({"make", "git", "curl", "ca-certificates"}, installed)

    def test_rust_is_that_of_setup_by_the_same_command(self):
        wanted = re.search(r"^rust_wanted=(\S+)", SETUP, re.M).group(1)
        install = next(step for step in every("RUN") if "rustup" in step)
        self.assertTrue(re.search(r"--default-toolchain (\S+)", install).group(1).startswith(wanted))
        command = re.search(r'"(curl [^"]*sh\.rustup\.rs)', SETUP).group(1)
        self.assertIn(command, install)

    def test_nothing_is_built_or_run_by_root(self):
        user = every("USER")
        self.assertEqual(user, ["hadamard"])
        self.assertLess(position("^USER"), position("rustup"))
        self.assertLess(position("rustup"), position("RUN make setup"))
        self.assertLess(position("^COPY --chown=hadamard"), position("RUN make setup"))

    def test_its_commands_are_there(self):
        command = json.loads(every("CMD")[0])
        self.assertEqual(command[0], "make")
        settings = dict(word.split("=", 1) for word in command[2:])
        self.assertIn(command[1], TARGETS)
        for name in settings:
            self.assertIn(f"$({name})", MAKEFILE)
        for made in re.findall(r"make ([a-z-]+)", " ".join(step for step in every("RUN") if "apt-get" not in step)):
            self.assertIn(made, TARGETS)

    def test_jupyter_is_reached_from_this_machine_only(self):
        self.assertIn("LAB_IP ?= 127.0.0.1\n", MAKEFILE)
        port = every("EXPOSE")[0]
        self.assertIn(f"-p 127.0.0.1:{port}:{port}", (ROOT / "Dockerfile").read_text())

    def test_what_is_made_in_the_clone_stays_out_of_the_image(self):
        ignored = (ROOT / ".dockerignore").read_text().split("\n")
        for line in (ROOT / ".gitignore").read_text().split():
            name = line.strip("/")
            self.assertTrue({name, f"**/{name}"} & set(ignored), line)
        self.assertNotIn(".git", ignored)

    def test_the_editor_opens_the_same_container(self):
        folder = ROOT / ".devcontainer"
        settings = json.loads((folder / "devcontainer.json").read_text())
        self.assertEqual((folder / settings["build"]["dockerfile"]).resolve(), ROOT / "Dockerfile")
        self.assertEqual((folder / settings["build"]["context"]).resolve(), ROOT)
        self.assertEqual(settings["remoteUser"], every("USER")[0])
        self.assertEqual([str(port) for port in settings["forwardPorts"]], every("EXPOSE"))
        made = shlex.split(settings["postCreateCommand"])
        self.assertTrue(made[0] == "make" and made[1] in TARGETS)


if __name__ == "__main__":
    unittest.main()
