"""The signatures that rust-analyzer reads in a notebook against the sources of the crates: versions, features, and every public method of the
types that a user of tables meets."""

import re
import unittest
from pathlib import Path

from tools import facade

# Type, and where its methods stand.
MET = {
    "DataFrame": "polars-core frame/mod.rs frame/dataframe.rs",
    "Column": "polars-core frame/column/mod.rs",
    "Series": "polars-core series/mod.rs",
    "ChunkedArray": "polars-core chunked_array/mod.rs",
    "LazyFrame": "polars-lazy frame/mod.rs",
    "LazyGroupBy": "polars-lazy frame/mod.rs",
    "Expr": "polars-plan dsl/mod.rs dsl/arithmetic.rs dsl/statistics.rs",
    "DataType": "polars-core datatypes/dtype.rs",
    "PlSmallStr": "polars-utils pl_str.rs",
    "JoinArgs": "polars-ops frame/join/args.rs",
    "Plot": "plotly plot.rs",
}


def without_comments(text):
    text = re.sub(r"^\s*//[^\n]*\n", "", re.sub(r"/\*.*?\*/", "", text, flags=re.S), flags=re.M)
    return re.sub(r"(?<![:\"'])//[^\n]*", "", text)


def matching(text, start, pair="{}"):
    """The end of the bracket that opens at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == pair[0]) - (text[index] == pair[1])
        if depth == 0:
            return index
    raise ValueError("unbalanced brackets")


def top_level(text):
    """Parts between commas that stand in no bracket."""
    depth, part = 0, ""
    for index, c in enumerate(text):
        depth += (c in "(<[{") - (c in ")]}" or (c == ">" and text[index - 1] != "-"))
        if c == "," and depth == 0:
            yield part
            part = ""
        else:
            part += c
    yield part


def bare(text):
    """A type without the paths, and without what two spellings of one type differ in."""
    text = re.sub(r"<(\w+) as [^<>]*(?:<[^<>]*>)?[^<>]*>", r"\1", " ".join(text.split()))
    text = re.sub(r"(?:\b(?:r#)?[a-z_][a-z0-9_]*)?::(?=[\w<])", "", text)
    # Of arrow, under another name.
    text = re.sub(r"\bArrowField\b", "Field", text)
    text = re.sub(r"\br#|'static ?|\bdyn\b|\bmut (?=self)", "", text)
    return re.sub(r"[\s(),;]|'_", "", text)


def methods(text, name, indent):
    """Return types of the public methods in the inherent `impl`s of a type, with whether a feature decides on them."""
    found = {}
    for block in re.finditer(rf"^{indent}(?P<gate>#\[cfg[^\n]*\n{indent})?impl\b[^{{;]*?\b{name}\b(?:<[^{{]*?>)?\s*(?:where[^{{]*)?{{", text, flags=re.M):
        head = block[0]
        if re.search(r"\bfor\b(?!<)", head.split("where")[0]):
            continue
        body = text[block.end() : matching(text, block.end() - 1)]
        for method in re.finditer(rf"^{indent}    (?P<gate>(?:#\[[^\n]*\n{indent}    )*)pub (?:const )?(?:unsafe )?fn (?P<name>(?:r#)?\w+)", body, flags=re.M):
            start = body.index("(", method.end()) if body[method.end()] != "<" else body.index("(", closing(body, method.end()))
            end = matching(body, start, "()")
            rest = re.split(r"[{;]|\bwhere\b", body[end + 1 :], maxsplit=1)[0]
            result = rest.strip().removeprefix("->").strip() or "()"
            count = sum(1 for part in top_level(body[start + 1 : end]) if part.strip())
            # A feature decides on it, or the documentation leaves it out.
            gated = bool(block["gate"]) or re.search(r"cfg|doc\(hidden\)", method["gate"]) is not None
            found[method["name"].removeprefix("r#")] = (count, bare(result), gated)
    return found


def closing(text, start):
    """The end of the angle bracket that opens at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == "<") - (text[index] == ">" and text[index - 1] != "-")
        if depth == 0:
            return index
    raise ValueError("unbalanced brackets")


class Signatures(unittest.TestCase):
    def test_they_were_made_of_the_locked_versions_and_features(self):
        for file, names in (("polars.rs", facade.POLARS), ("plotly.rs", ["plotly"])):
            text = (facade.STUBS / file).read_text(encoding="utf-8")
            self.assertTrue(facade.stamp(names) in text, f"{file} is stale: python -m tools.facade")

    def test_methods_are_those_of_the_sources(self):
        sources = facade.folders()
        stubs = {name: (facade.STUBS / f"{name}.rs").read_text(encoding="utf-8") for name in ("polars", "plotly")}
        compared = 0
        for name, place in MET.items():
            package, *files = place.split()
            text = "\n".join(without_comments((Path(sources[package]) / "src" / file).read_text(encoding="utf-8")) for file in files)
            real = methods(text, name, "")
            stub = methods(stubs["plotly" if package == "plotly" else "polars"], name, "    " if package != "plotly" else "")
            self.assertGreater(len(real), 1, f"{name}: the sources are elsewhere")
            for method, (count, result, gated) in real.items():
                with self.subTest(method=f"{name}::{method}"):
                    self.assertTrue(method in stub or gated or method.startswith("_"), "missing")
                    # A type that nobody can name is of no use to a notebook.
                    if method in stub and stub[method][1] != "Unnamed":
                        compared += 1
                        self.assertEqual(stub[method][:2], (count, result))
        self.assertGreater(compared, 600)


if __name__ == "__main__":
    unittest.main()
