//! Seconds of a training step of the encoder of visual analogies in candle, on 224 images of 32 × 32, in `f32`.
//!
//! `cargo run --release --manifest-path tools/bench/candle/Cargo.toml --target-dir target/candle`; the same step in this crate is
//! `cargo run --release --example encoder_step`. A step is forward pass, backward pass and a step of gradient descent.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{Conv2dConfig, Module, Optimizer, SGD, VarBuilder, VarMap, conv2d, linear, seq};
use std::time::Instant;

const IMAGES: usize = 224;
const SIDE: usize = 32;
const REPEATS: usize = 30;

fn main() -> Result<()> {
    let (variables, device) = (VarMap::new(), Device::Cpu);
    let vb = VarBuilder::from_varmap(&variables, DType::F32, &device);
    let window = Conv2dConfig { stride: 2, padding: 1, ..Default::default() };
    let mut encoder = seq();
    for layer in 0..4 {
        let channels = if layer == 0 { 1 } else { 32 };
        encoder = encoder.add(conv2d(channels, 32, 4, window, vb.pp(format!("conv{layer}")))?).add_fn(|x| x.relu());
    }
    encoder = encoder.add_fn(|x| x.flatten_from(1));
    let flat = 32 * (SIDE / 16) * (SIDE / 16);
    for (layer, inputs) in [flat, 256].into_iter().enumerate() {
        encoder = encoder.add(linear(inputs, 256, vb.pp(format!("dense{layer}")))?).add_fn(|x| x.relu());
    }
    let encoder = encoder.add(linear(256, 256, vb.pp("latent"))?);
    let x = Tensor::rand(0f32, 1f32, (IMAGES, 1, SIDE, SIDE), &device)?;
    let y = Tensor::randn(0f32, 1f32, (IMAGES, 256), &device)?;
    let mut descent = SGD::new(variables.all_vars(), 1e-6)?;
    let mut seconds = Vec::new();
    for _ in 0..REPEATS {
        let start = Instant::now();
        let loss = (encoder.forward(&x)? - &y)?.sqr()?.sum_all()?;
        descent.backward_step(&loss)?;
        assert!(loss.to_scalar::<f32>()?.is_finite());
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("candle: median {:.4} s, best {:.4} s of {REPEATS} steps", seconds[REPEATS / 2], seconds[0]);
    Ok(())
}
