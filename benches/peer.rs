//! Times finite-width kernels for the comparison with another library: `make bench` runs both side by side.
//!
//! Reads lines `CASE DTYPE REPEATS` and answers each with a JSON list of seconds. The cases are those of tools/bench/peer.py.

use hadamard::prelude::*;
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::time::Instant;

/// The network and the number of points of a case.
fn case(name: &str) -> Option<(Net, usize)> {
    let relu_mlp = |width: usize, outputs: usize| {
        let layer = || [dense(width), relu()];
        network("MLP", serial([layer(), layer(), layer()].into_iter().flatten().chain([dense(outputs)])))
    };
    let conv_relu = || [conv(32, 3), relu()];
    Some(match name {
        "product" => {
            let branch = || serial([dense(4096), relu()]);
            (network("product", serial([hadamard([branch(), branch(), branch()]), dense(1)])).input(10), 1000)
        }
        "mlp" => (relu_mlp(1024, 1).input(64), 500),
        "mlp_ten_outputs" => (relu_mlp(512, 10).input(64), 200),
        "cnn" => {
            let layers = [conv_relu(), conv_relu()].into_iter().flatten();
            (network("CNN", serial(layers.chain([global_average_pool(), dense(1)]))).image(12, 12, 3), 64)
        }
        _ => return None,
    })
}

/// A network with its points, which stay between requests, as the other side's compiled calls do.
struct Prepared {
    kernel: Box<dyn Fn() -> Result<Kernels>>,
    rows: usize,
}

impl Prepared {
    fn new<F: hadamard::linalg::Scalar>(network: Network<F>, x: Matrix) -> Result<Self> {
        let rows = x.nrows() * network.outputs_count();
        let prepared = Self { kernel: Box::new(move || network.kernel(&x)), rows };
        // The first run warms up.
        prepared.seconds()?;
        Ok(prepared)
    }

    fn seconds(&self) -> Result<f64> {
        let start = Instant::now();
        let kernels = (self.kernel)()?;
        let time = start.elapsed().as_secs_f64();
        assert_eq!(kernels.ntk().values().dim(), (self.rows, self.rows));
        Ok(time)
    }
}

fn prepare(name: &str, dtype: &str) -> Result<Prepared, String> {
    let (net, n) = case(name).ok_or_else(|| format!("no case {name}"))?;
    let run = || -> Result<Prepared> {
        let network = net.init(Seed(1))?;
        let features = network.parameters()[0].values.nrows();
        let inputs = if name == "cnn" { 12 * 12 * 3 } else { features };
        let x = sphere(n, inputs, Seed(0))? * (inputs as f64).sqrt();
        if dtype == "f32" { Prepared::new(network.cast::<f32>(), x) } else { Prepared::new(network, x) }
    };
    run().map_err(|e| e.to_string())
}

fn answer(line: &str, prepared: &mut HashMap<String, Prepared>) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, dtype, repeats] = words[..] else { return Err(format!("expected CASE DTYPE REPEATS, got {line:?}")) };
    let repeats: usize = repeats.parse().map_err(|e| format!("{repeats}: {e}"))?;
    let key = format!("{name} {dtype}");
    if !prepared.contains_key(&key) {
        // One at a time, so that no case lives beside the memory of others.
        prepared.clear();
        prepared.insert(key.clone(), prepare(name, dtype)?);
    }
    let times: Result<Vec<f64>> = (0..repeats).map(|_| prepared[&key].seconds()).collect();
    let times = times.map_err(|e| e.to_string())?;
    Ok(format!("[{}]", times.iter().map(|t| format!("{t:.6}")).collect::<Vec<_>>().join(", ")))
}

fn main() {
    let mut prepared = HashMap::new();
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
