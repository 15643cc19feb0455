"""Reads a notebook, and makes one to share of it: inert, without timings, with an image for every chart."""

import json
import re

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.render import cells, figure, image, markdown, markup

PLAIN = re.compile(r"[\w ().+-]{1,60}", re.ASCII)
RASTER = [image.PNG, image.JPEG, image.GIF]
KERNEL = {"name": "rust", "display_name": "Rust (hadamard)", "language": "rust"}


class NotANotebook(Exception):
    """The file holds something else."""


def read(text):
    """A notebook of the current format from the text of a file."""
    try:
        content = json.loads(text)
        if not isinstance(content, dict) or "nbformat" not in content:
            raise NotANotebook("it is JSON, but has no nbformat")
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
    except NotANotebook:
        raise
    # nbformat raises whatever a malformed file makes it stumble over.
    except Exception as error:
        raise NotANotebook(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}") from error
    return notebook


def has_outputs(notebook):
    return any(cell.get("outputs") for cell in notebook.cells)


def title_of(notebook, default):
    """The first heading."""
    sources = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return next((line[2:].strip() for source in sources for line in source.splitlines() if line.startswith("# ")), default)


def shared_data(data):
    """An output's forms that can be shared."""
    kept = {}
    if figure.PLOTLY in data and (found := figure.figure(data[figure.PLOTLY])):
        kept[figure.PLOTLY] = found
    if svg := image.clean_svg(data.get(image.SVG)):
        kept[image.SVG] = svg
    for kind in RASTER:
        if kind in data and (url := image.data_url(kind, data[kind])):
            kept[kind] = url.partition(",")[2]
    # A chart is shown as its image; HTML beside it would be a script's.
    if "text/html" in data and figure.PLOTLY not in data:
        kept["text/html"] = markup.clean(cells.joined(data["text/html"]))
    if plain := cells.joined(data.get("text/plain")):
        kept["text/plain"] = plain
    elif figure.PLOTLY in data:
        kept["text/plain"] = figure.title(data[figure.PLOTLY])
    return kept or {"text/plain": "an output of a kind that is not shared"}


def shared_output(output, count):
    if output.output_type == "stream":
        return new_output("stream", name="stderr" if output.get("name") == "stderr" else "stdout", text=cells.joined(output.get("text")))
    if output.output_type == "error":
        return new_output("error", ename=str(output.get("ename")), evalue=str(output.get("evalue")), traceback=[])
    data = shared_data(output.get("data", {}))
    if output.output_type == "execute_result":
        return new_output("execute_result", data=data, execution_count=count)
    return new_output("display_data", data=data)


def shared_attachments(attachments):
    """Raster images that belong to a text."""
    found = {}
    for name, data in attachments.items():
        kept = {kind: url.partition(",")[2] for kind in RASTER if kind in data and (url := image.data_url(kind, data[kind]))}
        if kept and re.fullmatch(r"[\w. -]+", name):
            found[name] = kept
    return found


def shared_cell(cell, number):
    if cell.cell_type == "code":
        count = cell.get("execution_count")
        outputs = [shared_output(output, count) for output in cell.get("outputs", [])]
        return new_code_cell(cell.source, id=f"cell-{number}", execution_count=count, outputs=outputs)
    harmless = cell.cell_type == "markdown" and markdown.is_harmless(cell.source)
    made = new_markdown_cell(cell.source if harmless else markdown.as_code(cell.source), id=f"cell-{number}")
    if harmless and (kept := shared_attachments(cell.get("attachments", {}))):
        made.attachments = kept
    return made


def shared(notebook, origin):
    """The notebook to share; `origin` is a line of markdown that says where it is from and how it is run again."""
    made = new_notebook(cells=[shared_cell(cell, number) for number, cell in enumerate(notebook.cells)])
    if made.cells and made.cells[0].cell_type == "markdown":
        made.cells[0].source += f"\n\n{origin}"
    else:
        made.cells.insert(0, new_markdown_cell(origin, id="origin"))
    kernel = notebook.metadata.get("kernelspec", {})
    plain = {key: kernel[key] for key in KERNEL if isinstance(kernel.get(key), str) and PLAIN.fullmatch(kernel[key])}
    made.metadata.kernelspec = {**KERNEL, **plain}
    made.metadata.language_info = {"name": made.metadata.kernelspec["language"], "file_extension": ".rs", "mimetype": "text/rust"}
    return made
