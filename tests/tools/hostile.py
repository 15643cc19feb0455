"""Notebooks for the tests of sharing: an honest one, and one in which everything that can hold markup holds an attack.

`python hostile.py FOLDER` writes both into a folder, and a report of them into its subfolder `report`.
"""

import base64
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

PLOTLY = "application/vnd.plotly.v1+json"
DEP = ':dep hadamard-prelude = { path = "../prelude" }'
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" viewBox="0 0 40 30"><rect width="40" height="30" fill="#eee"/>'
    '<text x="2" y="20">{}</text></svg>'
)
TABLE = (
    '<table class="dataframe"><thead><tr><th style="text-align:left">name<br><small>str</small></th><th>v<br><small>f64</small></th></tr>'
    '</thead><tbody><tr><td style="text-align:left">{}</td><td>-1.5</td></tr></tbody></table><small>1 rows × 2 columns</small>'
)

SCRIPT = "<script>window.hacked = 1</script>"
HANDLER = '<img src=x onerror="window.hacked = 1">'
OUTSIDE = "http://127.0.0.1:9/asked"
LINK = f'<a href="javascript:window.hacked=1" target="_top">link</a>{HANDLER}'
TEXT = f"{SCRIPT}{HANDLER}{LINK}</script><svg onload='window.hacked=1'><b>bold</b>"


def figure(text="a chart", name="line"):
    axis = {"title": {"text": text}}
    return {
        "data": [{"type": "scatter", "mode": "lines", "x": [1, 2, 3], "y": [1, 4, 9], "name": name, "text": [text] * 3}],
        "layout": {"title": {"text": text}, "xaxis": axis, "yaxis": axis, "annotations": [{"text": text, "x": 2, "y": 4}]},
    }


def result(**data):
    return new_output("execute_result", data=data)


def notebook(*cells):
    made = new_notebook(cells=list(cells))
    made.metadata.kernelspec = {"name": "rust", "display_name": "Rust (hadamard)", "language": "rust"}
    return made


def honest():
    """Formulas, a table, a chart with an image and one without."""
    timing = {"iopub.execute_input": "2026-01-01T00:00:00.0Z", "shell.execute_reply": "2026-01-01T00:00:02.5Z"}
    return notebook(
        new_markdown_cell("# Honest\n\nwhere $x^2 < 3$ and\n\n$$\\Theta = \\sum_i \\frac{a_i}{b}$$\n\nwith `Vec<f64>` and [a link](https://example.org)"),
        new_code_cell(DEP + "\nlet x = sphere(10, 3, Seed(7))?;", execution_count=1, metadata={"execution": timing, "trusted": True}),
        new_code_cell("table", outputs=[result(**{"text/html": TABLE.format("a, b"), "text/plain": "plain"})]),
        new_code_cell("chart", outputs=[result(**{PLOTLY: figure(), "image/svg+xml": SVG.format("still"), "text/plain": "a chart"})]),
        new_code_cell("other", outputs=[result(**{PLOTLY: figure("another", "x < y and <b>bold</b>"), "text/plain": "another"})]),
        new_code_cell('println!("NOTEBOOK OK")', outputs=[new_output("stream", name="stdout", text="NOTEBOOK OK\n")]),
    )


def hostile():
    """An attack in each place."""
    bad_svg = SVG.format("</text><script>window.hacked = 1</script><text onload='window.hacked=1'>").replace(
        "<rect", f'<image href="{OUTSIDE}.png"/><style>@import url({OUTSIDE}.css)</style><foreignObject><b>x</b></foreignObject><rect onclick="x()"'
    )
    bad_figure = figure(TEXT, TEXT)
    bad_figure["layout"]["images"] = [{"source": f"{OUTSIDE}.png", "x": 0, "y": 1, "sizex": 1, "sizey": 1}]
    bad_figure["config"] = {"plotlyServerURL": OUTSIDE, "showLink": True, "linkText": TEXT}
    markdown = [
        f"# Hostile {SCRIPT}\n\n{HANDLER}\n\n[click](javascript:window.hacked=1) <javascript:window.hacked=1> ![image]({OUTSIDE}.png)",
        f"[data](data:text/html;base64,{base64.b64encode(SCRIPT.encode()).decode()}) [ref]\n\n[ref]: java&#115;cript:window.hacked=1",
        f"$\\text{{{SCRIPT}}}$ $\\href{{javascript:window.hacked=1}}{{x}}$ $${HANDLER}$$ \\begin{{align}}{SCRIPT}\\end{{align}}",
        f"```mermaid\n</pre>{SCRIPT}{HANDLER}\n```\n\n```rust\n{SCRIPT}\n```\n\n<iframe src={OUTSIDE}></iframe><style>@import '{OUTSIDE}'</style>",
        f"<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=window.hacked=1&gt;\"></table></math>{LINK}",
        f'<form action="{OUTSIDE}"><button formaction="javascript:window.hacked=1">b</button></form><base href="{OUTSIDE}"><meta http-equiv="refresh" content="0;url={OUTSIDE}">',
    ]
    outputs = [
        result(**{"text/html": TABLE.format(TEXT).replace(">name<", f">{TEXT}<"), "text/plain": TEXT}),
        result(**{"text/html": f'<div onclick="window.hacked=1" style="background:url({OUTSIDE})" class="chart">{TEXT}</div>'}),
        result(**{PLOTLY: bad_figure, "image/svg+xml": bad_svg, "text/html": SCRIPT, "text/plain": TEXT}),
        result(**{PLOTLY: figure(TEXT, "no image")}),
        result(**{"application/javascript": "window.hacked = 1"}),
        result(**{"image/svg+xml": bad_svg}),
        result(**{"image/png": f'"><script>window.hacked=1</script>'}),
        result(**{"text/markdown": markdown[0], "text/latex": "$\\href{javascript:window.hacked=1}{x}$"}),
        new_output("stream", name="stdout", text=f"{SCRIPT}\x1b[31m{HANDLER}\x1b]8;;javascript:window.hacked=1\x07x\n"),
        new_output("error", ename=SCRIPT, evalue=HANDLER, traceback=[f"\x1b[31m{SCRIPT}"]),
    ]
    code = new_code_cell(f'{DEP}\n// {TEXT}', outputs=outputs, metadata={"tags": [SCRIPT], "execution": {"iopub.execute_input": SCRIPT}})
    raw = new_raw_cell(SCRIPT, metadata={"raw_mimetype": "text/html", "format": "text/html"})
    made = notebook(*map(new_markdown_cell, markdown), code, raw, new_markdown_cell("as $x^2$"))
    made.cells[0].attachments = {"x.svg": {"image/svg+xml": bad_svg}, SCRIPT: {"text/html": SCRIPT}}
    made.metadata.update(kernelspec={"name": SCRIPT, "display_name": SCRIPT, "language": SCRIPT}, widgets={"x": SCRIPT}, title=SCRIPT)
    made.metadata.language_info = {"name": SCRIPT, "pygments_lexer": SCRIPT}
    return made


# As a file's name may be, below a folder that a careless join would leave.
HOSTILE_NAME = "..<img src=x onerror='window.hacked=1'>"


def write(folder):
    """Both notebooks, and a report of them with a verdict full of markup."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from tools.report import execute, page

    made = {"honest": honest(), HOSTILE_NAME: hostile()}
    for name, content in made.items():
        nbformat.write(content, folder / f"{name}.ipynb")
    report = folder / "report"
    report.mkdir()
    row = {"study": TEXT, "kind": TEXT, "claim": TEXT, "measured": TEXT, "relation": TEXT, "bound": TEXT, "holds": TEXT}
    page.write(report, [execute.Result(name, TEXT, content, [TEXT]) for name, content in made.items()], [row])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
