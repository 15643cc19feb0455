"""Plotly figures: text in which nothing leads anywhere, and JSON that cannot end the element it stands in."""

import json
import math
import re

from . import image

PLOTLY = "application/vnd.plotly.v1+json"
# What plotly draws as markup in texts, without its attributes; `extra` is the name in a hover label.
TAG = re.compile(r"<(/?)(b|i|u|s|em|strong|sub|sup|br|span|extra)(?:\s[^<>]*)?(/?)>", re.I)
LINK = re.compile(r"</?a(?:\s[^<>]*)?>", re.I)
# Where a figure names a picture, a map or tiles; sankey diagrams have numbers under `source`.
ADDRESSES = ("source", "geojson", "style", "url")
HEIGHT = 450


def clean_text(text):
    """A text without links and with any other markup shown as it is written."""
    text = LINK.sub("", text)
    parts, end = [], 0
    for match in TAG.finditer(text):
        parts += [text[end : match.start()].replace("<", "&lt;"), f"<{match.group(1)}{match.group(2).lower()}{match.group(3)}>"]
        end = match.end()
    return "".join(parts) + text[end:].replace("<", "&lt;")


def leads_out(key, value):
    """Whether a part of a figure is to be fetched from elsewhere. A picture may carry its data."""
    return key in ADDRESSES and not image.checked_url(value) and re.search(r"//|\w:", json.dumps(value)) is not None


def clean(value):
    """A figure, or a part of one, with clean texts."""
    if isinstance(value, str):
        return clean_text(value) if "<" in value else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items() if not key.startswith("__") and not leads_out(key, item)}
    return value


def figure(data):
    """An output's figure as plotly takes it, or None. Its configuration (servers, tokens, links) is left out."""
    if not isinstance(data, dict) or not isinstance(data.get("data"), list):
        return None
    layout = data.get("layout")
    return {"data": clean(data["data"]), "layout": clean(layout) if isinstance(layout, dict) else {}}


def script_json(value):
    """JSON for a script element: no sign in it can be taken for markup."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def title(data):
    """The chart's title as plain text."""
    layout = data.get("layout") if isinstance(data, dict) else None
    found = layout.get("title") if isinstance(layout, dict) else None
    found = found.get("text") if isinstance(found, dict) else found
    text = re.sub(r"<[^<>]*>", " ", found) if isinstance(found, str) else ""
    return " ".join(text.split()) or "chart"
