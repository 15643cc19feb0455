#!/usr/bin/env python3
"""Changes a sign, factor or index in a rule of the crate, one at a time, and reports whether a test fails.

    tests/mutation/run.py [--list] [NAME ...]

Works on a copy of the tree, in the build directory that tests and notebooks share. Exits with 1 if a mutation survives, with 2 if
one cannot be tried: its snippet is not in the file once, it does not compile, or the tests fail without it. By hand only: every mutation builds the crate again.
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
TEST = [str(ROOT / "tools/cargo"), "test", "--quiet", "--no-default-features", "--test", "conformance"]
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
    # Complex numbers
    Mutation("complex-turn", "op/complex/weighted.rs", "swapped(rows, F::of(-1.0), F::one())", "swapped(rows, F::one(), F::one())", "definitions"),
    Mutation(
        "complex-turn-back", "op/complex/weighted.rs", "swapped(rows, F::one(), F::of(-1.0))", "swapped(rows, F::of(-1.0), F::one())", "derivatives"
    ),
    Mutation("complex-share", "op/limit/complex.rs", "+ turned * weights[1];", "+ turned * weights[0];", "limits"),
    Mutation("complex-sign", "op/limit/complex.rs", "(of(second), a != b)]", "(of(second), false)]", "limits"),
    Mutation("complex-turned-inputs", "op/limit/complex.rs", "if a == b { 1.0 } else { -1.0 };", "1.0;", "limits"),
    Mutation("complex-bias", "op/limit/complex.rs", "if a == b { biases[a] } else { 0.0 };", "if a == b { biases[0] } else { 0.0 };", "limits"),
    Mutation("complex-stacked", "op/limit/complex.rs", "(both(p, q), 2.0)", "(both(p, q), 1.0)", "limits"),
    Mutation("polar-order", "op/complex/polar.rs", "order: self.order - sign,", "order: self.order + sign,", "limits"),
    Mutation("polar-conjugate", "op/complex/polar.rs", "with(cc, conjugate(t), false),", "with(cc, t, false),", "limits"),
    Mutation("polar-pseudo", "op/complex/polar.rs", "with(cz, conjugate(t), true),", "with(cz, t, true),", "limits"),
    Mutation("polar-parts", "op/complex/polar.rs", "half(pseudo[1], -conjugated[1])", "half(pseudo[1], conjugated[1])", "limits"),
    Mutation("laguerre", "op/complex/radii.rs", "[(2.0 * k + 1.0 + m) / after,", "[(2.0 * k + 1.0) / after,", "limits"),
    Mutation("complex-product", "op/limit/circular.rs", "(1, 1, -1.0)", "(1, 1, 1.0)", "limits"),
    Mutation("complex-product-mean", "op/limit/circular.rs", "t[c][0] += means[0][c] * s;", "t[c][0] += means[1][c] * s;", "limits"),
    Mutation("complex-product-ntk", "op/limit/circular.rs", "own[a][b] + others[a][b]", "own[a][b]", "limits"),
    Mutation(
        "complex-product-forward", "op/combinator/hadamard.rs", "[x * u - y * v, x * v + y * u])", "[x * u + y * v, x * v + y * u])", "definitions"
    ),
    Mutation(
        "complex-product-reverse", "op/combinator/hadamard.rs", "[x * u + y * v, x * v - y * u])", "[x * u + y * v, x * v + y * u])", "derivatives"
    ),
    Mutation("radial-slope", "op/complex/radial.rs", "(along - across) * cos * sin", "(across - along) * cos * sin", "derivatives"),
    Mutation("cardioid-slope", "op/complex/cardioid.rs", "share + cos * along_x", "share - cos * along_x", "derivatives"),
    Mutation("modulus-reverse", "op/complex/modulus.rs", "[share * *x, share * *y]", "[share * *x, share * *x]", "derivatives"),
    # What ops with a weight share
    Mutation("weighted-limit-bias", "op/affine/weighted.rs", "=> [variance_w, variance_b],", "=> [variance_w, 0.0],", "limits"),
    Mutation("weighted-limit-standard", "op/affine/weighted.rs", "[(places * channels) as f64 *", "[channels as f64 *", "limits"),
    Mutation("weighted-reverse-bias", "op/affine/weighted.rs", "gain: bias.gain });", "gain: 1.0 });", "derivatives"),
    Mutation(
        "weighted-standard-sign", "op/affine/weighted.rs", "(scale.abs(), scale.signum())", "(scale.abs(), 1.0)", "definitions"
    ),
    Mutation("weighted-share", "op/affine/weighted.rs", "scope.trained(1, tangent[1])", "scope.trained(0, tangent[1])", "limits"),
    Mutation("erf-limit", "op/activation/erf.rs", "E::of(2.0) / (half * PI)", "E::of(1.0) / (half * PI)", "limits"),
    Mutation("bias-reverse", "op/affine/bias.rs", "gain: bias.gain });", "gain: 1.0 });", "derivatives"),
    Mutation("bias-limit", "op/affine/bias.rs", "scope.trained(0, tangent)", "scope.trained(0, variance)", "limits"),
    Mutation("scale-limit", "op/affine/scale.rs", "scope.trained(0, 1.0)", "scope.trained(0, 0.0)", "limits"),
    Mutation("product-limit", "op/limit/combine.rs", "shifted * *ntk + other.ntk * *entry.k", "shifted * *ntk", "limits"),
    Mutation("sum-limit", "op/limit/combine.rs", "*ntk += more.ntk;", "*ntk += E::zero() - more.ntk;", "limits"),
    Mutation(
        "serial-reverse",
        "op/combinator/serial.rs",
        "let wanted = wanted || scope.begins_before(&own);",
        "let wanted = wanted && scope.begins_before(&own);",
        "derivatives",
    ),
    Mutation("tied-reverse", "op/combinator/tied.rs", "wanted || time > 0", "wanted || time > 1", "derivatives"),
    Mutation(
        "tied-positions",
        "op/combinator/tied.rs",
        "slot.positions.saturating_mul(self.times)",
        "slot.positions.saturating_mul(1)",
        "kernels",
    ),
    Mutation("tied-features", "sweep/features.rs", "if before == 0 { F::zero() }", "if before < 9 { F::zero() }", "kernels"),
    Mutation("mup-gain", "net/scaling.rs", "slot.gain /= richness * width.sqrt()", "slot.gain /= richness * width", "limits"),
    Mutation("mup-rate", "net/scaling.rs", "richness * richness * width);", "richness * width * width);", "limits"),
    # Limit kernels with a derivative
    Mutation("moved-length", "op/limit/moved.rs", "tangent: 2.0 * q.value", "tangent: q.value", "limit_gradient"),
    Mutation("moved-gap", "op/limit/moved.rs", "(1.0, -q.sqrt() * other.sqrt())", "(1.0, q.sqrt() * other.sqrt())", "limit_gradient"),
    Mutation("moved-chain", "op/limit/moved.rs", "(sign * u - v) - part * u", "(sign * u - v) + part * u", "limit_gradient"),
    Mutation("moved-mean", "op/limit/moved.rs", "sums[i] / units.ncols() as f64", "sums[i]", "limit_gradient"),
    Mutation("bias-at-zero", "op/limit/gap.rs", "{ before - k * a }", "{ before + k * a }", "limit_gradient"),
    Mutation("kink-at-zero", "op/limit/moments.rs", "{ E::UNKNOWN };", "{ E::zero() };", "limit_gradient"),
    Mutation("series-in-variance", "op/activation/series.rs", "(j as f64 * a[j] + above)", "(j as f64 * a[j] - above)", "limit_gradient"),
    Mutation(
        "dual-atan2", "number/dual.rs", "- share(self.value) * (other.tangent", "+ share(self.value) * (other.tangent", "limit_gradient"
    ),
    # Numbers with a derivative
    Mutation(
        "dual-product",
        "number/dual.rs",
        "self.tangent * other.value + self.value * other.tangent",
        "self.tangent * other.value - self.value * other.tangent",
        "second_order",
    ),
    Mutation("dual-quotient", "number/dual.rs", "(self.tangent - value * other.tangent)", "(self.tangent + value * other.tangent)", "second_order"),
    Mutation("dual-tanh", "number/dual.rs", "F::one() - value * value", "F::one() + value * value", "second_order"),
    Mutation("dual-cosine", "number/dual.rs", "F::zero() - self.value.sin()", "self.value.sin()", "second_order"),
    Mutation("dual-weights", "linalg/element.rs", "add_dot(factor, &own, along, &mut product", "add_dot(factor + factor, &own, along, &mut product", "second_order"),
    Mutation(
        "dual-weights-shared", "linalg/element.rs", "add_dot(factor, &own, along, &mut moved", "add_dot(factor + factor, &own, along, &mut moved", "second_order"
    ),
    Mutation("dual-gradient", "linalg/element.rs", "Stacked::turned(&b, a.moves)", "Stacked::turned(&b, false)", "second_order"),
    Mutation("hessian-residual", "curvature/hessian.rs", "tangent: F::of(share * m)", "tangent: F::of(0.0 * m)", "second_order"),
    Mutation("kernel-derivative", "sweep/gram_derivative.rs", "cotangent * inputs", "inputs", "second_order"),
    Mutation(
        "input-injection", "op/injection.rs", "*sum.borrow_mut() += &cotangent;", "*sum.borrow_mut() += &cotangent.mapv(|c| c + c);", "second_order"
    ),
    # Dense
    Mutation(
        "weights-limit",
        "op/limit/mod.rs",
        "*k * tangent[0] + tangent[1];",
        "*k * tangent[0] - tangent[1];",
        "limits",
    ),
    # Convolution
    Mutation(
        "conv-same-padding", "op/limit/positions.rs", "[total / 2, total - total / 2]", "[total.div_ceil(2), total / 2]", "definitions"
    ),
    Mutation("conv-padding", "op/limit/positions.rs", "let [[top, _], [left, _]]", "let [[_, top], [left, _]]", "definitions"),
    Mutation(
        "conv-runs",
        "op/limit/positions.rs",
        "if run.place + run.length == place && run.position + run.length == position",
        "if run.place + run.length == place",
        "definitions",
    ),
    Mutation("conv-reverse", "op/affine/conv.rs", "|(x, &p)| *x += p", "|(x, &p)| *x += F::of(-1.0) * p", "derivatives"),
    Mutation(
        "conv-limit-pairs",
        "op/limit/positions.rs",
        "Pairs::All => (a * positions + b) as u32,",
        "Pairs::All => (a * positions + a) as u32,",
        "limits",
    ),
    Mutation(
        "conv-limit-padding",
        "op/limit/positions.rs",
        "(both.map(entry).collect(), places)",
        "(both.clone().map(entry).collect(), both.count() as f64)",
        "limits",
    ),
    # Pools and flattening
    Mutation(
        "average-pool-reverse",
        "op/pool/average_pool.rs",
        "self.by_part(cotangent.view(), input, true)",
        "self.by_part(cotangent.view(), input, true) * F::of(0.5)",
        "derivatives",
    ),
    Mutation(
        "average-pool-limit",
        "op/limit/positions.rs",
        "(a * positions + b) as u32));",
        "(a * positions + a) as u32));",
        "limits",
    ),
    Mutation(
        "average-pool-mean",
        "op/limit/positions.rs",
        "let single = |p: usize| (under[p].iter().map(|&a| a as u32).collect(), under[p].len() as f64);",
        "let single = |p: usize| (under[p].iter().map(|&a| a as u32).collect(), 1.0);",
        "limits",
    ),
    Mutation("max-pool", "op/pool/max_pool.rs", "if !(*y >= value", "if !(*y <= value", "definitions"),
    Mutation(
        "adaptive-pool-window",
        "op/pool/adaptive_pool.rs",
        "((unit + 1) * features).div_ceil(units)",
        "(((unit + 1) * features) / units).max(unit * features / units + 1)",
        "definitions",
    ),
    Mutation(
        "adaptive-pool-reverse",
        "op/pool/adaptive_pool.rs",
        "x.column_mut(feature).scaled_add(share, &column);",
        "x.column_mut(feature).scaled_add(F::one(), &column);",
        "derivatives",
    ),
    Mutation(
        "flatten-mean",
        "op/limit/positions.rs",
        "((0..places).map(|p| (p * parts + a) as u32).collect(), places as f64)",
        "((0..places).map(|p| (p * parts + a) as u32).collect(), 1.0)",
        "limits",
    ),
    Mutation(
        "gate-limit-mean",
        "op/limit/combine.rs",
        "mean: repeat(&m.mean, positions)",
        "mean: repeat(&m.mean, positions) * 0.5",
        "limits",
    ),
    Mutation(
        "flatten-limit",
        "op/limit/positions.rs",
        "((0..places).map(|p| entry(p, a, b)).collect(), places as f64)",
        "((0..places).map(|p| entry(p, a, b)).collect(), (places + 1) as f64)",
        "limits",
    ),
    # Attention and layer norm
    Mutation(
        "attention-scale",
        "op/affine/attention.rs",
        "F::of(1.0 / (self.keys.ncols() as f64).sqrt())",
        "F::of(1.0 / (self.keys.ncols() as f64))",
        "definitions",
    ),
    Mutation("attention-softmax", "op/affine/attention.rs", "*d = a * (*d - along)", "*d = a * (*d + along)", "derivatives"),
    Mutation("attention-keys", "op/affine/attention.rs", "|s, q| s.t().dot(&q)", "|s, q| s.dot(&q)", "derivatives"),
    Mutation(
        "layer-norm-reverse",
        "op/layer_norm.rs",
        "(*d - mean - y * along)",
        "(*d - mean + y * along)",
        "derivatives",
    ),
    Mutation(
        "layer-norm-limit",
        "op/limit/gaussian.rs",
        "(*entry.k - a.mean * b.mean)",
        "(*entry.k + a.mean * b.mean)",
        "limits",
    ),
    Mutation(
        "layer-norm-limit-tangent",
        "op/limit/gaussian.rs",
        "*ntk *= a.inverse * b.inverse;",
        "*ntk *= a.inverse * a.inverse;",
        "limits",
    ),
    # Activations
    Mutation(
        "relu-limit",
        "op/activation/relu.rs",
        "(-gap + 1.0 + share, gap - share)",
        "(-gap + 1.0 - share, gap + share)",
        "limits",
    ),
    Mutation(
        "rectified-power-limit",
        "op/activation/rectified_power.rs",
        "(-size + 1.0) * kernels[1] + factor * kernels[0]",
        "(-size + 1.0) * kernels[1] - factor * kernels[0]",
        "limits",
    ),
    Mutation(
        "rectified-power-slope",
        "op/activation/rectified_power.rs",
        "F::of(self.degree as f64) * input",
        "F::of(self.degree as f64 + 1.0) * input",
        "derivatives",
    ),
    Mutation("relu-mean", "op/activation/relu.rs", "(q / (2.0 * PI)).sqrt()", "(q / PI).sqrt()", "limits"),
    Mutation("erf-slope", "op/activation/erf.rs", "(F::zero() - input * input).exp()", "(F::zero() - input).exp()", "derivatives"),
    Mutation("tanh-slope", "op/activation/tanh.rs", "F::one() - output * output", "F::one() + output * output", "derivatives"),
    Mutation(
        "tanh-limit",
        "op/activation/series.rs",
        "ntk * sum(&a.slopes, &b.slopes, moments.r)",
        "ntk * sum(&a.values, &b.values, moments.r)",
        "limits",
    ),
    # Bias, scale, injection
    Mutation(
        "scale-reverse",
        "op/affine/scale.rs",
        "let products = &cotangent * &x.values;",
        "let products = &cotangent * &x.values * F::of(-1.0);",
        "derivatives",
    ),
    Mutation(
        "scale-limit-law",
        "op/affine/scale.rs",
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
        "op/combinator/hadamard.rs",
        "*c * (z + F::one())",
        "*c * (z - F::one())",
        "derivatives",
    ),
    Mutation("product-mean", "op/limit/combine.rs", "*m *= mz + s", "*m *= mz", "limits"),
    Mutation(
        "sum-limit-mean",
        "op/limit/combine.rs",
        "k + a.means[0] * b.means[1] + a.means[1] * b.means[0];",
        "k;",
        "limits",
    ),
    Mutation(
        "sum-independence",
        "op/combinator/branches.rs",
        "if state.units == Units::Differ",
        "if state.units == Units::Alike",
        "limits",
    ),
    Mutation(
        "gate-reverse",
        "op/combinator/branches.rs",
        "false => sum_positions(cotangent.view(), places).into_owned(),",
        "false => sum_positions(cotangent.view(), places).into_owned() * F::of(0.5),",
        "derivatives",
    ),
    Mutation(
        "concat-limit-share",
        "op/limit/combine.rs",
        "s.channels.unwrap_or(1) as f64 / total as f64",
        "s.channels.unwrap_or(1) as f64 / (total + 1) as f64",
        "limits",
    ),
    Mutation(
        "concat-reverse",
        "op/combinator/concat.rs",
        "cotangent.slice(s![.., start..end])",
        "cotangent.slice(s![.., 0..end - start])",
        "derivatives",
    ),
    # Parametrisations
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
        "sweep/output_pairs.rs",
        "Directions::Traced(_) => (0, index),",
        "Directions::Traced(_) => (0, 0),",
        "kernels",
    ),
    Mutation("streamed-outputs", "sweep/streamed.rs", "h[[i / b, j / b]]", "h[[i / b, i / b]]", "streamed"),
    Mutation(
        "streamed-whole",
        "sweep/slices.rs",
        "if splits.contains(&Split::Whole) {",
        "if splits.is_empty() {",
        "streamed",
    ),
    Mutation("few-terms-factor", "linalg/few_terms.rs", "*value = factor * v", "*value = v", "derivatives"),
    Mutation("few-terms-rows", "linalg/few_terms.rs", "(index * ROWS, ROWS.min", "(index * 2, ROWS.min", "derivatives"),
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
        try:
            output = build.stdout.read()
        except BaseException:
            os.killpg(build.pid, signal.SIGKILL)
            raise
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
    # So that what is stopped takes its copy along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
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
