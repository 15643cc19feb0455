//! The study of Thompson sampling.

use super::column;
use hadamard::prelude::*;

fn small() -> ThompsonSampling {
    thompson_sampling().sizes(Profile::Trial).quiet()
}

/// Random search is the same as uniform points, whatever else the study does; all methods begin with the same ones.
#[test]
fn regrets_are_what_is_left_of_the_searches_own_values() -> Result<()> {
    let study = small().functions([TestFunction::Branin]).searches(3);
    let report = study.run()?;
    let (function, seed) = (TestFunction::Branin, Seed(0).child(1).child(0));
    let left = |k: u64| {
        let mut search = BayesianOptimisation::new(&function.bounds(), RandomSearch, seed.child(k))
            .start(4)
            .candidates(20, 1)
            .minimise()
            .quiet();
        search.run(3, |x| function.value(x))?;
        Ok::<f64, Error>(search.best().expect("evaluations").1 - function.minimum())
    };
    let expected = sample_mean(&[left(0)?, left(1)?, left(2)?])?;
    let found = report.regret(function, "random").expect("random search");
    assert!(
        (found.mean - expected.mean).abs() <= 1e-12 && (found.half_interval - expected.half_interval).abs() <= 1e-12
    );
    let table = report.table()?;
    assert_eq!(table.height(), 7);
    assert!(column(&table, "regret").iter().all(|regret| *regret >= 0.0));
    let evaluations: Vec<_> = table.column("evaluations")?.u64()?.into_no_null_iter().collect();
    assert_eq!(evaluations[5..], [7, 8]);
    Ok(())
}

#[test]
fn other_settings_are_refused_with_their_numbers() {
    let refused = |study: ThompsonSampling| study.quiet().run().unwrap_err().to_string();
    assert!(refused(small().noise(0.0)).contains("the noise is 0"));
    assert!(refused(small().batch(1)).contains("the batch is 1"));
    assert!(refused(small().searches(1)).contains("the number of searches is 1"));
    assert!(refused(small().functions([TestFunction::Ackley(0)])).contains("the number of dimensions is 0"));
    assert!(refused(small().functions([TestFunction::Branin, TestFunction::Branin])).contains("Branin"));
    assert!(refused(small().widths([8, 8])).contains("a width is 8"));
    assert!(refused(small().digits((0, 10))).contains("digits that are fitted is 0"));
    assert!(refused(small().rounds(0)).contains("the number of rounds is 0"));
}
