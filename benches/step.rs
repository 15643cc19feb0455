//! Times a step of full-batch training of the anchor paper's spectral net, for the comparison with JAX: `make bench` runs both side
//! by side.
//!
//! Reads lines `CASE DTYPE REPEATS` and answers each with a JSON list of seconds per step. The only case is `spectral_step`: CCP,
//! N = 9, width 32,768, 1000 points in R^10.

use hadamard::prelude::*;
use std::io::{BufRead, Write};
use std::time::Instant;

/// Steps of the longer and of the shorter of two runs, whose difference leaves out what a run takes besides.
const STEPS: (u64, u64) = (3, 1);

struct Prepared {
    network: Network<f32>,
    x: Matrix,
    y: Vector,
}

impl Prepared {
    fn new() -> Result<Self> {
        let network = ccp(9).width(32_768).input(10).init(Seed(1))?.cast::<f32>();
        let x = sphere(1000, 10, Seed(0))?;
        let y = x.column(0).to_owned();
        Ok(Self { network, x, y })
    }

    fn run(&mut self, steps: u64) -> Result<f64> {
        let start = Instant::now();
        FullBatch::new(1e-6, steps).record_every(steps).train(&mut self.network, &self.x, &self.y)?;
        Ok(start.elapsed().as_secs_f64())
    }

    fn seconds(&mut self) -> Result<f64> {
        let (short, long) = (self.run(STEPS.1)?, self.run(STEPS.0)?);
        Ok((long - short) / (STEPS.0 - STEPS.1) as f64)
    }
}

fn answer(line: &str, prepared: &mut Option<Prepared>) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["spectral_step", "f32", repeats] = words[..] else {
        return Err(format!("expected spectral_step f32 REPEATS, got {line:?}"));
    };
    let repeats: usize = repeats.parse().map_err(|e| format!("{repeats}: {e}"))?;
    let mut run = || -> Result<Vec<f64>> {
        if prepared.is_none() {
            *prepared = Some(Prepared::new()?);
        }
        prepared.iter_mut().flat_map(|p| (0..repeats).map(|_| p.seconds()).collect::<Vec<_>>()).collect()
    };
    let times = run().map_err(|e| e.to_string())?;
    Ok(format!("[{}]", times.iter().map(|t| format!("{t:.6}")).collect::<Vec<_>>().join(", ")))
}

fn main() {
    let mut prepared = None;
    for line in std::io::stdin().lock().lines().map_while(Result::ok).filter(|l| !l.trim().is_empty()) {
        match answer(&line, &mut prepared) {
            Ok(times) => println!("{times}"),
            Err(message) => {
                eprintln!("{message}");
                std::process::exit(1);
            }
        }
        std::io::stdout().flush().unwrap_or(());
    }
}
