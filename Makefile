# The commands of the project; each checks the set-up first, which takes a second when everything is in place.
.PHONY: setup reproduce share test test-cases lab bench scale test-browser test-kernel test-interrupts bench-notebook bench-edit paper seeds properties sanitize

setup:
	@tools/setup

# Runs every notebook and writes report/index.html and report/verdicts.csv.
reproduce: setup
	@tools/reproduce

# Runs one notebook and writes a folder to pass on: make share NOTEBOOK=notebooks/NAME.ipynb [OUT=shared/] [AS_IS=1]
# With AS_IS the outputs in the file are taken. The name reaches the shell as a variable, so that nothing in it is run.
export NOTEBOOK OUT
share: setup
	@JUPYTER_PREFER_ENV_PATH=1 .venv/bin/python -m tools.share $(if $(AS_IS),--as-is) --out "$${OUT:-shared}" -- "$$NOTEBOOK"

# Formatting, lints, documentation, tests of the crate and of the tools.
test: setup
	@tools/test

# Opens JupyterLab on the notebooks, on this machine only and with a token. In a container LAB_IP is 0.0.0.0.
LAB_IP ?= 127.0.0.1
lab: setup
	@JUPYTER_PREFER_ENV_PATH=1 .venv/bin/jupyter lab --ip=$(LAB_IP) --ServerApp.root_dir=notebooks $(LAB_FLAGS)

# Times the kernels against the matrix products that they cannot avoid, and against neural-tangents, which is installed in an
# environment of its own: writes report/bench.csv.
bench: setup
	@tools/cargo bench --locked --quiet --no-default-features --bench ntk
	@tools/cargo bench --locked --quiet --no-default-features --bench curvature
	@.venv/bin/python -m tools.bench --ours tools/cargo bench --locked --quiet --no-default-features --bench peer

# Kernels of many points in tiles: cost, a kill half-way, resuming.
scale: setup
	@.venv/bin/python -m tools.scale

# Inputs on which tools of this kind fail, in fresh kernels, with the right answer: a line each.
test-cases: setup
	@.venv/bin/python -m tests.kernel.cases

# Cells typed wrong, the edges of a session, two notebooks at once, tables in cells, crates that a user adds (compiled at the first run).
test-kernel: setup
	@.venv/bin/python -m tests.kernel

# The stop button at ten random moments of a study, which then ends with the same bits.
test-interrupts: setup
	@.venv/bin/python -m tests.kernel.interrupts

# Seconds from starting a kernel to a table, and of later cells: medians of five.
bench-notebook: setup
	@.venv/bin/python -m tests.kernel.latency

# Seconds from an edit of the crate to the first table of a new kernel: puts a line into five sources, one after the other, and takes it out.
bench-edit: setup
	@.venv/bin/python -m tests.kernel.edits

# The claims of every study at three seeds, half an hour; writes data/paper/seeds.csv, which the report shows.
seeds: setup
	@tools/cargo run --locked --quiet --example seeds

# Runs a study at the sizes of its paper and writes its tables to data/paper/STUDY: make paper STUDY=mnist_addition
# [PROFILE=default for the study's own sizes]. Hours; what is finished is kept, so that a run that was stopped goes on.
export STUDY PROFILE
paper: setup
	@tools/cargo run --locked --quiet --example paper -- "$$STUDY" "$${PROFILE:-paper}" "$${XDG_CACHE_HOME:-$$HOME/.cache}/hadamard/paper"

# Random networks against the relations that hold of all, from a fresh seed: make properties FOR=1800s (or so many networks).
# Seeds that fail are added to proptest-regressions/properties.txt.
export FOR
properties: setup
	@HADAMARD_PROPERTIES="$${FOR:-600s}" tools/cargo test --locked --quiet --no-default-features --test properties every_relation -- --nocapture

# The code that is unsafe, and what is built on it, under AddressSanitizer. That is a switch of nightly compilers, which RUSTC_BOOTSTRAP
# lends to this one; all libraries are built anew with it, in a directory of their own. Leaks are not looked for: thread pools end
# with the process.
sanitize: setup
	@RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Zsanitizer=address ASAN_OPTIONS=detect_leaks=0 \
	  CARGO_TARGET_DIR="$${XDG_CACHE_HOME:-$$HOME/.cache}/hadamard/sanitize" \
	  cargo test --locked --quiet --no-default-features --package hadamard-engine --lib \
	  --target "$$(rustc -vV | sed -n 's/^host: //p')" -- linalg:: sweep:: kernel:: op::

# Opens every notebook in JupyterLab in a headless Chromium, runs it and reads the result.
test-browser: setup
	@tools/test-browser
