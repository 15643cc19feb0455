"""The report as pages that are read offline: charts are drawn by a plotly.js beside them, formulas are MathML."""

import html
import shutil
from urllib.parse import quote

import nbformat

from tools.render import cells
from tools.whole import write_file

LIBRARY = "plotly.min.js"
# Of pages on a disk "self" is a scheme, or nothing.
POLICY = cells.policy("'self'", "file:", cells.digest(cells.DRAW))


def notebook_page(result):
    """An executed notebook as an HTML page."""
    body = f'<p><a href="index.html">report</a></p>{cells.body(result.notebook)}'
    return cells.document(result.title, body, POLICY, tail=f'<script src="{LIBRARY}"></script><script>{cells.DRAW}</script>')


def number(text):
    """A measured value with four digits."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


def index_page(results, rows):
    """The first page: notebooks and verdicts."""
    notebooks = "".join(
        f'<li><a href="./{quote(r.name)}.html">{html.escape(r.title)}</a> '
        + (f'<span class="fails">{html.escape("; ".join(r.problems))}</span>' if r.problems else '<span class="holds">ran without errors</span>')
        + f" ({r.seconds:.0f} s)</li>"
        for r in results
    )
    table = "".join(
        f"<tr><td>{html.escape(row['study'])}</td><td>{html.escape(row['claim'])}</td><td>{html.escape(number(row['measured']))}</td>"
        f"<td>{html.escape(row['relation'])} {html.escape(number(row['bound']))}</td>"
        + ('<td class="holds">holds</td>' if row["holds"] == "true" else '<td class="fails">does not hold</td>')
        + "</tr>"
        for row in rows
    )
    held = sum(row["holds"] == "true" for row in rows)
    return cells.document(
        "hadamard: report",
        f"<h1>hadamard: report</h1><ul>{notebooks}</ul><h2>Verdicts: {held} of {len(rows)} hold</h2>"
        '<p>Also as <a href="verdicts.csv">verdicts.csv</a>.</p>'
        f"<table><tr><th>study</th><th>claim</th><th>measured</th><th>must be</th><th></th></tr>{table}</table>",
        cells.policy("'none'"),
    )


def write(folder, results, rows):
    """Writes all pages, the executed notebooks and the chart library."""
    shutil.copy(cells.plotly_library(), folder / LIBRARY)
    for result in results:
        write_file(folder / f"{result.name}.html", notebook_page(result))
        write_file(folder / f"{result.name}.ipynb", nbformat.writes(result.notebook))
    write_file(folder / "index.html", index_page(results, rows))
