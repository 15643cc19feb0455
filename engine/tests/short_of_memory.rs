//! Regressions, spectra and posteriors in a process whose memory is limited: an error, and everything there as before.

#![cfg(target_os = "linux")]

use hadamard_engine::data::{Seed, sphere};
use hadamard_engine::net::mlp;
use hadamard_engine::regression::{LearningRate, LossFlow, RidgeChoice, SquaredError};
use hadamard_engine::{Error, Result};
use ndarray::{Array1, Array2};
use std::process::Command;

/// Set for the process that runs short.
const SHORT: &str = "HADAMARD_SHORT_OF_MEMORY";
const POINTS: usize = 4000;
const FEW: usize = 1000;

/// Limits the address space to so many bytes more than are in use.
fn limit(more: u64) {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
    // SAFETY: plain numbers.
    unsafe {
        let bytes = pages * libc::sysconf(libc::_SC_PAGESIZE) as u64 + more;
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
        assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &limit), 0);
    }
}

/// What the process does whose memory is limited.
fn run_short() -> Result<()> {
    let x = sphere(POINTS, 3, Seed(0))?;
    let few = x.slice(ndarray::s![..FEW, ..]).to_owned();
    let y = x.column(0).to_owned();
    let few_y = few.column(0).to_owned();
    let net = mlp(1);
    let (all, train, cross) = (net.limit_kernel(&x)?, net.limit_kernel(&few)?, net.limit_kernel_between(&x, &few)?);
    let regression = train.ntk().regression(&few_y)?;
    let ensemble = train.ensemble(&few_y)?;
    let ridge = regression.ridge(0.1)?;
    let (flow, descent) = (regression.gradient_flow(), regression.gradient_descent(LearningRate::MatchTop(0.5))?);
    let times: Vec<f64> = (0..50_000).map(f64::from).collect();
    let coefficients = ridge.coefficients.clone();
    let (many, directions) = (Array2::ones((FEW, 40_000)), Array2::ones((POINTS, FEW)));
    limit(200 << 20);
    let refused = |what: &str, result: Result<()>| match result {
        Err(Error::Memory { needed, .. }) => assert!(needed > 200 << 20, "{what}: {needed}"),
        other => panic!("{what}: {other:?}"),
    };
    refused("regression", all.ntk().regression(&y).map(drop));
    refused("spectrum", all.ntk().spectrum().map(drop));
    refused("ensemble", all.ensemble(&y).map(drop));
    refused("full kernel", all.ntk().full(2).map(drop));
    refused("posterior", regression.posterior(0.1, cross.ntk(), all.ntk()).map(drop));
    refused("trained networks", ensemble.at(10.0, 0.1, &cross, &all).map(drop));
    refused("residuals", flow.residuals(&times).map(drop));
    refused("steps", descent.residuals(&times).map(drop));
    refused("predictions", flow.predict(&times).map(drop));
    refused("predictions on others", flow.predict_on(cross.ntk(), &Array1::zeros(POINTS), &times).map(drop));
    refused("projections", flow.project(&directions, &times).map(drop));
    refused("a loss", LossFlow::new(SquaredError).run(&regression, &times).map(drop));
    refused("many targets", train.ntk().regression(&many).map(drop));
    // 128 MB for a centred kernel is there, once and not twice.
    match all.ntk().centred_target_alignment(&y) {
        Ok(alignment) => assert!(alignment.is_finite()),
        Err(error) => assert!(matches!(error, Error::Memory { .. }), "{error}"),
    }
    // What fits goes on.
    assert!(ridge.predict(cross.ntk())?.len() == POINTS && regression.ridge(0.1)?.coefficients == coefficients);
    let choice = RidgeChoice::Validation { cross: cross.ntk(), targets: &y };
    let chosen = regression.ridge_by(choice, &[0.1, 1.0]);
    assert!(matches!(chosen, Ok(_) | Err(Error::Memory { .. })), "{chosen:?}");
    Ok(())
}

#[test]
fn a_process_short_of_memory_answers_with_errors_and_lives() {
    // This test starts itself.
    if std::env::var_os(SHORT).is_some() {
        return run_short().unwrap();
    }
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_process_short_of_memory_answers_with_errors_and_lives", "--nocapture", "--test-threads=1"])
        .env(SHORT, "1")
        .output()
        .unwrap();
    assert!(child.status.success(), "{}\n{}", child.status, String::from_utf8_lossy(&child.stderr));
}
