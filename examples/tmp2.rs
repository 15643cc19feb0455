#![allow(unused_imports)]
use hadamard::prelude::*;
fn main() -> Result<()> {
let start = std::time::Instant::now();
let study = extrapolation().quick().run()?;
let _ = study.table()?;
let _ = study.powers()?;
let _ = study.unexplained()?;
let _ = study.figure();
let _ = study.curves(RegressionTarget::Cubic);
let _ = study.curves(RegressionTarget::SumOfSquares);
let _ = study.curves(RegressionTarget::Cosine(2.0));
let _ = study.outside()?;
let _ = study.recovery()?;
let _ = study.withheld()?;
let _ = study.slopes()?;
let _ = study.claims();
fn near(measured: Option<f64>, quoted: f64, share: f64) {
    assert!((measured.unwrap() / quoted - 1.0).abs() <= share, "{measured:?} {quoted}");
}
near(study.mean_r_squared("MLP, 1 hidden", 1), 0.9989, 1e-4);
near(study.mean_r_squared("MLP, 3 hidden", 1), 0.998, 1e-3);
near(study.mean_r_squared("product, N = 2", 1), 0.967, 1e-3);
near(study.mean_r_squared("product, N = 3", 1), 0.905, 2e-3);
near(study.mean_r_squared("product, N = 3", 2), 0.9986, 1e-4);
fn measured(verdicts: Verdicts, claim: &str) -> Option<f64> {
    verdicts.rows().iter().find(|v| v.claim.starts_with(claim)).map(|v| v.measured)
}
let names = ["product, N = 2", "CCP, N = 2", "product, N = 3", "CCP, N = 3"];
for (name, degree) in names.into_iter().zip([2, 2, 3, 3]) {
    let left = |degree| 1.0 - study.mean_r_squared(name, degree).unwrap();
    assert!(left(degree) < 1e-3 && left(degree - 1) > 2000.0 * left(degree) && left(degree) < 10.0 * left(degree + 1));
}
near(Some(1.0 - Rays::random(1, 1, (1.1, 10.0), 100, Seed(0))?.unexplained_power(3, 2)?), 0.9978, 1e-4);
near(measured(study.claims(), "MLP, 1 hidden, trained: mean"), 0.977, 2e-3);
near(measured(study.verdicts(), "MLP, 1 hidden, trained: median"), 0.996, 1e-3);
use RegressionTarget::{Cosine, Cubic, Linear, QuadraticForm, SumOfSquares};
near(study.median_error_outside("product, N = 3", "d = 1, cube 2.5 → 5", Cubic), 42.0, 0.02);
near(study.median_error_outside("MLP, 1 hidden", "d = 1, cube 2.5 → 5", Cubic), 99.0, 0.02);
near(study.median_error_outside("product, N = 3", "d = 2, cube 1 → 2", SumOfSquares), 2.1, 0.05);
near(study.median_error_outside("MLP, 1 hidden", "d = 2, cube 1 → 2", SumOfSquares), 25.0, 0.05);
for (network, error) in [("product, N = 3", 10.8), ("MLP, 1 hidden", 11.6), ("product, N = 2", 0.8)] {
    near(study.median_error_outside(network, "d = 1, cube 1 → 2", Linear(Seed(1))), error, 0.02);
}
for network in names.into_iter().chain(["MLP, 1 hidden", "MLP, 3 hidden"]) {
    assert!(study.median_error_outside(network, "d = 1, cube 1 → 2", Cosine(std::f64::consts::PI)).unwrap() > 200.0);
}
let bare = "d = 8, sphere 1 → 5, no bias";
for (network, line, form) in [("MLP, 1 hidden", 1.2, 81.0), ("product, N = 2", 373.0, 15.0)] {
    near(study.median_error_outside(network, bare, Linear(Seed(1))), line, 0.05);
    near(study.median_error_outside(network, bare, QuadraticForm(Seed(1))), form, 0.05);
}
near(study.recovery_error("product, N = 2", 400), 0.0016, 0.05);
near(study.recovery_error("MLP, 1 hidden", 400), 0.80, 0.02);
for (network, value) in [("product, N = 2", 43.0), ("product, N = 3", 195.0), ("CCP, N = 3", 122.0), ("MLP, 1 hidden", 9.0)] {
    near(study.far_out(network, SumOfSquares).map(|far| far.1), value, 0.02);
}
let half = "d = 2, ball 1 → 2, half-space withheld";
near(study.r_squared_withheld("MLP, 1 hidden", half, QuadraticForm(Seed(1))), 0.69, 0.01);
near(study.r_squared_withheld("product, N = 2", half, QuadraticForm(Seed(1))), 0.74, 0.01);
for verdict in study.verdicts().rows().iter().filter(|v| v.claim.contains("slope")) {
    assert!(verdict.measured <= 0.002, "{verdict:?}");
}
study.verdicts().write(report_folder())?;
assert!(study.verdicts().all_hold());
println!("NOTEBOOK OK");
let _ = study.verdicts();
println!("{:.1} s", start.elapsed().as_secs_f64());
Ok(())
}
