"""The cells of a notebook as HTML, and what a page with them needs: style, the script that draws charts, the policy."""

import base64
import hashlib
import re
from html import escape
from pathlib import Path

import plotly
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from . import figure, image, markdown, markup

STYLE = """
:root { color-scheme: light dark; --ink: #222; --ground: #fff; --code: #f6f6f4; --line: #ddd; --good: #00704f; --bad: #b3260e; --link: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ddd; --ground: #15171a; --code: #20242a; --line: #444; --good: #45c79a; --bad: #ff8f7a; --link: #8ab8f0; }
}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: var(--ink); background: var(--ground); }
a { color: var(--link); } img { max-width: 100%; height: auto; }
pre, code { font-size: 14px; } pre { overflow-x: auto; } .highlight, .printed { background: var(--code); padding: .1rem .8rem; border-radius: 4px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .7rem; text-align: left; } th { vertical-align: bottom; }
details.code-cell > summary { cursor: pointer; font-size: 13px; opacity: .7; } math[display=block] { margin: 1em 0; overflow-x: auto; }
figure { margin: 1rem 0; } .holds { color: var(--good); } .fails { color: var(--bad); font-weight: 600; }
"""

# A chart takes the place of its still image once it is drawn; whatever fails, the image stays.
DRAW = """
document.querySelectorAll("figure.chart").forEach((chart) => {
  const source = chart.querySelector("script"), drawing = chart.querySelector(".drawing"), still = chart.querySelector(".still");
  const failed = () => { drawing.remove(); chart.classList.add("undrawn"); };
  try {
    const { data, layout } = JSON.parse(source.textContent);
    Plotly.newPlot(drawing, data, layout, { responsive: true, displaylogo: false }).then(() => { still.hidden = true; }, failed);
  } catch { failed(); }
});
const folded = document.querySelectorAll("details.code-cell");
if (folded.length) {
  const button = document.createElement("button");
  const name = () => { button.textContent = [...folded].some((code) => code.open) ? "Hide code" : "Show code"; };
  button.className = "fold-all";
  button.addEventListener("click", () => {
    const open = ![...folded].some((code) => code.open);
    folded.forEach((code) => { code.open = open; });
  });
  folded.forEach((code) => code.addEventListener("toggle", name));
  name();
  document.querySelector("header, h1")?.after(button);
}
"""
# Sanitised markup cannot hold it.
CHART = '<figure class="chart">'
TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|[\x00-\x08\x0b-\x1f\x7f]")


def plotly_library():
    """The chart library that the Python package holds."""
    return Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def digest(script):
    """A script's name in a policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def policy(*scripts):
    """A policy under which only these scripts run and nothing is asked for from elsewhere. Styles are set by the charts."""
    return (
        f"default-src 'none'; script-src {' '.join(scripts)}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def code_style():
    """Colours of code, for light and for dark pages."""
    light, dark = (HtmlFormatter(style=name, nobackground=True).get_style_defs(".highlight") for name in ["default", "github-dark"])
    return f"@media (prefers-color-scheme: light) {{ {light} }} @media (prefers-color-scheme: dark) {{ {dark} }}"


def printed(text):
    """Text of a terminal without its control sequences."""
    return f'<pre class="printed">{escape(TERMINAL.sub("", text))}</pre>'


def chart(data):
    """An output's data with a figure: the drawing, and the still image until it is drawn."""
    drawing = figure.figure(data[figure.PLOTLY])
    name = escape(figure.title(data[figure.PLOTLY]))
    url = image.best(data)
    still = f'<img src="{url}" alt="{name}">' if url else f"<noscript>{name}: this chart has no still image.</noscript>"
    if drawing is None:
        return f"<figure>{still}</figure>"
    return (
        f'{CHART}<div class="drawing"></div><div class="still">{still}</div>'
        f'<script type="application/json">{figure.script_json(drawing)}</script></figure>'
    )


def joined(text):
    """Text of a notebook, which may come in lines."""
    return "".join(part for part in text if isinstance(part, str)) if isinstance(text, list) else text if isinstance(text, str) else ""


def output(item):
    """One output; of several forms the richest that can be shown safely."""
    if item.output_type == "stream":
        return printed(joined(item.get("text")))
    if item.output_type == "error":
        return printed(f"{item.get('ename')}: {item.get('evalue')}")
    data = item.get("data", {})
    if figure.PLOTLY in data:
        return chart(data)
    if "text/html" in data:
        return f"<div>{markup.clean(joined(data['text/html']))}</div>"
    if "text/markdown" in data:
        return markdown.to_html(joined(data["text/markdown"]))
    if url := image.best(data):
        return f'<figure><img src="{url}" alt="image"></figure>'
    if "text/plain" in data:
        return printed(joined(data["text/plain"]))
    return f"<p>An output of the kind {escape(', '.join(map(str, data)) or 'none')} is not shown.</p>"


def code(cell, language):
    """A code cell's source, which can be folded away."""
    if not cell.source.strip():
        return ""
    text = highlight(cell.source, get_lexer_by_name(language), HtmlFormatter())
    return f'<details class="code-cell" open><summary>code</summary>{text}</details>'


def body(notebook, language="rust"):
    """All cells."""
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(markdown.to_html(cell.source, cell.get("attachments")))
        elif cell.cell_type == "code":
            parts += [code(cell, language), *map(output, cell.get("outputs", []))]
        else:
            parts.append(printed(cell.source))
    return "\n".join(parts)


def document(title, body, policy_text, head="", tail=""):
    """A whole page; `title` is text, the others are HTML."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy_text}">'
        f'<title>{escape(title)}</title><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f"<style>{STYLE}{code_style()}</style>{head}</head>\n<body>{body}{tail}</body></html>\n"
    )
