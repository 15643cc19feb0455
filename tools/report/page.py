"""The report as pages that are read offline: charts are drawn by a plotly.js beside them, formulas are MathML."""

import copy
import html
import json
import os
import re
import shutil
from pathlib import Path

import latex2mathml.converter
import nbformat
import plotly
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from .execute import PLOTLY

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
pre, code { font-size: 14px; } pre { overflow-x: auto; } .highlight { background: #f6f6f4; padding: .4rem .8rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #ddd; padding: .2rem .7rem; text-align: left; } th { vertical-align: bottom; }
.holds { color: #00704f; } .fails { color: #b3260e; font-weight: 600; } .jp-InputPrompt, .jp-OutputPrompt, .prompt, .anchor-link { display: none; }
"""


def write_file(path, text):
    """Writes a whole file or none."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def document(title, body, head=""):
    """A whole HTML page; `title` is text, the others are HTML."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>{head}</head><body>{body}</body></html>'
    )


def with_mathml(markdown):
    """Formulas between dollars as MathML, which browsers draw by themselves."""

    def formula(match):
        display = match.group(1) is not None
        return latex2mathml.converter.convert(match.group(1) or match.group(2), display="block" if display else "inline")

    parts = re.split(r"(```.*?```|`[^`]*`)", markdown, flags=re.S)
    pattern = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.S)
    return "".join(part if part.startswith("`") else pattern.sub(formula, part) for part in parts)


def chart(figure, name):
    """A plotly figure as HTML."""
    # "</" would end the script element.
    data, layout = (json.dumps(figure.get(key, default)).replace("</", "<\\/") for key, default in [("data", []), ("layout", {})])
    return (
        f'<div id="{name}" class="chart"></div>'
        f"<script>Plotly.newPlot({json.dumps(name)}, {data}, {layout}, {{responsive: true}});</script>"
    )


def notebook_page(result):
    """An executed notebook as an HTML page."""
    notebook = copy.deepcopy(result.notebook)
    charts = {}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            cell.source = with_mathml(cell.source)
        for position, output in enumerate(cell.get("outputs", [])):
            if PLOTLY in output.get("data", {}):
                name = f"chart-{number}-{position}"
                charts[name] = chart(output.data[PLOTLY], name)
                output.data = nbformat.NotebookNode({"text/html": f"<p>{name}</p>"})
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    # Put in after the conversion, which would rewrite them.
    for name, code in charts.items():
        body = body.replace(f"<p>{name}</p>", code)
    head = f'<style>{HtmlFormatter().get_style_defs(".highlight")}</style><script src="plotly.min.js"></script>'
    return document(result.title, f'<p><a href="index.html">report</a></p>{body}', head)


def number(text):
    """A measured value with four digits."""
    try:
        return f"{float(text):.4g}"
    except ValueError:
        return text


def index_page(results, rows):
    """The first page: notebooks and verdicts."""
    notebooks = "".join(
        f'<li><a href="{html.escape(r.name)}.html">{html.escape(r.title)}</a> '
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
    return document(
        "hadamard: report",
        f"<h1>hadamard: report</h1><ul>{notebooks}</ul><h2>Verdicts: {held} of {len(rows)} hold</h2>"
        '<p>Also as <a href="verdicts.csv">verdicts.csv</a>.</p>'
        f"<table><tr><th>study</th><th>claim</th><th>measured</th><th>must be</th><th></th></tr>{table}</table>",
    )


def write(folder, results, rows):
    """Writes all pages, the executed notebooks and the chart library."""
    shutil.copy(Path(plotly.__file__).parent / "package_data" / "plotly.min.js", folder / "plotly.min.js")
    for result in results:
        write_file(folder / f"{result.name}.html", notebook_page(result))
        write_file(folder / f"{result.name}.ipynb", nbformat.writes(result.notebook))
    write_file(folder / "index.html", index_page(results, rows))
