//! The study of super consistency.

use hadamard::prelude::*;

fn small() -> SuperConsistency {
    super_consistency().sizes(Profile::Trial).quiet()
}

/// Two linear layers: `f = w·W x / (γ √(m d))`, whose tangent kernel and descent are written out in matrices.
#[test]
fn the_linear_models_kernel_moves_as_written_out() -> Result<()> {
    let (widths, steps) = ([4, 8, 16], 3);
    let report = small().linear_widths(widths).linear_steps(steps).networks(1).run()?;
    let seed = Seed(0);
    let x = gaussian(100, 100, seed.child(4).child(0))?;
    let teacher = gaussian(100, 1, seed.child(4).child(1))?.column(0).to_owned() / 10.0;
    let y = x.dot(&teacher);
    for (parametrisation, rich) in [(Parametrisation::Ntk, false), (Parametrisation::MuP, true)] {
        let found = report.linear_motion(parametrisation);
        for (width, motion) in found {
            let net = network("two linear layers", serial([hidden(), dense(1)])).parametrisation(parametrisation);
            let start = net.width(width).input(100).init(seed.child(5).child(0))?;
            let [mut first, mut second] = [0, 1].map(|k| start.parameters()[k].values.clone());
            let gamma = if rich { (width as f64).sqrt() } else { 1.0 };
            let scale = 1.0 / (gamma * (width as f64 * 100.0).sqrt());
            let top = |first: &Matrix, second: &Matrix| {
                let features = x.dot(first) * scale;
                let gram = x.dot(&x.t()) * (scale * scale * second.iter().map(|w| w * w).sum::<f64>())
                    + features.dot(&features.t());
                Ok::<f64, Error>(Lanczos::new(1, Seed(0)).run(&(gram * (gamma * gamma)))?.values[0])
            };
            let before = top(&first, &second)?;
            for _ in 0..steps {
                let left = (x.dot(&first).dot(&second).column(0).to_owned() * scale - &y).insert_axis(Axis(1));
                let rate = 5.0 * gamma * gamma * scale / 100.0;
                let by_first = x.t().dot(&left).dot(&second.t()) * rate;
                let by_second = first.t().dot(&x.t().dot(&left)) * rate;
                first = first - by_first;
                second = second - by_second;
            }
            let expected = (top(&first, &second)? / before - 1.0).abs();
            // Trained in single precision.
            assert!((motion - expected).abs() <= 1e-4 * (1.0 + expected), "{width}: {motion} and {expected}");
        }
    }
    Ok(())
}

/// Before training, against the explicit Hessian by central differences of the gradient.
#[test]
fn sharpness_is_the_largest_eigenvalue_of_the_hessian() -> Result<()> {
    let report = small().widths([2, 3]).networks(1).run()?;
    for (parametrisation, gamma) in [(Parametrisation::Ntk, 1.0), (Parametrisation::MuP, 3.0)] {
        let found = report.sharpness(parametrisation, 0.2, 3).expect("a course")[0].1;
        let x = gaussian(12, 3, Seed(0).child(0))?;
        let y: Vector = x.rows().into_iter().map(|r| if r[0] * r[1] + 0.5 * r[2] > 0.0 { 1.0 } else { -1.0 }).collect();
        let objective = Objective::new(&x, &y, SquaredError)?;
        let layers = serial([hidden(), tanh(), scale(1.59), dense(1)]);
        let start = network("one", layers)
            .parametrisation(parametrisation)
            .width(3)
            .input(3)
            .init(Seed(0).child(1).child(0))?;
        let count: usize = start.parameters().iter().map(|p| p.values.len()).sum();
        let gradient = |at: usize, by: f64| {
            let mut moved = start.clone();
            let mut left = at;
            for parameter in moved.parameters_mut() {
                let size = parameter.values.len();
                if left < size {
                    *parameter.values.iter_mut().nth(left).expect("an entry") += by;
                    break;
                }
                left -= size;
            }
            let gradients = objective.gradient(&moved)?.1;
            Ok::<Vector, Error>(gradients.into_iter().flatten().collect())
        };
        let mut hessian = Matrix::zeros((count, count));
        for at in 0..count {
            let column = (gradient(at, 1e-5)? - gradient(at, -1e-5)?) / 2e-5;
            hessian.column_mut(at).assign(&column);
        }
        // Half of the mean squared error, rates γ² = m / m in the NTK parametrisation and m in μP.
        let hessian = (&hessian + &hessian.t()) * (0.25 * gamma);
        let expected = SymmetricEigen::new(&hessian)?.values[count - 1];
        assert!((found / expected - 1.0).abs() <= 0.01, "{parametrisation:?}: {found} and {expected}");
    }
    Ok(())
}

/// A rate of 2^20 diverges at every width: the row says so, and the others stand.
#[test]
fn a_rate_that_diverges_leaves_the_others() -> Result<()> {
    let report = small().run()?;
    let table = report.transfer_table()?;
    let diverged: Vec<_> = table.column("rates that diverge")?.u64()?.into_no_null_iter().collect();
    assert!(diverged.iter().all(|count| *count >= 1), "{diverged:?}");
    for parametrisation in [Parametrisation::Ntk, Parametrisation::MuP, Parametrisation::Standard] {
        let best = report.best_rates(parametrisation);
        assert!(best.len() == 2 && best.iter().all(|(_, rate, loss)| *rate < 20.0 && loss.is_finite()), "{best:?}");
    }
    let report = small().rates([0.2, 1e9]).run()?;
    assert!(report.sharpness(Parametrisation::Ntk, 1e9, 4).is_none());
    assert!(report.sharpness(Parametrisation::Ntk, 0.2, 4).is_some());
    let table = report.sharpness_table()?;
    let diverged: Vec<_> = table.column("diverged")?.u64()?.into_no_null_iter().collect();
    assert_eq!(diverged, [0, 0, 2, 2, 0, 0, 2, 2]);
    assert!(!report.verdicts().all_hold());
    // Where all rates diverge none is best, and nothing is said to transfer.
    let report = small().log2_rates([20.0, 21.0, 22.0]).run()?;
    assert!(report.best_rates(Parametrisation::MuP).is_empty());
    assert!(
        report.verdicts().rows().iter().filter(|row| row.claim.contains("best rate moves")).all(|row| !row.holds())
    );
    Ok(())
}

#[test]
fn other_settings_are_refused_with_their_numbers() {
    let refused = |study: SuperConsistency| study.quiet().run().unwrap_err().to_string();
    assert!(refused(small().widths([0, 4])).contains("widths is 0"));
    assert!(refused(small().widths([4])).contains("enough for a comparison"));
    assert!(refused(small().depths([2, 1])).contains("depths is 1"));
    assert!(refused(small().depths([0, 1])).contains("depths is 0"));
    assert!(refused(small().rates([])).contains("super"));
    assert!(refused(small().rates([0.2, 0.2])).contains("a learning rate is 0.2"));
    assert!(refused(small().rates([-0.5])).contains("a learning rate is -0.5"));
    assert!(refused(small().rates([f64::NAN])).contains("a learning rate is NaN"));
    assert!(refused(small().log2_rates([0.0, 1.0])).contains("rates of transfer is 2"));
    assert!(refused(small().log2_rates([0.0, 1.0, 100.0])).contains("is 100"));
    assert!(refused(small().inputs(2)).contains("the number of features is 2"));
    assert!(refused(small().steps(0)).contains("the number of steps is 0"));
    assert!(refused(small().every(0)).contains("the steps between records is 0"));
    assert!(refused(small().images(10_001)).contains("the number of digits is 10001"));
    assert!(refused(small().networks(0)).contains("the number of networks is 0"));
}
