# The commands of the project; each checks the set-up first, which takes a second when everything is in place.
.PHONY: setup reproduce test lab bench scale test-browser

setup:
	@tools/setup

# Runs every notebook and writes report/index.html and report/verdicts.csv.
reproduce: setup
	@tools/reproduce

# Formatting, lints, documentation, tests of the crate and of the tools.
test: setup
	@tools/test

# Opens JupyterLab on the notebooks, on this machine only and with a token.
lab: setup
	@JUPYTER_PREFER_ENV_PATH=1 .venv/bin/jupyter lab --ip=127.0.0.1 --ServerApp.root_dir=notebooks $(LAB_FLAGS)

# Times the kernels against the matrix products that they cannot avoid.
bench: setup
	@tools/cargo bench --locked --quiet --no-default-features --bench ntk

# Kernels of many points in tiles: cost, a kill half-way, resuming.
scale: setup
	@.venv/bin/python -m tools.scale

# Opens every notebook in JupyterLab in a headless Chromium, runs it and reads the result.
test-browser: setup
	@tools/test-browser
