#!/usr/bin/env python3
"""Changes a sign, factor or index in a rule of the crate, one at a time, and reports whether a test fails.

    tests/mutation/run.py [--list] [NAME ...]

Works on a copy of the tree; `CARGO_TARGET_DIR` and `RUSTFLAGS` are taken over, so that the build directory is shared. Exits with
1 if a mutation survives, with 2 if one cannot be tried: its snippet is not in the file once, it does not compile, or the tests
fail without it. By hand only: every mutation builds the crate again.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = Path(tempfile.gettempdir()) / "hadamard-mutation"
TEST = ["cargo", "test", "--quiet", "--no-default-features", "--test", "conformance"]
# A mutation may keep a test from ending.
SECONDS = 1200


@dataclass(frozen=True)
class Mutation:
    """One wrong character or two."""

    name: str
    file: str
    original: str
    mutated: str
    # Which modules of the suite are run.
    tests: str


MUTATIONS = [
    # Dense
    Mutation("dense-limit-bias", "op/dense.rs", "=> [variance_w, variance_b],", "=> [variance_w, 0.0],", "limits"),
    Mutation("dense-limit-standard", "op/dense.rs", "[(places * channels) as f64 *", "[channels as f64 *", "limits"),
    Mutation("dense-reverse-bias", "op/dense.rs", "gain: gain.to_f64() });", "gain: 1.0 });", "derivatives"),
    Mutation(
        "dense-tangent",
        "op/dense.rs",
        "dy += &dot(gain, &drows",
        "dy += &dot(F::one(), &drows",
        "derivatives",
    ),
    Mutation(
        "weights-limit",
        "op/state/mod.rs",
        "tangent[0] * *k + tangent[1];",
        "tangent[0] * *k - tangent[1];",
        "limits",
    ),
    # Convolution
    Mutation(
        "conv-same-padding", "op/state/space.rs", "[total / 2, total - total / 2]", "[total.div_ceil(2), total / 2]", "definitions"
    ),
    Mutation("conv-padding", "op/state/space.rs", "let [[top, _], [left, _]]", "let [[_, top], [left, _]]", "definitions"),
    Mutation("conv-reverse", "op/conv.rs", "|(x, &p)| *x += p", "|(x, &p)| *x += F::of(-1.0) * p", "derivatives"),
    Mutation(
        "conv-limit-pairs",
        "op/state/space.rs",
        "Pairs::All => (a * positions + b) as u32,",
        "Pairs::All => (a * positions + a) as u32,",
        "limits",
    ),
    Mutation(
        "conv-limit-padding",
        "op/state/space.rs",
        "(both.map(entry).collect(), places)",
        "(both.clone().map(entry).collect(), both.count() as f64)",
        "limits",
    ),
    # Pools and flattening
    Mutation(
        "average-pool-reverse",
        "op/average_pool.rs",
        "self.walk(cotangent.view(), input, true)",
        "self.walk(cotangent.view(), input, true) * F::of(0.5)",
        "derivatives",
    ),
    Mutation(
        "average-pool-limit",
        "op/state/space.rs",
        "(a * positions + b) as u32));",
        "(a * positions + a) as u32));",
        "limits",
    ),
    Mutation(
        "average-pool-mean",
        "op/state/space.rs",
        "let single = |p: usize| (under[p].iter().map(|&a| a as u32).collect(), under[p].len() as f64);",
        "let single = |p: usize| (under[p].iter().map(|&a| a as u32).collect(), 1.0);",
        "limits",
    ),
    Mutation("max-pool", "op/max_pool.rs", "if va >= vb", "if va <= vb", "definitions"),
    Mutation(
        "max-pool-tangent",
        "op/max_pool.rs",
        "dx[[rows[i * channels + c], c]]",
        "dx[[rows[i * channels], c]]",
        "derivatives",
    ),
    Mutation(
        "adaptive-pool-window",
        "op/adaptive_pool.rs",
        "((unit + 1) * features).div_ceil(units)",
        "(((unit + 1) * features) / units).max(unit * features / units + 1)",
        "definitions",
    ),
    Mutation(
        "adaptive-pool-reverse",
        "op/adaptive_pool.rs",
        "x.column_mut(feature).scaled_add(share, &column);",
        "x.column_mut(feature).scaled_add(F::one(), &column);",
        "derivatives",
    ),
    Mutation(
        "flatten-mean",
        "op/state/space.rs",
        "((0..positions as u32).collect(), positions as f64)",
        "((0..positions as u32).collect(), 1.0)",
        "limits",
    ),
    Mutation(
        "gate-limit-mean",
        "op/state/combine.rs",
        "mean: repeat(&m.mean, positions)",
        "mean: repeat(&m.mean, positions) * 0.5",
        "limits",
    ),
    Mutation(
        "flatten-limit",
        "op/state/space.rs",
        "(own, positions as f64)",
        "(own, (positions + 1) as f64)",
        "limits",
    ),
    # Attention and layer norm
    Mutation(
        "attention-scale",
        "op/attention.rs",
        "F::of(1.0 / (self.keys.ncols() as f64).sqrt())",
        "F::of(1.0 / (self.keys.ncols() as f64))",
        "definitions",
    ),
    Mutation("attention-softmax", "op/attention.rs", "*d = a * (*d - along)", "*d = a * (*d + along)", "derivatives"),
    Mutation("attention-keys", "op/attention.rs", "|s, q| s.t().dot(&q)", "|s, q| s.dot(&q)", "derivatives"),
    Mutation(
        "attention-tangent",
        "op/attention.rs",
        "by_sample(q.view(), dk.view(), positions,",
        "by_sample(dk.view(), q.view(), positions,",
        "derivatives",
    ),
    Mutation(
        "layer-norm-reverse",
        "op/layer_norm.rs",
        "(*d - mean - y * along)",
        "(*d - mean + y * along)",
        "derivatives",
    ),
    Mutation(
        "layer-norm-limit",
        "op/state/gaussian.rs",
        "(*entry.k - a.mean * b.mean)",
        "(*entry.k + a.mean * b.mean)",
        "limits",
    ),
    Mutation(
        "layer-norm-limit-tangent",
        "op/state/gaussian.rs",
        "*ntk *= a.inverse * b.inverse;",
        "*ntk *= a.inverse * a.inverse;",
        "limits",
    ),
    # Activations
    Mutation(
        "relu-limit",
        "op/relu.rs",
        "(1.0 - gap + share, gap - share)",
        "(1.0 - gap - share, gap + share)",
        "limits",
    ),
    Mutation(
        "rectified-power-limit",
        "op/rectified_power.rs",
        "(1.0 - size) * kernels[1] + factor * kernels[0]",
        "(1.0 - size) * kernels[1] - factor * kernels[0]",
        "limits",
    ),
    Mutation(
        "rectified-power-slope",
        "op/rectified_power.rs",
        "F::of(self.degree as f64) * input",
        "F::of(self.degree as f64 + 1.0) * input",
        "derivatives",
    ),
    Mutation("relu-mean", "op/relu.rs", "(q / (2.0 * PI)).sqrt()", "(q / PI).sqrt()", "limits"),
    Mutation("erf-slope", "op/erf.rs", "(F::zero() - input * input).exp()", "(F::zero() - input).exp()", "derivatives"),
    Mutation("erf-limit", "op/erf.rs", "4.0 / (PI * root)", "2.0 / (PI * root)", "limits"),
    Mutation("tanh-slope", "op/tanh.rs", "F::one() - output * output", "F::one() + output * output", "derivatives"),
    Mutation(
        "tanh-limit",
        "op/series.rs",
        "ntk * sum(&a.slopes, &b.slopes, moments.r)",
        "ntk * sum(&a.values, &b.values, moments.r)",
        "limits",
    ),
    # Bias, scale, injection
    Mutation("bias-reverse", "op/bias.rs", "gain: scope.parameters[0].gain });", "gain: 1.0 });", "derivatives"),
    Mutation("bias-limit", "op/bias.rs", "scope.trained(tangent)", "scope.trained(variance)", "limits"),
    Mutation(
        "scale-reverse",
        "op/scale.rs",
        "let products = &cotangent * &x.values;",
        "let products = &cotangent * &x.values * F::of(-1.0);",
        "derivatives",
    ),
    Mutation(
        "scale-limit",
        "op/scale.rs",
        "scope.trained(1.0)",
        "scope.trained(0.0)",
        "limits",
    ),
    Mutation(
        "scale-limit-law",
        "op/scale.rs",
        'KernelState { law: Law::Other("a trained scale"), ..state',
        'KernelState { channels: None, ..state',
        "limits",
    ),
    Mutation(
        "injection-reverse",
        "op/injection.rs",
        "wanted.then(|| Array2::zeros(x.values.dim()))",
        "wanted.then(|| Array2::ones(x.values.dim()))",
        "derivatives",
    ),
    # Combinators
    Mutation(
        "product-skip-reverse",
        "op/hadamard.rs",
        "*c * (z + F::one())",
        "*c * (z - F::one())",
        "derivatives",
    ),
    Mutation("product-tangent", "op/hadamard.rs", "dh * (z + skip)", "dh * z", "derivatives"),
    Mutation(
        "product-limit",
        "op/state/combine.rs",
        "shifted * *ntk + z.ntk_at",
        "shifted * *ntk - z.ntk_at",
        "limits",
    ),
    Mutation(
        "product-limit-mean",
        "op/state/combine.rs",
        "s * s + s * (a.mean + b.mean) + k",
        "s * s + s * (a.mean - b.mean) + k",
        "limits",
    ),
    Mutation("product-mean", "op/state/combine.rs", "*m *= s + mz", "*m *= mz", "limits"),
    Mutation(
        "sum-limit-mean",
        "op/state/combine.rs",
        "k + a.means[0] * b.means[1] + a.means[1] * b.means[0];",
        "k;",
        "limits",
    ),
    Mutation("sum-limit", "op/state/combine.rs", "*ntk += other.ntk_at", "*ntk -= other.ntk_at", "limits"),
    Mutation(
        "sum-independence",
        "op/branches.rs",
        "if state.units == Units::Differ",
        "if state.units == Units::Alike",
        "limits",
    ),
    Mutation(
        "gate-reverse",
        "op/branches.rs",
        "sum_positions(cotangent.view(), from.positions()).into_owned()",
        "sum_positions(cotangent.view(), from.positions()).into_owned() * F::of(0.5)",
        "derivatives",
    ),
    Mutation(
        "concat-limit-share",
        "op/state/combine.rs",
        "s.channels.unwrap_or(1) as f64 / total as f64",
        "s.channels.unwrap_or(1) as f64 / (total + 1) as f64",
        "limits",
    ),
    Mutation(
        "concat-reverse",
        "op/concat.rs",
        "cotangent.slice(s![.., start..end])",
        "cotangent.slice(s![.., 0..end - start])",
        "derivatives",
    ),
    Mutation(
        "serial-reverse",
        "op/serial.rs",
        "let wanted = wanted || !scope.parameters.is_empty();",
        "let wanted = wanted && !scope.parameters.is_empty();",
        "derivatives",
    ),
    # Parametrisations
    Mutation("mup-gain", "net/mod.rs", "slot.gain /= width.sqrt();", "slot.gain /= width;", "definitions"),
    Mutation("mup-rate", "net/mod.rs", "slot.rate = width;", "slot.rate = width.sqrt();", "limits"),
    Mutation("standard-sign", "op/dense.rs", "(scale.abs(), scale.signum())", "(scale.abs(), 1.0)", "definitions"),
    # Sweeps and kernels
    Mutation(
        "kernel-rate",
        "kernel/finite.rs",
        "slot.gain * slot.gain * slot.rate",
        "slot.gain * slot.gain",
        "kernels",
    ),
    Mutation(
        "kernel-nngp",
        "kernel/finite.rs",
        "slot.gain * slot.gain * slot.deviation * slot.deviation",
        "slot.gain * slot.gain",
        "kernels",
    ),
    Mutation("kernel-positions", "sweep/gram.rs", "&gram_h[(i / b * p + q)", "&gram_h[(i / b * p)", "kernels"),
    Mutation(
        "kernel-outputs",
        "sweep/gram.rs",
        "&inputs[row / b * c.len()..]",
        "&inputs[row % r.len() * c.len()..]",
        "kernels",
    ),
    Mutation(
        "kernel-traced",
        "sweep/directions.rs",
        "Directions::Traced(_) => (0, index),",
        "Directions::Traced(_) => (0, 0),",
        "kernels",
    ),
    Mutation("streamed-outputs", "sweep/streamed.rs", "h[[i / b, j / b]]", "h[[i / b, i / b]]", "streamed"),
    Mutation(
        "streamed-whole",
        "sweep/mod.rs",
        "if splits.contains(&Split::Whole) {",
        "if splits.is_empty() {",
        "streamed",
    ),
    Mutation("gradient-gain", "sweep/gradient.rs", "if visit.gain != 1.0 {", "if visit.gain > 1.0 {", "streamed"),
    Mutation("few-terms-factor", "linalg/thin.rs", "*value = factor * v", "*value = v", "derivatives"),
    Mutation("few-terms-rows", "linalg/thin.rs", "(index * ROWS, ROWS.min", "(index * 2, ROWS.min", "derivatives"),
    Mutation("limit-diagonal", "kernel/limit.rs", ".then(|| start - c0)", ".then(|| (start - c0) / 2)", "limits"),
    Mutation(
        "monte-carlo-error",
        "kernel/monte_carlo.rs",
        "(self.count * (self.count - 1)) as f64",
        "self.count.pow(3) as f64",
        "limits",
    ),
]


def copy_tree() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, COPY / name)


def cargo(arguments: list[str]) -> subprocess.Popen[str]:
    # Less optimised than the tests are run otherwise: building takes most of the time.
    environment = {"CARGO_PROFILE_DEV_OPT_LEVEL": "1"} | os.environ
    return subprocess.Popen(
        arguments,
        cwd=COPY,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def first_failure(tests: list[str]) -> str | None:
    """What fails first, at which the tests are stopped; raises if the crate does not compile."""
    with cargo([*TEST, "--no-run"]) as build:
        output = build.stdout.read()
    if build.returncode != 0:
        raise RuntimeError("does not compile:\n" + output[-2000:])
    with cargo([*TEST, "--", "--nocapture", *(f"{module}::" for module in tests)]) as run:
        stop = threading.Timer(SECONDS, os.killpg, (run.pid, signal.SIGKILL))
        stop.start()
        try:
            for line in run.stdout:
                if " panicked at " in line:
                    return next(run.stdout, "").strip() or line.strip()
        finally:
            stop.cancel()
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
    return None if run.returncode == 0 else f"the tests ended with {run.returncode}"


def attempt(mutation: Mutation) -> str | None:
    path = COPY / "engine/src" / mutation.file
    text = path.read_text()
    count = text.count(mutation.original)
    if count != 1:
        raise RuntimeError(f"the snippet is {count} times in engine/src/{mutation.file}: {mutation.original}")
    path.write_text(text.replace(mutation.original, mutation.mutated))
    try:
        return first_failure([mutation.tests])
    finally:
        path.write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutations to try; all without any")
    parser.add_argument("--list", action="store_true", help="print the table and try none")
    arguments = parser.parse_args()
    known = {mutation.name: mutation for mutation in MUTATIONS}
    if unknown := [name for name in arguments.names if name not in known]:
        parser.error(f"no mutation is called {', '.join(unknown)}")
    chosen = [known[name] for name in arguments.names] or MUTATIONS
    if arguments.list:
        for m in chosen:
            print(f"{m.name:26} engine/src/{m.file}: {m.original}  ->  {m.mutated}")
        return 0
    try:
        COPY.mkdir()
    except FileExistsError:
        parser.error(f"{COPY} exists: another run, or what one left; remove it")
    survived, broken = [], []
    try:
        copy_tree()
        if failure := first_failure(sorted({mutation.tests for mutation in chosen})):
            print("fails without a mutation:", failure, file=sys.stderr)
            return 2
        for mutation in chosen:
            start = time.monotonic()
            try:
                failure = attempt(mutation)
            except RuntimeError as error:
                broken.append(mutation.name)
                print(f"{mutation.name:26} NOT TRIED {error}", flush=True)
                continue
            if failure is None:
                survived.append(mutation.name)
            verdict = "SURVIVED" if failure is None else f"killed: {failure[:100]}"
            print(f"{mutation.name:26} {time.monotonic() - start:5.0f} s  {verdict}", flush=True)
    finally:
        shutil.rmtree(COPY)
    killed = len(chosen) - len(survived) - len(broken)
    print(f"{killed} of {len(chosen)} killed, {len(survived)} survived, {len(broken)} not tried")
    return 2 if broken else 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
