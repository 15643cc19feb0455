//! Large kernels in tiles: what `make scale` runs, kills and resumes.
//!
//! `finite POINTS FOLDER`: the NTK of an MLP, d = 64, 3 hidden layers of width 1024, within 4 GiB.
//! `limit POINTS FOLDER TILES`: plans the limit NTK and computes its first tiles.

use hadamard::prelude::*;
use std::time::Instant;

fn points(n: usize) -> Result<Matrix> {
    Ok(sphere(n, 64, Seed(0))? * 8.0)
}

fn run(arguments: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["finite", n, folder] => {
            let network = mlp(3).width(1024).input(64).init(Seed(1))?;
            let start = Instant::now();
            network.tiled_kernel(&points(n.parse()?)?, folder).budget(Budget::gib(4.0)).run()?;
            println!("seconds {:.3}", start.elapsed().as_secs_f64());
        }
        ["limit", n, folder, tiles] => {
            let (net, x) = (mlp(3), points(n.parse()?)?);
            let run = net.tiled_limit_kernel(&x, folder).budget(Budget::gib(4.0)).at_most(tiles.parse()?);
            let start = Instant::now();
            println!("{}", run.run()?);
            println!("seconds {:.3}", start.elapsed().as_secs_f64());
        }
        _ => return Err("expected finite POINTS FOLDER or limit POINTS FOLDER TILES".into()),
    }
    Ok(())
}

fn main() {
    hadamard::linalg::keep_freed_memory();
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let Err(e) = run(&arguments) {
        eprintln!("{e}");
        std::process::exit(1);
    }
}
