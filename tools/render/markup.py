"""HTML by allow-list: tables, text and images that carry their data."""

import functools
import re
from html import escape, unescape

import bleach
from bleach.css_sanitizer import CSSSanitizer

from . import image

TAGS = frozenset(
    "a b blockquote br caption center code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p pre s small"
    " span strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
# Of pygments (one to three characters) and of frames; the page's own classes are longer, so that no notebook can take them.
CLASS = re.compile(r"highlight|dataframe|[a-z][a-z0-9]{0,2}")
STYLES = ["text-align", "vertical-align", "font-weight", "white-space", "max-width"]
# A reference within an address (`&#58;`) could spell a scheme, so that addresses without one hold no `&`.
LINK = re.compile(r"(?:https?://|mailto:|#)[^\s\"'<>]*|(?!//)[\w./#?=%~+-]+", re.ASCII)
# Elements that are dropped with what is in them; of others that are not on the list the text stays.
SILENT = re.compile(r"<(script|style|template|iframe|noscript)\b.*?(?:</\1\s*>|\Z)", re.S | re.I)


def allowed(tag, name, value):
    """Whether an element may have an attribute of this value, which may hold references."""
    if name == "class":
        return CLASS.fullmatch(value) is not None
    if name == "style":
        return True
    if tag == "a":
        return name == "title" or (name == "href" and LINK.fullmatch(value) is not None)
    if tag == "img":
        return name == "alt" or (name in ("width", "height") and value.isdigit()) or (name == "src" and image.DATA_URL.fullmatch(value) is not None)
    if tag in ("td", "th"):
        return name in ("colspan", "rowspan") and value.isdigit()
    return (tag, name) == ("details", "open")


@functools.cache
def cleaner():
    return bleach.Cleaner(
        tags=TAGS,
        attributes=allowed,
        protocols=["http", "https", "mailto", "data"],
        strip=True,
        strip_comments=True,
        css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES, allowed_svg_properties=[]),
    )


def still(match):
    """An image whose data is what it claims to be, and of an SVG what draws; in the place of any other its description."""
    tag = match.group()
    source, alternative = (re.search(rf'\b{name}="([^"]*)"', tag) for name in ("src", "alt"))
    if source and (url := image.checked_url(unescape(source.group(1)))):
        return tag.replace(source.group(), f'src="{escape(url)}"')
    return alternative.group(1) if alternative else ""


def clean(html):
    """HTML of which only harmless elements and attributes are left."""
    return re.sub(r"<img\b[^>]*>", still, cleaner().clean(SILENT.sub("", html)))
