use hadamard::prelude::*;
fn main() -> Result<()> {
    let a: Vec<f64> = std::env::args().skip(1).map(|s| s.parse().unwrap()).collect();
    let start = std::time::Instant::now();
    let folds: Vec<usize> = a[3..].iter().map(|f| *f as usize).collect();
    let study =
        mnist_addition().per_pair(a[0] as usize).epochs(a[1] as usize).learning_rate(a[2]).folds(&folds).quiet();
    let study = if a[0] <= 50.0 { study.tested_per_pair(50) } else { study };
    let r = study.run()?;
    println!("{:?} {:.1} s", a, start.elapsed().as_secs_f64());
    println!("{}\n{}\n{}", r.table()?, r.by_fold()?, r.verdicts().frame()?);
    Ok(())
}
