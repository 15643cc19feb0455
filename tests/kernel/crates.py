"""Crates that a user adds to a notebook that has begun: each compiles, and an `ndarray` array passes between it and ours.

    python -m tests.kernel.crates [NAME...]

The first run compiles them; a line each, with the seconds of the cell that adds and of one after it. With the network gone, or a crate
that there is not, the answer is in words.
"""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from .session import LOAD, Session

# Sessions that run at once; most of a crate compiles on one core.
AT_ONCE = 3

OURS = "let x = sphere(8, 3, Seed(0))?;"
# Crate, its line, a cell that uses it on `x`, what it prints. FOLDER is one that goes after it.
CRATES = [
    ("rayon", 'rayon = "1"', "use rayon::prelude::*;\nprintln!(\"{:.6}\", x.as_slice().expect(\"whole\").par_iter().map(|v| v * v).sum::<f64>());", "8.000000"),
    ("itertools", 'itertools = "0.14"', 'use itertools::Itertools;\nprintln!("{}", x.rows().into_iter().map(|r| format!("{:.6}", r.dot(&r))).unique().join(" "));', "1.000000"),
    ("num-complex", 'num-complex = "0.4"', 'let z = num_complex::Complex::new(0.0, 1.0);\nprintln!("{}", (x.mapv(|v| num_complex::Complex::new(v, 0.0)) * z)[[0, 0]].im == x[[0, 0]]);', "true"),
    ("num-traits", 'num-traits = "0.2"', "fn twice<T: num_traits::Float>(v: T) -> T { v + v }\nprintln!(\"{}\", twice(x.nrows() as f64));", "16"),
    ("rustfft", 'rustfft = "6"', "use rustfft::{FftPlanner, num_complex::Complex};\nlet mut wave: Vec<Complex<f64>> = (0..8).map(|i| Complex::new(if i % 2 == 0 { 1.0 } else { -1.0 }, 0.0)).collect();\nFftPlanner::new().plan_fft_forward(8).process(&mut wave);\nprintln!(\"{}\", wave[4].re);", "8"),
    ("nalgebra", 'nalgebra = "0.33"', 'let m = nalgebra::DMatrix::from_row_slice(8, 3, x.as_slice().expect("whole"));\nprintln!("{:.6}", m.norm_squared());', "8.000000"),
    ("statrs", 'statrs = "0.18"', 'use statrs::distribution::{ContinuousCDF, Normal};\nprintln!("{:.6}", Normal::new(0.0, 1.0)?.cdf(1.96));', "0.975002"),
    ("approx", 'approx = "0.5"', 'approx::assert_abs_diff_eq!(x, x.mapv(|v| v + 1e-12), epsilon = 1e-9);\nprintln!("near");', "near"),
    ("ndarray-npy", 'ndarray-npy = "0.10"', 'ndarray_npy::write_npy("FOLDER/x.npy", &x)?;\nlet back: Matrix = ndarray_npy::read_npy("FOLDER/x.npy")?;\nprintln!("{}", back == x);', "true"),
    ("ndarray-stats", 'ndarray-stats = "0.7"', 'use ndarray_stats::QuantileExt;\nprintln!("{}", x.max()? <= &1.0);', "true"),
    ("ndarray-rand", 'ndarray-rand = "0.16"', "use ndarray_rand::{RandomExt, rand_distr::Uniform};\nlet noise = Matrix::random((8, 3), Uniform::new(0.0, 1.0)?);\nprintln!(\"{:?}\", (&x + &noise).dim());", "(8, 3)"),
    ("serde_json", 'serde_json = "1"', 'println!("{}", serde_json::to_string(&array![[1.0, 2.0]])?);', '{"v":1,"dim":[1,2],"data":[1.0,2.0]}'),
    ("rand", 'rand = "0.9"', "use rand::{Rng, SeedableRng, rngs::StdRng};\nlet draw: f64 = StdRng::seed_from_u64(1).random();\nprintln!(\"{}\", (0.0..1.0).contains(&draw));", "true"),
    ("tokio", 'tokio = { version = "1", features = ["rt-multi-thread"] }', 'println!("{}", tokio::runtime::Runtime::new()?.block_on(async { 6 * 7 }));', "42"),
    ("plotters", 'plotters = { version = "0.3", default-features = false, features = ["svg_backend", "line_series"] }', 'use plotters::prelude::*;\nlet mut svg = String::new();\n{\n    let area = SVGBackend::with_string(&mut svg, (200, 100)).into_drawing_area();\n    area.fill(&WHITE)?;\n    area.present()?;\n}\nprintln!("{}", svg.contains("</svg>"));', "true"),
    ("ndarray", 'ndarray = "0.17"', 'let y: ndarray::Array2<f64> = x.clone();\nprintln!("{:?}", y.dim());', "(8, 3)"),
    ("polars", 'polars = { version = "0.55", default-features = false, features = ["lazy"] }', 'use polars::prelude::*;\nprintln!("{}", df!("a" => [1.0, 3.0])?.lazy().select([col("a").mean()]).collect()?.column("a")?.f64()?.get(0).expect("one row"));', "2"),
]
# What cannot be, and a word of the answer.
REFUSED = [
    ("a crate on another ndarray", 'ndarray-npy = "0.9"', 'ndarray_npy::write_npy("FOLDER/x.npy", &x)?;', "multiple different versions of crate"),
    ("no such crate", 'hadamard-no-such-crate = "1"', "", "no matching package"),
    ("a feature that is not built in", 'polars = { version = "0.55", default-features = false, features = ["avro"] }', "", "without its feature avro"),
]


def tried(line, cell):
    """Answers of the cell that adds a crate and of the one that uses it, in a session of their own."""
    with Session() as session, tempfile.TemporaryDirectory() as folder:
        for code in (LOAD, OURS):
            answer = session.run(code)
            if answer.error:
                raise SystemExit(f"{code}: {answer.text()}")
        added = session.run(f":dep {line}")
        used = session.run(cell.replace("FOLDER", folder)) if cell and not added.error else added
        return added, used


def main():
    """Prints a line for each; returns how many are wrong."""
    chosen = sys.argv[1:]
    crates = [(crate, True) for crate in CRATES] + [(crate, False) for crate in REFUSED]
    crates = [(crate, compiles) for crate, compiles in crates if not chosen or crate[0] in chosen]
    failed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(lambda crate: tried(crate[0][1], crate[0][2]), crates)
        for (((name, _, _, expected), compiles), (added, used)) in zip(crates, answers, strict=True):
            right = not used.error and used.stdout.strip() == expected if compiles else expected in added.text() + used.text()
            words = f"right  added in {added.seconds:.1f} s, used in {used.seconds:.1f} s" if compiles else "refused in words"
            failed += not right
            print(f"{name:>16}  {words if right else 'WRONG'}", flush=True)
            if not right:
                print(used.text())
    return failed


if __name__ == "__main__":
    raise SystemExit(main() > 0)
