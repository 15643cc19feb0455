"""Notebooks as inert HTML: tables, images, figures, formulas and markdown of which only what is harmless is left."""

import base64
import json
import re
import sys
import unittest
from html.parser import HTMLParser
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
import hostile  # noqa: E402
from tools.render import cells, figure, image, markdown, markup, mathml  # noqa: E402

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 8).decode()


class Elements(HTMLParser):
    """What a page consists of."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def active(html):
    """Every element or attribute that could act, other than the page's own scripts."""
    bad = []
    for tag, attributes in Elements(html).found:
        own = tag == "script" and attributes in ({}, {"type": "application/json"}, {"src": "plotly.min.js"})
        policy = tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        if tag in ("script", "iframe", "object", "embed", "form", "base", "svg", "link", "template") and not own:
            bad.append((tag, attributes))
        if "http-equiv" in attributes and not policy:
            bad.append((tag, attributes))
        for name, value in attributes.items():
            address = name in ("src", "href", "action", "formaction", "xlink:href")
            if name.startswith("on") or (address and re.match(r"\s*(javascript|vbscript|data:(?!image/))", value or "", re.I)):
                bad.append((tag, attributes))
            if name == "src" and tag == "img" and value and not value.startswith("data:image/"):
                bad.append((tag, attributes))
    return bad


class Markup(unittest.TestCase):
    def test_a_frame_stays_as_it_is(self):
        table = hostile.TABLE.format("a &amp; b")
        self.assertEqual(markup.clean(table).replace("text-align: left", "text-align:left").replace(';"', '"'), table)

    def test_attacks_are_dropped_and_their_text_stays(self):
        html = markup.clean(f'<td onclick="x()">kept</td>{hostile.TEXT}<p style="background:url(http://x);text-align:right" id="a">p</p>')
        self.assertEqual(active(html), [])
        self.assertNotIn("hacked", html)
        self.assertNotIn("url(", html)
        self.assertIn("kept", html)
        self.assertIn("text-align", html)

    def test_links_lead_to_the_web_or_the_page_only(self):
        for good in ["https://example.org/a?b=c&amp;d", "mailto:a@b.c", "#part", "../README.md"]:
            self.assertIn("href", markup.clean(f'<a href="{good}">x</a>'), good)
        for bad in ["javascript:x", " javascript:x", "java&#115;cript:x", "javascript&colon;x", "java\tscript:x", "data:text/html,x", "&#100;ata:x", "//h/x", "file:///x", "vbscript:x", "JaVaScRiPt&#58x"]:
            self.assertNotIn("href", markup.clean(f'<a href="{bad}">x</a>'), bad)

    def test_images_carry_their_data(self):
        self.assertIn(PNG, markup.clean(f'<img src="data:image/png;base64,{PNG}" alt="a">'))
        svg = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"><script>x</script><rect/></svg>').decode()
        kept = re.search(r"base64,([^\"]+)", markup.clean(f'<img src="data:image/svg+xml;base64,{svg}" style="max-width:100%">')).group(1)
        self.assertNotIn(b"script", base64.b64decode(kept))
        for bad in ["http://x/y.png", "x.png", "data:text/html;base64,AAAA", "data:image/png;base64,AAAA"]:
            self.assertEqual(markup.clean(f'<img src="{bad}" alt="a &lt; b">'), "a &lt; b")


class Images(unittest.TestCase):
    def test_only_what_draws_is_left_of_an_svg(self):
        bad = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="x()"><defs><clipPath id="c"><rect/></clipPath></defs>'
            '<a href="javascript:x"><text>in a link</text></a><g clip-path="url(#c)" fill="url(http://x)"><path d="M0 0" style="fill:url(//x)"/></g>'
            '<use xlink:href="http://x#y"/><use xlink:href="#c"/><image href="http://x/y.png"/><foreignObject><p>x</p></foreignObject><set/><animate/>'
            "<style>@import url(x)</style><script>x</script></svg>"
        )
        kept = image.clean_svg(bad)
        for word in ["onload", "javascript", "http://x", "//x", "foreignObject", "script", "style", "animate", "in a link"]:
            self.assertNotIn(word, kept)
        for word in ['clip-path="url(#c)"', 'd="M0 0"', 'href="#c"', "clipPath"]:
            self.assertIn(word, kept)
        self.assertIsNotNone(image.clean_svg(kept))

    def test_what_is_no_image_is_none(self):
        for bad in ["", "text", "<html/>", "<svg/>x<", '<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', None, 3]:
            self.assertIsNone(image.clean_svg(bad), bad)
        self.assertIsNone(image.data_url(image.PNG, "AAAA"))
        self.assertIsNone(image.data_url(image.JPEG, PNG))
        self.assertIsNone(image.best({"text/html": "x"}))

    def test_vector_comes_before_raster(self):
        self.assertTrue(image.best({image.PNG: PNG, image.SVG: hostile.SVG}).startswith("data:image/svg+xml"))
        self.assertTrue(image.best({image.PNG: PNG, image.SVG: "broken"}).startswith("data:image/png"))


class Figures(unittest.TestCase):
    def test_texts_keep_their_style_and_lose_their_links(self):
        self.assertEqual(figure.clean_text("<b>x</b><sub style='y'>1</sub><br><extra></extra>"), "<b>x</b><sub>1</sub><br><extra></extra>")
        self.assertEqual(figure.clean_text('<a href="javascript:x">t</a>'), "t")
        self.assertEqual(figure.clean_text("<<a>a href='x'>t</a>"), "&lt;a href='x'>t")
        self.assertEqual(figure.clean_text("a < b"), "a &lt; b")

    def test_json_cannot_end_the_element(self):
        text = figure.script_json({"</script><!--": "\u2028&<"})
        self.assertNotRegex(text, "[<>&\u2028]")
        self.assertEqual(json.loads(text), {"</script><!--": "\u2028&<"})

    def test_settings_and_values_that_are_no_json_are_left_out(self):
        self.assertEqual(figure.figure({"data": [{"y": [float("nan"), 1]}], "config": {"x": 1}}), {"data": [{"y": [None, 1]}], "layout": {}})
        for bad in [None, [], {"data": 1}, "x"]:
            self.assertIsNone(figure.figure(bad))
        addresses = {"source": "http://x/y.png", "geojson": "https://x", "style": {"url": "//x"}, "name": "a: b"}
        images = [addresses, {"source": f"data:image/png;base64,{PNG}"}, {"source": [1, 2], "style": "light"}]
        kept = figure.figure({"data": [], "layout": {"images": images}})["layout"]["images"]
        self.assertEqual(kept, [{"name": "a: b"}, *images[1:]])
        self.assertEqual(figure.title({"layout": {"title": {"text": "a <b>b</b>"}}}), "a b")
        self.assertEqual(figure.title({"layout": 3}), "chart")


class Formulas(unittest.TestCase):
    def test_formulas_are_mathml(self):
        html = mathml.formula(r"\Theta \le \frac{1}{2}", True)
        self.assertIn('display="block"', html)
        self.assertIn("Θ", html)
        self.assertIn("<mfrac>", html)

    def test_markup_in_a_formula_is_text(self):
        for bad in [r"\text{<script>x</script>}", r"\color{red\"onmouseover=\"x}{y}", "<img src=x onerror=y>", r"\text{&lt;script&gt;}", r"\style{a}{b}"]:
            found = Elements(mathml.formula(bad, False)).found
            self.assertTrue({tag for tag, _ in found} <= mathml.ELEMENTS, found)
            self.assertTrue({name for _, attributes in found for name in attributes} <= mathml.ATTRIBUTES, found)

    def test_an_unknown_element_is_a_row(self):
        element = mathml.ElementTree.fromstring("<math><script href='x'>a<mi>b</mi></script></math>")
        self.assertEqual(mathml.ElementTree.tostring(mathml.known(element)), b"<math><mrow>a<mi>b</mi></mrow></math>")

    def test_one_that_cannot_be_read_stays_as_it_is_written(self):
        self.assertEqual(mathml.formula(r"\begin{matrix}<", False), r"<code>$\begin{matrix}&lt;$</code>")
        self.assertIn("<code>", mathml.formula(r"\def\a{\a\a}\a", False))


class Markdown(unittest.TestCase):
    def test_formulas_in_code_stay_as_they_are(self):
        self.assertIn("<code>$x$</code>", markdown.to_html("`$x$`"))
        self.assertIn('display="block"', markdown.to_html("$$x$$"))
        self.assertIn("_i", markdown.to_html("`a_i` and $a_i$ and $b_i$"))

    def test_a_harmless_source_is_found_harmless(self):
        for good in ["# A\n\n$x < y$ `Vec<f64>` <br> <sub>1</sub> [l](https://x.y) ![i](attachment:a.png)", "```rust\nVec<f64>\n```", "<!-- note -->", "a < b"]:
            self.assertTrue(markdown.is_harmless(good), good)

    def test_a_source_with_an_attack_is_shown_as_code(self):
        attacks = [cell.source for cell in hostile.hostile().cells if cell.cell_type == "markdown"][:6]
        for bad in attacks + ["<b onclick='x'>y</b>", "`` ` `` ![x](http://x/y.png)<img src=x>", "<a href=x>y</a>"]:
            self.assertFalse(markdown.is_harmless(bad), bad)
            self.assertTrue(markdown.is_harmless(markdown.as_code(bad)), bad)
            self.assertEqual(active(markdown.to_html(bad)), [])

    def test_attachments_are_images_only(self):
        html = markdown.to_html("![a](attachment:a.png) ![b](attachment:b)", {"a.png": {"image/png": PNG}, "b": {"text/html": hostile.SCRIPT}})
        self.assertIn(PNG, html)
        self.assertNotIn("text/html", html)


class Cells(unittest.TestCase):
    def test_a_hostile_notebook_is_inert(self):
        html = cells.body(hostile.hostile())
        self.assertEqual(active(html), [])
        # One data block for each chart, and nothing ends it early.
        self.assertEqual(html.count("</script"), 2)
        for source in re.findall(r'<script type="application/json">(.*?)</script>', html, re.S):
            self.assertNotIn("<a", json.dumps(json.loads(source)))
            self.assertNotIn("plotlyServerURL", source)

    def test_scripts_are_named_in_the_policy(self):
        self.assertRegex(cells.policy(cells.digest("x")), r"default-src 'none'; script-src 'sha256-[\w+/=]{44}';")


if __name__ == "__main__":
    unittest.main()
