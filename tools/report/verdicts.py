"""The verdicts of all notebooks as one table."""

import csv
import os

COLUMNS = ["study", "claim", "measured", "relation", "bound", "holds"]


def merge(report):
    """Joins `verdicts/*.csv` into `verdicts.csv` and returns its rows."""
    rows = []
    for path in sorted((report / "verdicts").glob("*.csv")):
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if reader.fieldnames != COLUMNS:
                raise SystemExit(f"reproduce: {path} has the columns {reader.fieldnames}, not {COLUMNS}")
            rows += list(reader)
    partial = report / "verdicts.csv.partial"
    with open(partial, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    os.replace(partial, report / "verdicts.csv")
    return rows
