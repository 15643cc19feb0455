"""Markdown cells: as HTML, and whether their source is safe with readers that pass markup on."""

import re
import secrets
from html import escape

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from . import image, markup, mathml

# Markup of a source that is left as it is.
HARMLESS = re.compile(
    r"</?(?:b|br|center|code|del|details|div|em|h[1-6]|hr|i|kbd|li|ol|p|s|small|span|strong|sub|summary|sup|table|tbody|td|th|thead|tr|u|ul)"
    r"(?:\s+align=\"\w+\")?\s*/?>|<!--[\w\s.,:-]*-->",
    re.I,
)
# Commands by which MathJax makes links, attributes or requests.
ACTIVE_TEX = re.compile(r"\\(?:href|url|style|class|cssId|data|html\w*|require|includegraphics|unicode|bbox)(?![a-zA-Z])")


class Renderer(IPythonRenderer):
    """Writes HTML with marks in the place of formulas, and notes what a careless reader would pass on."""

    def __init__(self, attachments=None):
        super().__init__(escape=False, allow_harmful_protocols=True, exclude_anchor_links=True)
        self.attachments = attachments if isinstance(attachments, dict) else {}
        # Not to be guessed by a notebook that writes marks of its own.
        self.mark = f"formula{secrets.token_hex(8)}"
        self.formulas = []
        self.doubts = []

    def formula(self, latex, display):
        if ACTIVE_TEX.search(latex):
            self.doubts.append(latex)
        self.formulas.append(mathml.formula(latex, display))
        return f"{self.mark}n{len(self.formulas) - 1}n"

    def block_math(self, body):
        return self.formula(body, True)

    def inline_math(self, body):
        return self.formula(body, False)

    def latex_environment(self, name, body):
        return self.formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)

    def block_html(self, html):
        return self.noted(html)

    def inline_html(self, html):
        return self.noted(html)

    def noted(self, html):
        if "<" in HARMLESS.sub("", html):
            self.doubts.append(html)
        return html

    def block_code(self, code, info=None):
        # nbconvert hands a diagram to a script as it is.
        if (info or "").strip().startswith("mermaid"):
            self.doubts.append(code)
            return f"<pre><code>{escape(code)}</code></pre>\n"
        return super().block_code(code, info)

    def link(self, text, url, title=None):
        if not markup.LINK.fullmatch(url):
            self.doubts.append(url)
        return super().link(text, url, title)

    def image(self, text, url, title=None):
        if not re.fullmatch(r"attachment:[\w. -]+", url) and not image.checked_url(url) and not markup.LINK.fullmatch(url):
            self.doubts.append(url)
        return super().image(text, url, title)

    def _embed_image_or_attachment(self, src):
        if not src.startswith("attachment:"):
            return src
        data = self.attachments.get(src.removeprefix("attachment:"))
        data = data if isinstance(data, dict) else {}
        urls = (image.checked_url(f"data:{kind};base64,{data[kind]}") for kind in image.KINDS if kind in data)
        return next(filter(None, urls), "")


def read(source, attachments=None):
    """The renderer after reading, and what it wrote."""
    renderer = Renderer(attachments)
    return renderer, MarkdownWithMath(renderer=renderer).render(source)


def to_html(source, attachments=None):
    """Markdown as inert HTML with formulas in MathML."""
    renderer, html = read(source, attachments)
    return re.sub(rf"{renderer.mark}n(\d+)n", lambda match: renderer.formulas[int(match.group(1))], markup.clean(html))


def is_harmless(source):
    """Whether the source holds nothing that a reader who passes markup, links and formulas on would act on."""
    return not read(source)[0].doubts


def as_code(source):
    """Markdown that shows the source instead of acting on it."""
    longest = max((len(run) for run in re.findall(r"[`~]+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{source}\n{fence}"
