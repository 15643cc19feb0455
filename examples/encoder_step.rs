//! Seconds of a training step of the encoder of visual analogies, on 224 images of 32 × 32, in `f32`; the same step in candle is
//! `tools/bench/candle`.

use hadamard::prelude::*;
use std::time::Instant;

const IMAGES: usize = 224;
const REPEATS: usize = 30;

fn main() -> Result<()> {
    hadamard::linalg::keep_freed_memory();
    let convolution = || serial([Conv::new(32, 4).stride(2, 2).bias(0.1).into(), relu()]);
    let wide = || serial([Dense::new(256).bias(0.1).into(), relu()]);
    let tree = serial([repeat(4, convolution()), flatten(), wide(), wide(), Dense::new(256).bias(0.1).into()]);
    let net = network("encoder", tree).image(32, 32, 1).parametrisation(Parametrisation::Standard);
    let mut network = net.init(Seed(0))?.cast::<f32>();
    let (x, y) = (sphere(IMAGES, 1024, Seed(1))?, sphere(IMAGES, 256, Seed(2))?);
    let (step, objective) = (Trainer::steps(1, Sgd::new(1e-6)), Objective::new(&x, &y, SquaredError)?);
    let mut seconds = Vec::new();
    for _ in 0..REPEATS {
        let start = Instant::now();
        step.train(&mut network, &objective)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("hadamard: median {:.4} s, best {:.4} s of {REPEATS} steps", seconds[REPEATS / 2], seconds[0]);
    Ok(())
}
