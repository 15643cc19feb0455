"""The tables that a notebook shows, as CSV."""

import csv
import io
from html.parser import HTMLParser

from tools.render import cells, markup

CUT = "…"


class Tables(HTMLParser):
    """Collects the tables of a text, rows of cells; of a heading the name without the type that is small below it."""

    def __init__(self):
        super().__init__()
        self.tables, self.cell, self.small, self.heading = [], None, False, False

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("th", "td") and self.tables and self.tables[-1]:
            self.cell, self.heading, self.small = [], tag == "th", False
        elif tag == "small":
            self.small = True

    def handle_endtag(self, tag):
        if tag in ("th", "td") and self.cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self.cell).split()))
            self.cell = None
        elif tag == "small":
            self.small = False

    def handle_data(self, data):
        if self.cell is not None and not (self.heading and self.small):
            self.cell.append(data)


def inert(text):
    """A cell that no spreadsheet takes for a formula; numbers stay numbers."""
    try:
        float(text)
        return text
    except ValueError:
        return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t")) else text


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def of_notebook(notebook):
    """Every table shown, `(cell, rows, complete)`; the rows that a long frame leaves out are missing, and one of dots is dropped."""
    found = []
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            parser = Tables()
            parser.feed(markup.clean(cells.joined(output.get("data", {}).get("text/html"))))
            for rows in parser.tables:
                whole = [row for row in rows if row and not all(text == CUT for text in row)]
                complete = len(whole) == len([row for row in rows if row]) and not any(CUT in row for row in whole)
                if whole:
                    found.append((number, whole, complete))
    return found
