"""Shares a notebook as a folder: python -m tools.share NOTEBOOK [--out FOLDER] [--as-is]

Writes FOLDER/NAME with NAME.html, NAME.ipynb, results.json, the tables as CSV and what the notebook itself wrote. The notebook is
run first; with --as-is its outputs are taken as they are. The folder is built as NAME.partial and takes the place of an older one
when it is whole.
"""

import argparse
import json
import re
import shlex
import shutil
import signal
import sys
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel

from tools.report import execute
from tools.whole import swap

from . import draw, notebook as notebooks, page, record, tables


def stop(message, mend):
    """Ends with one line that says what is wrong, and the command that mends it."""
    sys.exit(f"share: {message}\n  mend it with:  {mend}")


def interrupt(*_):
    raise KeyboardInterrupt


def make(path, *settings):
    return " ".join(["make share", shlex.quote(f"NOTEBOOK={path}"), *settings])


def folder_name(path):
    """A notebook's name as a folder's: no markup, no way out, not hidden."""
    return re.sub(r"[^\w.-]+", "_", path.stem)[:100].strip("._-") or "notebook"


def read(path):
    """The bytes of the file and the notebook in them."""
    if not path.name:
        stop("no notebook is named", "make share NOTEBOOK=notebooks/01_spectral_bias.ipynb")
    if not path.is_file():
        stop(f"no such notebook: {path}", "ls notebooks/*.ipynb")
    try:
        content = path.read_bytes()
        return content, notebooks.read(content.decode("utf-8"))
    except OSError as error:
        stop(f"{path} cannot be read: {error.strerror}", f"chmod u+r {shlex.quote(str(path))}")
    except (notebooks.NotANotebook, UnicodeDecodeError) as error:
        stop(f"{path} is not a notebook: {error}", "ls notebooks/*.ipynb")


def run(path, results):
    """The executed notebook; what it writes goes to the folder `results`."""
    print(f"share: running {path.name}", flush=True)
    try:
        result = execute.wait(execute.run(path, results, execute.faults_of))
    except NoSuchKernel as error:
        stop(f"the kernel {error.name!r} is not installed", "make setup")
    if result.problems:
        fault = next((problem for problem in result.problems if problem.startswith("cell ")), result.problems[0])
        stop(f"{path.name} fails: {' '.join(fault.split())[:300]} (AS_IS=1 shares the outputs in the file)", "make lab")
    return result.notebook


def drop_links(folder):
    """Removes what is neither a file nor a folder: a link could name any file of this machine."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def fill(folder, path, as_is):
    """Writes everything into the folder; returns what there is to say about it."""
    content, notebook = read(path)
    if as_is:
        if not notebooks.has_outputs(notebook):
            stop(f"{path.name} has no outputs to share", make(path))
        said = execute.faults_of(notebook)
    else:
        notebook, said = run(path, folder), []
        drop_links(folder)
    missing = draw.add_images(notebook)
    if missing:
        said.append(f"{missing} charts have no still image; mend it with:  apt-get install -y chromium")
    found = record.of(path, content, notebook, as_is)
    found["tables"] = []
    if shown := tables.of_notebook(notebook):
        (folder / "tables").mkdir(exist_ok=True)
    for number, (cell, rows, complete) in enumerate(shown):
        name = f"tables/{number:02}-cell-{cell}.csv"
        (folder / name).write_text(tables.as_csv(rows), encoding="utf-8")
        found["tables"].append({"file": name, "cell": cell, "rows": "as shown" if complete else "head and tail, as shown"})
    name = folder_name(path)
    (folder / "results.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    files = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())
    title = notebooks.title_of(notebook, name)
    (folder / f"{name}.html").write_text(page.page(notebook, title, found, name, files), encoding="utf-8")
    (folder / f"{name}.ipynb").write_text(nbformat.writes(notebooks.shared(notebook, page.origin(found, name))) + "\n", encoding="utf-8")
    return said


def is_ours(folder):
    """Whether a folder was written by this tool."""
    try:
        return json.loads((folder / "results.json").read_text(encoding="utf-8"))["made_by"] == record.MADE_BY
    except (OSError, ValueError, KeyError, TypeError):
        return False


def share(path, out, as_is=False):
    """Shares the notebook at `path` into a folder below `out`; returns that folder and what there is to say about it."""
    read(path)
    target = out / folder_name(path)
    if target.is_symlink() or (target.exists() and not is_ours(target)):
        stop(f"{target} is there already and is not a shared notebook", make(path, "OUT=ANOTHER_FOLDER"))
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        stop(f"the folder {out} cannot be written: {error.strerror}", make(path, "OUT=ANOTHER_FOLDER"))
    try:
        said = fill(partial, path, as_is)
        swap(partial, target)
    except OSError as error:
        stop(f"{target} could not be written: {error.strerror}", make(path, "OUT=ANOTHER_FOLDER"))
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target, said


def main():
    signal.signal(signal.SIGTERM, interrupt)
    parser = argparse.ArgumentParser(prog="share", description=__doc__.splitlines()[0])
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--out", type=Path, default=Path("shared"))
    parser.add_argument("--as-is", action="store_true", help="take the outputs in the file instead of running it")
    arguments = parser.parse_args()
    path = arguments.notebook
    try:
        folder, said = share(path.resolve() if path.name else path, arguments.out, arguments.as_is)
    except KeyboardInterrupt:
        sys.exit("share: interrupted; nothing was left behind")
    for line in said:
        print(f"share: {line}")
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    print(f"shared: {folder}, {size / 1e6:.1f} MB; open {folder / (folder.name + '.html')}")


if __name__ == "__main__":
    main()
