"""The report as pages that are read offline: charts are drawn by a plotly.js beside them, formulas are MathML."""

import base64
import html
import shutil
from urllib.parse import quote

import nbformat

from tools.render import cells
from tools.render.figure import PLOTLY, title
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


def thumbnail(result):
    """The notebook's first chart, as a link to the notebook; nothing if it has none."""
    for cell in result.notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if PLOTLY in data and "image/svg+xml" in data:
                picture = base64.b64encode(data["image/svg+xml"].encode()).decode()
                name = html.escape(title(data[PLOTLY]))
                image = f'<img src="data:image/svg+xml;base64,{picture}" alt="{name}" width="420">'
                return f'<a href="./{quote(result.name)}.html">{image}</a>'
    return ""


def state(row):
    """A row's last cell."""
    if row["holds"] == "true":
        return '<td class="holds">holds</td>'
    finding = row.get("finding")
    return f'<td class="fails">does not hold{": " + html.escape(finding) if finding else ""}</td>'


def at_seeds(row):
    """What the claim measured at each seed; those where the verdict is another one than here stand out."""
    def one(other):
        text = html.escape(number(other["measured"]))
        return text if other["holds"] == row["holds"] else f'<span class="fails">{text}</span>'

    return ", ".join(one(other) for other in row.get("seeds", []))


def seed_line(rows):
    """How many claims were measured at several seeds, and how many of them change their verdict."""
    count = max((len(row.get("seeds", [])) for row in rows), default=0)
    if count == 0:
        return ""
    measured = [row for row in rows if len(row.get("seeds", [])) == count]
    changed = sum(any(other["holds"] != row["holds"] for other in row["seeds"]) for row in measured)
    return f"<p>{len(measured)} claims were measured at {count} seeds (make seeds, the last column); {changed} of them change their verdict.</p>"


def table(rows):
    """Claims with what was measured."""
    body = "".join(
        f"<tr><td>{html.escape(row['study'])}</td><td>{html.escape(row['kind'])}</td><td>{html.escape(row['claim'])}</td><td>{html.escape(number(row['measured']))}</td>"
        f"<td>{html.escape(row['relation'])} {html.escape(number(row['bound']))}</td>{state(row)}"
        f"<td>{at_seeds(row)}</td></tr>"
        for row in rows
    )
    return f"<table><tr><th>study</th><th>kind</th><th>claim</th><th>measured</th><th>must be</th><th></th><th>at each seed</th></tr>{body}</table>" if rows else ""


def section(result, rows):
    """One notebook: its first chart, whether it ran, and its claims."""
    problems = html.escape("; ".join(result.problems))
    ran = f'<span class="fails">{problems}</span>' if result.problems else '<span class="holds">ran without errors</span>'
    return (
        f'<h2><a href="./{quote(result.name)}.html">{html.escape(result.title)}</a></h2>'
        f"<p>{ran} ({result.seconds:.0f} s)</p>{thumbnail(result)}{table(rows)}"
    )


def index_page(results, rows):
    """The first page: every notebook with its main chart, and every claim with its verdict."""
    held = sum(row["holds"] == "true" for row in rows)
    sections = "".join(section(r, [row for row in rows if row["study"] in r.studies]) for r in results)
    shown = set().union(*(r.studies for r in results))
    rest = table([row for row in rows if row["study"] not in shown])
    return cells.document(
        "hadamard: report",
        f"<h1>hadamard: report</h1><p>{held} of {len(rows)} claims hold; what does not is a finding.</p>"
        "<p>A claim is a paper's, or the study's answer; a check holds the software to values known otherwise; a control must come out "
        "otherwise than the claim beside it.</p>"
        f'<p>Also as <a href="verdicts.csv">verdicts.csv</a>.</p>{seed_line(rows)}{sections}{rest}',
        cells.policy("'none'"),
    )


def write(folder, results, rows):
    """Writes all pages, the executed notebooks and the chart library."""
    shutil.copy(cells.plotly_library(), folder / LIBRARY)
    for result in results:
        write_file(folder / f"{result.name}.html", notebook_page(result))
        write_file(folder / f"{result.name}.ipynb", nbformat.writes(result.notebook))
    write_file(folder / "index.html", index_page(results, rows))
