"""Still images of charts that came without one, drawn by a headless Chromium."""

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tools.render import cells, figure, image

BROWSERS = ["chromium", "chromium-browser", "google-chrome"]
WIDTH, SECONDS = 960, 120
SCRIPT = """
(async () => {
  const images = [];
  for (const { data, layout } of JSON.parse(document.getElementById("figures").textContent)) {
    const size = { width: layout.width || %d, height: layout.height || %d };
    const image = Plotly.toImage({ data, layout }, { format: "svg", imageDataOnly: true, ...size });
    images.push(await image.catch(() => null));
  }
  document.getElementById("images").textContent = JSON.stringify(images);
})();
""" % (WIDTH, figure.HEIGHT)


def outputs_without_image(notebook):
    """Every output with a chart and no still image."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    charts = [output for output in outputs if figure.PLOTLY in output.get("data", {})]
    return [output for output in charts if not image.best(output.data)]


def images(figures, browser):
    """An SVG image, or None, of each figure."""
    library = cells.plotly_library().read_text(encoding="utf-8")
    policy = cells.policy(cells.digest(library), cells.digest(SCRIPT))
    page = (
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<pre id="images"></pre><script type="application/json" id="figures">{figure.script_json(figures)}</script>'
        f"<script>{library}</script><script>{SCRIPT}</script>"
    )
    with tempfile.TemporaryDirectory(prefix="hadamard-draw-") as folder:
        path = Path(folder) / "page.html"
        path.write_text(page, encoding="utf-8")
        flags = ["--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--virtual-time-budget=600000"]
        # Chromium has no sandbox for root.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [browser, *flags, *sandbox, f"--user-data-dir={folder}/profile", "--dump-dom", path.as_uri()]
        try:
            run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return [None] * len(figures)
    found = re.search(r'<pre id="images">(.*?)</pre>', run.stdout, re.S)
    try:
        drawn = json.loads(html.unescape(found.group(1)))
    except (AttributeError, ValueError):
        return [None] * len(figures)
    return [image.clean_svg(svg) for svg in drawn]


def add_images(notebook):
    """Adds an image to every chart that has none; returns how many still have none."""
    outputs = outputs_without_image(notebook)
    figures = [figure.figure(output.data[figure.PLOTLY]) for output in outputs]
    drawable = [(output, found) for output, found in zip(outputs, figures) if found]
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if drawable and browser:
        for (output, _), svg in zip(drawable, images([found for _, found in drawable], browser)):
            if svg:
                output.data[image.SVG] = svg
    return len(outputs_without_image(notebook))
