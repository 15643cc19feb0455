//! Times finite-width kernels, and a training step, for the comparison with other libraries: `make bench` runs both side by side.
//!
//! Reads lines `CASE DTYPE REPEATS` and answers each with a JSON list of seconds. The cases are those of tools/bench/peer.py.

use hadamard::prelude::*;
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

/// A call that is timed, with what it needs, which stays between requests, as the other side's compiled calls do.
type Prepared = Box<dyn FnMut() -> Result<f64>>;

fn kernel<F: hadamard::Compute>(network: Network<F>, x: Matrix) -> Prepared {
    let rows = x.nrows() * network.outputs_count();
    Box::new(move || {
        let start = Instant::now();
        let kernels = network.kernel(&x)?;
        let time = start.elapsed().as_secs_f64();
        assert_eq!(kernels.ntk().values().dim(), (rows, rows));
        Ok(time)
    })
}

/// A step of full-batch training of the anchor paper's spectral net: the difference of a run of three steps and one of one, by
/// two, which leaves out what a run takes besides.
fn spectral_step() -> Result<Prepared> {
    let mut network = ccp(9).width(32_768).input(10).init(Seed(1))?.cast::<f32>();
    let x = sphere(1000, 10, Seed(0))?;
    let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?;
    let mut run = move |steps: u64| -> Result<f64> {
        let start = Instant::now();
        Trainer::steps(steps, Sgd::new(1e-6)).quiet().train(&mut network, &objective)?;
        Ok(start.elapsed().as_secs_f64())
    };
    Ok(Box::new(move || {
        let short = run(1)?;
        Ok((run(3)? - short) / 2.0)
    }))
}

/// A Hessian-vector product of the mean squared error: `KIND_WIDTH`.
fn hessian_vector(case: &str) -> Option<Result<Prepared>> {
    let (kind, width) = case.split_once('_')?;
    let width: usize = width.parse().ok()?;
    let (net, n, d) = match kind {
        "mlp" => {
            let layer = || [dense(width), relu()];
            (network("MLP", serial([layer(), layer(), layer()].into_iter().flatten().chain([dense(1)]))), 500, 64)
        }
        "ccp" => (ccp(3).width(width), 1000, 10),
        _ => return None,
    };
    let prepared = || -> Result<Prepared> {
        let network = net.input(d).init(Seed(1))?;
        let x = sphere(n, d, Seed(0))? * (d as f64).sqrt();
        let y = x.column(0).to_owned().insert_axis(Axis(1));
        let direction: Vec<Matrix> =
            network.net().init(Seed(2))?.parameters().iter().map(|p| p.values.clone()).collect();
        Ok(Box::new(move || {
            let start = Instant::now();
            std::hint::black_box(network.hessian_vector(&SquaredError, &direction, &x, &y)?);
            Ok(start.elapsed().as_secs_f64())
        }))
    };
    Some(prepared())
}

fn prepare(name: &str, dtype: &str) -> Result<Prepared, String> {
    let run = |(net, n): (Net, usize)| -> Result<Prepared> {
        let network = net.init(Seed(1))?;
        let features = network.parameters()[0].values.nrows();
        let inputs = if name == "cnn" { 12 * 12 * 3 } else { features };
        let x = sphere(n, inputs, Seed(0))? * (inputs as f64).sqrt();
        Ok(if dtype == "f32" { kernel(network.cast::<f32>(), x) } else { kernel(network, x) })
    };
    let hessian = || name.strip_prefix("hessian_").filter(|_| dtype == "f64").and_then(hessian_vector);
    let prepared = match (name, dtype, case(name)) {
        ("spectral_step", "f32", _) => spectral_step(),
        (_, _, Some(case)) => run(case),
        _ => hessian().ok_or_else(|| format!("no case {name} {dtype}"))?,
    };
    let mut prepared = prepared.map_err(|e| e.to_string())?;
    // The first call warms up.
    prepared().map_err(|e| e.to_string())?;
    Ok(prepared)
}

fn answer(line: &str, current: &mut Option<(String, Prepared)>) -> Result<String, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, dtype, repeats] = words[..] else { return Err(format!("expected CASE DTYPE REPEATS, got {line:?}")) };
    let repeats: usize = repeats.parse().map_err(|e| format!("{repeats}: {e}"))?;
    let key = format!("{name} {dtype}");
    if current.as_ref().is_none_or(|(of, _)| *of != key) {
        // One at a time, so that no case lives beside the memory of others.
        *current = None;
        *current = Some((key, prepare(name, dtype)?));
    }
    let Some((_, prepared)) = current else { return Err("nothing was prepared".into()) };
    let times: Vec<f64> = (0..repeats).map(|_| prepared()).collect::<Result<_>>().map_err(|e| e.to_string())?;
    Ok(format!("[{}]", times.iter().map(|t| format!("{t:.6}")).collect::<Vec<_>>().join(", ")))
}

fn main() {
    hadamard::linalg::keep_freed_memory();
    let mut current = None;
    for line in std::io::stdin().lock().lines().map_while(Result::ok).filter(|l| !l.trim().is_empty()) {
        match answer(&line, &mut current) {
            Ok(times) => println!("{times}"),
            Err(message) => {
                eprintln!("{message}");
                std::process::exit(1);
            }
        }
        std::io::stdout().flush().unwrap_or(());
    }
}
