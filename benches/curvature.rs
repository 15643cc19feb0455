//! What second derivatives cost: a Hessian-vector product over a gradient of the same points, the sharpness along training over the
//! training, and the memory of a gradient.
//!
//! `tools/cargo bench --no-default-features --bench curvature [-- sharpness | memory POINTS]`: with arguments the sharpness alone, or the
//! memory of one gradient, of a process of its own. Times alternate in pairs, and the median of the ratios is printed.

use hadamard::prelude::*;
use std::hint::black_box;
use std::time::Instant;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn seconds<T>(run: impl FnOnce() -> Result<T>) -> Result<f64> {
    let start = Instant::now();
    black_box(run()?);
    Ok(start.elapsed().as_secs_f64())
}

/// A Hessian-vector product over a gradient.
fn ratio(name: &str, net: Net, [n, d]: [usize; 2], pairs: usize) -> Result<()> {
    let network = net.init(Seed(1))?;
    let x = sphere(n, d, Seed(0))? * (d as f64).sqrt();
    let y = x.column(0).to_owned().insert_axis(Axis(1));
    let direction: Vec<Matrix> = network.net().init(Seed(2))?.parameters().iter().map(|p| p.values.clone()).collect();
    let (mut gradients, mut products, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let gradient = seconds(|| network.vector_jacobian(&y, &x))?;
        let product = seconds(|| network.hessian_vector(&SquaredError, &direction, &x, &y))?;
        gradients.push(gradient);
        products.push(product);
        ratios.push(product / gradient);
    }
    let [gradient, product] = [gradients, products].map(median);
    println!(
        "{name:>10}: gradient {gradient:.4} s, Hessian-vector product {product:.4} s, ratio {:.2}",
        median(ratios)
    );
    Ok(())
}

fn deep(width: usize, activation: fn() -> Layer) -> Net {
    let layer = || [dense(width), activation()];
    network("MLP", serial([layer(), layer(), layer()].into_iter().flatten().chain([dense(1)])))
}

/// The sharpness every 10 of 100 steps over the steps, and its error against Lanczos to 1e-6.
fn sharpness(name: &str, net: Net) -> Result<()> {
    let x = sphere(500, 20, Seed(0))? * 20f64.sqrt();
    let y = Array2::from_shape_fn((500, 1), |(i, _)| (x[[i, 0]] * x[[i, 1]] + 0.5 * x[[i, 2]]).signum());
    let (objective, start) = (Objective::new(&x, &y, SquaredError)?, net.input(20).init(Seed(1))?);
    let plain = Trainer::steps(100, Sgd::new(0.3)).quiet();
    let watched = plain.clone().observe(Observer::new(When::Every(10)).sharpness());
    let mut shares = Vec::new();
    for _ in 0..5 {
        let bare = seconds(|| plain.train(&mut start.clone(), &objective))?;
        shares.push(seconds(|| watched.train(&mut start.clone(), &objective))? / bare - 1.0);
    }
    let run = watched.train(&mut start.clone(), &objective)?;
    let (mut trained, mut worst) = (start.clone(), 0.0f64);
    for found in run.records[0].values("sharpness")? {
        let hessian = trained.hessian_operator(&SquaredError, &x, &y)?;
        let exact = Lanczos::new(1, Seed(5)).tolerance(1e-6).run(&hessian)?.values[0];
        worst = worst.max((found / exact - 1.0).abs());
        Trainer::steps(10, Sgd::new(0.3)).quiet().train(&mut trained, &objective)?;
    }
    println!("{name:>10}: sharpness of 11 records over 100 steps {:.2}, largest error {worst:.1e}", median(shares));
    let mut gradients = Vec::new();
    for _ in 0..5 {
        let gradient = seconds(|| objective.gradient(&start))?;
        let hessian = start.hessian_operator(&SquaredError, &x, &y)?;
        // Of two random vectors, 25 steps each.
        gradients.push(seconds(|| SpectralDensity::new(25, 2, Seed(3)).run(&hessian))? / 2.0 / gradient);
    }
    println!("{name:>10}: 25 steps of Lanczos over a gradient {:.1}", median(gradients));
    Ok(())
}

/// Of this process, in MiB.
fn memory(key: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(key))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn gradient_memory(n: usize) -> Result<()> {
    let network = mlp(3).width(1024).input(16).init(Seed(1))?;
    let (x, u) = (sphere(n, 16, Seed(0))?, Array2::ones((n, 1)));
    let before = memory("VmRSS");
    let gradient = network.vector_jacobian(&u, &x)?;
    let own = gradient.iter().map(|g| g.len()).sum::<usize>() as f64 * 8.0 / f64::from(1 << 20);
    match before.zip(memory("VmHWM")) {
        Some((before, peak)) => {
            println!("MLP 3 × 1024, {n} points: parameters {own:.1} MiB, the gradient takes {:.1} MiB", peak - before)
        }
        None => println!("no /proc/self/status here"),
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [what, points] = &arguments[..]
        && what == "memory"
    {
        return gradient_memory(points.parse().expect("a number of points"));
    }
    hadamard::linalg::keep_freed_memory();
    if arguments != ["sharpness"] {
        products()?;
    }
    sharpness("tanh 512", deep(512, tanh))?;
    sharpness("MLP 512", deep(512, relu))
}

fn products() -> Result<()> {
    for width in [512, 2048] {
        let pairs = if width > 1000 { 5 } else { 15 };
        ratio(&format!("MLP {width}"), deep(width, relu).input(64), [500, 64], pairs)?;
        ratio(&format!("tanh {width}"), deep(width, tanh).input(64), [500, 64], pairs)?;
        ratio(&format!("CCP {width}"), ccp(3).width(width).input(10), [1000, 10], 25)?;
    }
    let layers = [conv(32, 3), relu(), conv(32, 3), relu(), global_average_pool(), dense(1)];
    ratio("CNN", network("CNN", serial(layers)).image(12, 12, 3), [64, 432], 15)
}
