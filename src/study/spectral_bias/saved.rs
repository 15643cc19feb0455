//! A network's results in a checkpoint.

use super::{Rule, Run};
use crate::error::Result;
use crate::internal::Arrays;
use crate::net::Net;
use ndarray::{Array1, Ix1, Ix2};

/// The Mercer coefficients and both runs of a network.
pub(super) fn arrays(mercer: &[f64], runs: &[Run]) -> Arrays {
    let arrays = Arrays::new().with("mercer", Array1::from(mercer.to_vec()));
    runs.iter().fold(arrays, |arrays, run| {
        let Run { network: _, rule, rate, hessian_max, hessian_min, train, held_out, half_lives } = run;
        let name = |what: &str| format!("{}_{what}", rule.name());
        // Steps are numbers, so that NaN stands for none.
        let half_lives: Array1<f64> = half_lives.iter().map(|steps| steps.unwrap_or(f64::NAN)).collect();
        arrays
            .number(&name("rate"), *rate)
            .number(&name("hessian_max"), *hessian_max)
            .number(&name("hessian_min"), *hessian_min)
            .with(&name("train"), train.clone())
            .with(&name("held_out"), held_out.clone())
            .with(&name("half_lives"), half_lives)
    })
}

/// What [`arrays`] was given, for so many times, frequencies and Mercer coefficients.
///
/// # Errors
/// [`Error::Store`](crate::Error::Store) for arrays of other names or shapes.
pub(super) fn restore(
    net: &Net,
    found: &mut Arrays,
    (times, frequencies, degrees): (usize, usize, usize),
) -> Result<(Vec<f64>, Vec<Run>)> {
    let mercer = found.take::<Ix1>("mercer", degrees)?.to_vec();
    let runs = [Rule::Fixed, Rule::Matched].into_iter().map(|rule| {
        let name = |what: &str| format!("{}_{what}", rule.name());
        let half_lives = found.take::<Ix1>(&name("half_lives"), frequencies)?;
        Ok(Run {
            network: net.name().into(),
            rule,
            rate: found.take_number(&name("rate"))?,
            hessian_max: found.take_number(&name("hessian_max"))?,
            hessian_min: found.take_number(&name("hessian_min"))?,
            train: found.take::<Ix2>(&name("train"), (times, frequencies))?,
            held_out: found.take::<Ix2>(&name("held_out"), (times, frequencies))?,
            half_lives: half_lives.iter().map(|&steps| (!steps.is_nan()).then_some(steps)).collect(),
        })
    });
    Ok((mercer, runs.collect::<Result<_>>()?))
}
