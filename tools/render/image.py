"""Still images: raster data that is what it claims to be, and SVG of which only what draws is left."""

import base64
import binascii
import re
from xml.etree import ElementTree

SVG, PNG, JPEG, GIF = "image/svg+xml", "image/png", "image/jpeg", "image/gif"
# In the order of preference.
KINDS = [SVG, PNG, JPEG, GIF]
SIGNATURES = {PNG: b"\x89PNG\r\n\x1a\n", JPEG: b"\xff\xd8\xff", GIF: b"GIF8"}
DATA_URL = re.compile(r"data:(image/(?:svg\+xml|png|jpeg|gif));base64,([A-Za-z0-9+/=\s]*)")

SPACE = "http://www.w3.org/2000/svg"
ELEMENTS = frozenset(
    "svg g defs clipPath mask marker pattern symbol use path rect circle ellipse line polyline polygon text tspan title desc"
    " linearGradient radialGradient stop image".split()
)
ATTRIBUTES = frozenset(
    "xmlns version viewBox preserveAspectRatio width height x y x1 x2 y1 y2 cx cy r rx ry fx fy d dx dy points transform rotate offset"
    " id class clip-path clip-rule clipPathUnits mask maskUnits marker-start marker-mid marker-end markerWidth markerHeight markerUnits"
    " refX refY orient patternUnits patternTransform gradientUnits gradientTransform spreadMethod fill fill-opacity fill-rule stroke"
    " stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-dasharray stroke-dashoffset stroke-miterlimit opacity"
    " stop-color stop-opacity color font-family font-size font-style font-weight text-anchor dominant-baseline alignment-baseline"
    " baseline-shift letter-spacing textLength lengthAdjust visibility display overflow pointer-events shape-rendering"
    " text-rendering vector-effect xml:space style href".split()
)
# A reference to somewhere else than this image.
OUTSIDE = re.compile(r"url\s*\(\s*['\"]?\s*(?!['\"]?#)|\\|@import|expression\s*\(|javascript:", re.I)


def local(name):
    """A name without its namespace; None in one that is not drawn."""
    space, _, rest = name[1:].partition("}") if name.startswith("{") else (SPACE, "", name)
    rest = rest or name
    if space == "http://www.w3.org/1999/xlink":
        return rest if rest == "href" else None
    if space == "http://www.w3.org/XML/1998/namespace":
        return f"xml:{rest}"
    return rest if space == SPACE else None


def drawn(source):
    """The element with what draws in it, or None."""
    tag = local(source.tag) if isinstance(source.tag, str) else None
    if tag not in ELEMENTS:
        return None
    element = ElementTree.Element(tag)
    for key, value in source.attrib.items():
        name = local(key)
        if name not in ATTRIBUTES or OUTSIDE.search(value):
            continue
        if name == "href":
            raster = tag == "image" and (match := DATA_URL.fullmatch(value)) and match.group(1) != SVG
            if not raster and not (tag != "image" and re.fullmatch(r"#[\w-]+", value)):
                continue
        element.set(name, value)
    element.text = source.text
    for child in source:
        if (kept := drawn(child)) is not None:
            kept.tail = child.tail
            element.append(kept)
    return element


def clean_svg(text):
    """An SVG image of which only what draws is left, or None if it is not one."""
    # Entities are not needed, and some grow without bound.
    if not isinstance(text, str) or re.search(r"<!(DOCTYPE|ENTITY)", text, re.I):
        return None
    try:
        root = drawn(ElementTree.fromstring(text))
    except (ElementTree.ParseError, RecursionError, ValueError):
        return None
    if root is None or root.tag != "svg":
        return None
    root.set("xmlns", SPACE)
    return ElementTree.tostring(root, encoding="unicode")


def data_url(kind, data):
    """An image of a notebook (SVG as text, others in base 64) as an address that carries it, or None."""
    if kind == SVG:
        svg = clean_svg(data)
        return f"data:{SVG};base64,{base64.b64encode(svg.encode()).decode()}" if svg else None
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, AttributeError, ValueError):
        return None
    return f"data:{kind};base64,{base64.b64encode(raw).decode()}" if raw.startswith(SIGNATURES[kind]) else None


def checked_url(url):
    """The same image again if it is one, or None."""
    match = DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if not match:
        return None
    if match.group(1) != SVG:
        return data_url(*match.groups())
    try:
        return data_url(SVG, base64.b64decode(match.group(2)).decode())
    except (binascii.Error, UnicodeDecodeError):
        return None


def best(data):
    """The address of the best still image in an output's data, or None."""
    return next((url for kind in KINDS if kind in data and (url := data_url(kind, data[kind]))), None)
