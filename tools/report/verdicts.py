"""The verdicts of all notebooks as one table."""

import csv
import os

COLUMNS = ["study", "kind", "claim", "measured", "relation", "bound", "holds"]
FINDINGS = ["study", "claim", "finding"]


def findings(path):
    """Claims that are known not to hold, with what was found: `{(study, claim): finding}`."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != FINDINGS:
            raise SystemExit(f"reproduce: {path} has the columns {reader.fieldnames}, not {FINDINGS}")
        return {(row["study"], row["claim"]): row["finding"] for row in reader}


SEEDS = ["study", "claim", "seed", "measured", "holds"]


def seeds(path):
    """What claims measured at several seeds, `{(study, claim): [row, ...]}`; empty without the file, which `make seeds` writes."""
    if not path.is_file():
        return {}
    found = {}
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != SEEDS:
            raise SystemExit(f"reproduce: {path} has the columns {reader.fieldnames}, not {SEEDS}")
        for row in reader:
            found.setdefault((row["study"], row["claim"]), []).append(row)
    return found


def judge(rows, known):
    """Puts what was found beside each row, as `finding`; returns what is wrong: a claim that does not hold and is no known finding,
    a finding that holds after all, one that no row of its study is about."""
    wrong = []
    for row in rows:
        holds, row["finding"] = row["holds"] == "true", known.get((row["study"], row["claim"]), "")
        if not holds and not row["finding"]:
            wrong.append(f"does not hold: {row['study']}: {row['claim']}: {row['measured']} {row['relation']} {row['bound']}")
        elif holds and row["finding"]:
            wrong.append(f"holds, but is listed as a finding: {row['study']}: {row['claim']}")
    claims = {(row["study"], row["claim"]) for row in rows}
    studies = {row["study"] for row in rows}
    wrong += [f"a finding about no claim: {study}: {claim}" for study, claim in known if study in studies and (study, claim) not in claims]
    return wrong


def written(report):
    """Studies whose verdicts are there."""
    return {path.stem for path in (report / "verdicts").glob("*.csv")}


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
