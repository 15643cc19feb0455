"""Formulas as MathML, which browsers draw by themselves."""

import re
from html import escape, unescape
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

ELEMENTS = frozenset(
    "math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup"
    " mtable mtd mtext mtr munder munderover none".split()
)
ATTRIBUTES = frozenset(
    "accent accentunder columnalign columnlines columnspacing depth display displaystyle fence form height largeop linethickness lspace"
    " mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace scriptlevel separator stretchy"
    " symmetric voffset width".split()
)
VALUE = re.compile(r"[\w.%#+ -]*", re.ASCII)


def known(source):
    """The element with what MathML knows in it; an unknown one as a row."""
    element = ElementTree.Element(source.tag if source.tag in ELEMENTS else "mrow")
    for name, value in source.attrib.items():
        if name in ATTRIBUTES and VALUE.fullmatch(value):
            element.set(name, value)
    # The converter leaves characters as references, and would leave markup of the formula as markup.
    element.text = unescape(source.text or "")
    for child in source:
        kept = known(child)
        kept.tail = unescape(child.tail or "")
        element.append(kept)
    return element


def formula(latex, display):
    """A formula as MathML; one that cannot be read stays as it is written."""
    try:
        return ElementTree.tostring(known(convert_to_element(latex, display="block" if display else "inline")), encoding="unicode")
    except Exception:  # The converter raises a kind of its own for each mistake, and others for some.
        dollars = "$$" if display else "$"
        return f"<code>{escape(dollars + latex + dollars)}</code>"
