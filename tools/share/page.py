"""The shared page: one file that is read offline."""

import json
import shlex
from html import escape
from urllib.parse import quote

from tools.render import cells

BUTTON = "button { font: inherit; font-size: 14px; } header { border-bottom: 1px solid var(--line); margin-bottom: 1rem; font-size: 14px; }"


def source(clone):
    """Which commit of which repository, in words."""
    commit = f"commit {clone['commit'][:12]}" if clone["commit"] else "a commit that is not known"
    changed = ", with changes that are not committed" if clone["dirty"] else ""
    return f"{commit} of {clone['repository'] or 'the repository hadamard'}{changed}"


def command(clone, name):
    """The command by which the notebook is run again from its file alone."""
    address = clone["repository"] or "REPOSITORY"
    at = f" && git checkout {clone['commit']}" if clone["commit"] else ""
    return f"git clone {address} hadamard && cd hadamard{at} && cp {shlex.quote(f'../{name}.ipynb')} notebooks/ && make lab"


def origin(record, name):
    """The line of markdown for the shared notebook."""
    return f"> Shared from {source(record['clone'])}. To run it again: `{command(record['clone'], name)}`"


def about(record, name, files):
    """Where the page is from, how it is run again, with what it was run, and what lies beside it."""
    links = "".join(f'<li><a href="./{quote(path)}">{escape(path)}</a></li>' for path in files)
    return (
        f"<header><p>Shared from {escape(source(record['clone']))}. To run it again: <code>{escape(command(record['clone'], name))}</code></p>"
        f"<details><summary>settings and results</summary><pre>{escape(json.dumps(record, indent=1, ensure_ascii=False))}</pre>"
        f"<p>Beside this file:</p><ul>{links}</ul></details></header>"
    )


def page(notebook, title, record, name, files):
    """The whole page."""
    library = cells.plotly_library().read_text(encoding="utf-8")
    # Either sign would end the element, or hide its end.
    if "</script" in library.lower() or "<!--" in library:
        raise ValueError("plotly.min.js holds markup; it cannot stand inside a page")
    body = cells.body(notebook)
    scripts = [library, cells.DRAW] if cells.CHART in body else [cells.DRAW]
    return cells.document(
        title,
        about(record, name, files) + body,
        cells.policy(*map(cells.digest, scripts)),
        head=f"<style>{BUTTON}</style>",
        tail="".join(f"<script>{script}</script>" for script in scripts),
    )
