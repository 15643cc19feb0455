use super::*;
use crate::data::{gaussian, sphere};
use crate::net::{Net, mlp, network};
use crate::op::{dense, erf, hidden, serial};
use crate::regression::{LearningRate, Logistic, SoftmaxCrossEntropy, SquaredError};
use crate::train::{Objective, Sgd, Trainer};
use ndarray::{Array1, Axis, array, s};

/// `f(x) = w·x`.
struct Plane(Array1<f64>);

impl Attackable for Plane {
    fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
        Ok(x.dot(&self.0).insert_axis(Axis(1)))
    }

    fn input_gradient(&self, u: &Array2<f64>, _x: &Array2<f64>) -> Result<Array2<f64>> {
        Ok(u.dot(&self.0.view().insert_axis(Axis(0))))
    }
}

fn signs(x: &Array2<f64>) -> Array1<f64> {
    x.column(0).mapv(|v| if v > 0.0 { 1.0 } else { -1.0 })
}

/// The margin of a plane falls by the radius times the dual norm of `w`: of one step, and of many.
#[test]
fn a_plane_is_attacked_as_far_as_can_be() -> Result<()> {
    let (x, radius) = (gaussian(20, 5, Seed(0))?, 0.3);
    let plane = Plane(array![1.0, -2.0, 0.5, 0.0, 3.0]);
    let y = signs(&x);
    let margins = |x: &Array2<f64>| plane.outputs(x).map(|f| f.column(0).to_owned() * &y);
    let fall = |attack: Attack| Ok::<_, Error>(margins(&x)? - margins(&attack.examples(&plane, &Logistic, &x, &y)?)?);
    let (sum, length) = (6.5, plane.0.dot(&plane.0).sqrt());
    let many = || Attack::projected_gradient(radius, 7);
    for (attack, norm) in [
        (Attack::fast_gradient(radius), sum),
        (many(), sum),
        (many().starts(2, Seed(1)), sum),
        (Attack::fast_gradient(radius).norm(AttackNorm::Two), length),
        (many().norm(AttackNorm::Two), length),
    ] {
        let fall = fall(attack.clone())?;
        assert!(fall.iter().all(|fall| (fall - radius * norm).abs() <= 1e-9), "{attack:?}: {fall}");
    }
    // From random starts in the ball the end is the same point, along w, however it was reached.
    let fall = fall(many().norm(AttackNorm::Two).step(radius).starts(3, Seed(2)))?;
    assert!(fall.iter().all(|fall| *fall <= radius * length + 1e-12 && *fall >= 0.9 * radius * length), "{fall}");
    Ok(())
}

/// Generated: both norms, one feature and one point among the sizes, clips that the points touch.
#[test]
fn examples_stay_within_radius_and_clip_and_raise_the_loss() -> Result<()> {
    let mut seed = 0;
    for (n, d) in [(1, 1), (1, 4), (5, 1), (7, 3)] {
        for norm in [AttackNorm::Infinity, AttackNorm::Two] {
            for clip in [None, Some((-0.5, 0.4))] {
                seed += 1;
                let x = gaussian(n, d, Seed(seed))?.mapv(|v| clip.map_or(v, |(low, high)| v.clamp(low, high)));
                let y = Array2::from_shape_fn((n, 2), |(i, c)| if i % 2 == c { 1.0 } else { 0.0 });
                let net = network("two", serial([hidden(), erf(), dense(2)])).width(8).input(d).init(Seed(seed))?;
                let attack = Attack::projected_gradient(0.25, 6).norm(norm).starts(3, Seed(seed));
                let attack = clip.map_or(attack.clone(), |(low, high)| attack.clone().clip(low, high));
                let found = attack.examples(&net, &SoftmaxCrossEntropy, &x, &y)?;
                for (found, x) in found.rows().into_iter().zip(x.rows()) {
                    let away = &found - &x;
                    let distance = match norm {
                        AttackNorm::Infinity => away.iter().fold(0.0, |m: f64, v| m.max(v.abs())),
                        AttackNorm::Two => away.dot(&away).sqrt(),
                    };
                    assert!(distance <= 0.25 + 1e-12, "{norm:?}: {distance}");
                    let inside = |v: &f64| clip.is_none_or(|(low, high)| (low..=high).contains(v));
                    assert!(found.iter().all(inside), "{found}");
                }
                let loss = |x: &Array2<f64>| Ok::<_, Error>(losses(&SoftmaxCrossEntropy, &net.outputs(x)?, &y));
                let pairs = loss(&found)?.into_iter().zip(loss(&x)?).collect::<Vec<_>>();
                assert!(
                    pairs.iter().all(|(after, before)| after >= before),
                    "{n} × {d}, {norm:?}, {clip:?}: {pairs:?}"
                );
                // Of several starts that with the largest loss, point by point.
                let first = attack.clone().starts(1, Seed(seed)).examples(&net, &SoftmaxCrossEntropy, &x, &y)?;
                assert!(loss(&found)?.iter().zip(loss(&first)?).all(|(best, first)| *best >= first));
                // A row at a time is the same as all at once, without random starts.
                let plain = Attack { starts: None, ..attack };
                let whole = plain.examples(&net, &SoftmaxCrossEntropy, &x, &y)?;
                for row in 0..n {
                    let of = |m: &Array2<f64>| m.slice(s![row..row + 1, ..]).to_owned();
                    let one = plain.examples(&net, &SoftmaxCrossEntropy, &of(&x), &of(&y))?;
                    assert!((&one - &of(&whole)).iter().all(|e| e.abs() <= 1e-9));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn no_radius_and_no_gradient_leave_the_points() -> Result<()> {
    let (x, y) = (gaussian(4, 3, Seed(0))?, array![1.0, -1.0, 1.0, -1.0]);
    for norm in [AttackNorm::Infinity, AttackNorm::Two] {
        let still = Plane(Array1::zeros(3));
        assert_eq!(Attack::projected_gradient(0.5, 3).norm(norm).examples(&still, &Logistic, &x, &y)?, x);
        let plane = Plane(array![1.0, 1.0, 1.0]);
        assert_eq!(Attack::fast_gradient(0.0).norm(norm).examples(&plane, &Logistic, &x, &y)?, x);
        assert_eq!(
            Attack::projected_gradient(0.0, 4).norm(norm).starts(2, Seed(0)).examples(&plane, &Logistic, &x, &y)?,
            x
        );
    }
    Ok(())
}

#[test]
fn bad_attacks_are_refused_with_their_numbers() -> Result<()> {
    let (x, y, plane) = (Array2::from_elem((3, 2), 0.5), array![1.0, -1.0, 1.0], Plane(array![1.0, 2.0]));
    let refused = |attack: Attack| attack.examples(&plane, &Logistic, &x, &y).unwrap_err().to_string();
    let good = || Attack::projected_gradient(0.1, 3);
    for (attack, words) in [
        (Attack::fast_gradient(-0.1), "the radius is -0.1"),
        (Attack::fast_gradient(f64::NAN), "the radius is NaN"),
        (Attack::fast_gradient(f64::INFINITY), "the radius is inf"),
        (Attack::fast_gradient(1.5).clip(0.0, 1.0), "the radius is 1.5"),
        (Attack::projected_gradient(0.1, 0), "the number of steps is 0"),
        (good().step(0.0), "the length of a step is 0"),
        (good().step(f64::NAN), "the length of a step is NaN"),
        (good().starts(0, Seed(0)), "the number of starts is 0"),
        (good().clip(0.6, 1.0), "a feature is 0.5"),
        (good().clip(1.0, 0.0), "the upper end of the clip is 0"),
        (good().clip(f64::NEG_INFINITY, 1.0), "both finite"),
    ] {
        let message = refused(attack);
        assert!(message.contains(words), "{message}");
    }
    let of = |y: &Array1<f64>| good().examples(&plane, &Logistic, &x, y).unwrap_err();
    assert!(matches!(of(&array![1.0]), Error::Size { expected: 3, got: 1, .. }));
    assert!(matches!(of(&array![1.0, f64::NAN, 1.0]), Error::NotFinite { .. }));
    // A loss that does not fit: labels of 0 are none of the logistic one's; two columns of targets, one output.
    assert!(good().examples(&plane, &Logistic, &x, &array![1.0, 0.0, 1.0]).is_err());
    let two = good().examples(&plane, &SquaredError, &x, &Array2::zeros((3, 2))).unwrap_err();
    assert!(matches!(two, Error::Size { expected: 1, got: 2, .. }));
    let objective = Objective::new(&x, &y, Logistic)?;
    assert!(Attack::fast_gradient(-1.0).during(objective.clone()).is_err());
    assert!(good().clip(0.6, 1.0).after_clean_steps(objective).is_err());
    Ok(())
}

/// Against a loop by hand.
#[test]
fn training_on_examples_is_a_loop_of_attacks_and_steps() -> Result<()> {
    let x = sphere(12, 3, Seed(0))?;
    let y = signs(&x);
    let attack = Attack::projected_gradient(0.2, 3);
    let start = mlp(2).width(16).input(3).init(Seed(1))?;
    let objective = Objective::new(&x, &y, Logistic)?;
    let by_hand = |clean_between: bool| {
        let mut network = start.clone();
        for _ in 0..4 {
            if clean_between {
                Trainer::steps(1, Sgd::new(0.3)).quiet().train(&mut network, &objective)?;
            }
            let moved = attack.examples(&network, &Logistic, &x, &y)?;
            Trainer::steps(1, Sgd::new(0.3)).quiet().train(&mut network, &Objective::new(&moved, &y, Logistic)?)?;
        }
        network.outputs(&x)
    };
    let trained = |trainer: Trainer, objective: &Objective| {
        let mut network = start.clone();
        trainer.quiet().train(&mut network, objective)?;
        network.outputs(&x)
    };
    let close = |a: Array2<f64>, b: Array2<f64>| (&a - &b).iter().all(|e| e.abs() <= 1e-12);
    assert!(close(by_hand(false)?, trained(Trainer::steps(4, Sgd::new(0.3)), &attack.during(objective.clone())?)?));
    let between = trained(Trainer::steps(8, Sgd::new(0.3)).repeat(2), &attack.after_clean_steps(objective.clone())?)?;
    assert!(close(by_hand(true)?, between));
    Ok(())
}

/// A prediction with a kernel, its gradient by differences, and the end of a finite network's against its kernel.
#[test]
fn predictors_are_kernels_times_coefficients() -> Result<()> {
    let (x, z) = (gaussian(4, 3, Seed(0))?, sphere(9, 3, Seed(1))?);
    let coefficients = gaussian(9, 1, Seed(2))?;
    let net: Net = network("erf", serial([hidden(), erf(), hidden(), erf(), dense(1)])).width(24).input(3);
    let drawn = net.init(Seed(3))?;
    let limit = net.limit_predictor(&coefficients, &z)?;
    let finite = drawn.kernel_predictor(&coefficients, &z)?;
    let kernels = net.limit_kernel_between(&x, &z)?;
    let close = |a: &Array2<f64>, b: &Array2<f64>, tolerance: f64| {
        assert!((a - b).iter().all(|e| e.abs() <= tolerance), "{a} and {b}");
    };
    close(&limit.outputs(&x)?, &kernels.ntk().values().dot(&coefficients), 1e-12);
    close(&limit.clone().nngp().outputs(&x)?, &kernels.nngp().values().dot(&coefficients), 1e-12);
    close(&finite.outputs(&x)?, &drawn.kernel_between(&x, &z)?.ntk().values().dot(&coefficients), 1e-10);
    let u = Array2::ones((4, 1));
    let step = 1e-5;
    let nngp = limit.clone().nngp();
    let models: [&dyn Attackable; 3] = [&limit, &nngp, &finite];
    for model in models {
        let gradient = model.input_gradient(&u, &x)?;
        for feature in 0..3 {
            let moved = |by: f64| {
                let mut x = x.clone();
                x.column_mut(feature).mapv_inplace(|v| v + by);
                model.outputs(&x)
            };
            let difference = (moved(step)? - moved(-step)?) / (2.0 * step);
            let off = &gradient.slice(s![.., feature..=feature]) - &difference;
            assert!(off.iter().all(|e| e.abs() <= 1e-7), "{off}");
        }
    }
    assert!(net.limit_predictor(&coefficients, &x).is_err());
    assert!(limit.with_coefficients(&Array2::from_elem((9, 1), f64::NAN)).is_err());
    Ok(())
}

/// What descent and flow have added to the outputs, as coefficients.
#[test]
fn coefficients_of_a_trajectory_predict_it() -> Result<()> {
    let z = sphere(8, 3, Seed(0))?;
    let (y, f0) = (signs(&z), z.column(1).to_owned());
    let kernel = mlp(2).limit_kernel(&z)?.ntk().clone();
    let regression = kernel.regression(&y)?.from_outputs(&f0)?;
    for trajectory in [regression.gradient_flow(), regression.gradient_descent(LearningRate::MatchTop(1.6))?] {
        let times = [0.0, 1.0, 7.0, 100.0];
        let (alpha, outputs) = (trajectory.coefficients(&times)?, trajectory.predict(&times)?);
        for (alpha, f) in alpha.outer_iter().zip(outputs.outer_iter()) {
            let off = kernel.values().dot(&alpha) + &f0 - f;
            assert!(off.iter().all(|e| e.abs() <= 1e-10), "{off}");
        }
    }
    let end = regression.gradient_flow().coefficients(&[1e9])?;
    assert!((&end.row(0) - &regression.solve()?).iter().all(|e| e.abs() <= 1e-6));
    Ok(())
}

/// A gradient of another shape is refused, a clean step without an adversarial one too; confident outputs of single precision are attacked.
#[test]
fn what_would_be_silent_is_not() -> Result<()> {
    struct Wide;
    impl Attackable for Wide {
        fn outputs(&self, x: &Array2<f64>) -> Result<Array2<f64>> {
            Ok(Array2::zeros((x.nrows(), 1)))
        }

        fn input_gradient(&self, _: &Array2<f64>, x: &Array2<f64>) -> Result<Array2<f64>> {
            Ok(Array2::ones((x.nrows(), 1)))
        }
    }
    let (x, y) = (gaussian(3, 2, Seed(0))?, array![1.0, -1.0, 1.0]);
    let refused = Attack::fast_gradient(0.1).examples(&Wide, &Logistic, &x, &y);
    assert!(matches!(refused, Err(Error::Size { expected: 6, got: 3, .. })));
    let objective = Attack::fast_gradient(0.1).after_clean_steps(Objective::new(&x, &y, Logistic)?)?;
    let mut network = mlp(1).width(8).input(2).init(Seed(1))?;
    let message = Trainer::steps(2, Sgd::new(0.1)).quiet().train(&mut network, &objective).unwrap_err().to_string();
    assert!(message.contains("the number of steps on a batch is 1"), "{message}");
    let mut single = mlp(1).width(32).input(2).init(Seed(2))?.cast::<f32>();
    single.parameters_mut()[1].values.mapv_inplace(|v| v * 300.0);
    // Of the right sign, where e^-f is none in single precision and one in double.
    let outputs = single.outputs(&x)?.column(0).to_owned();
    let labels = outputs.mapv(f64::signum);
    assert!(outputs.iter().any(|f| f.abs() > 104.0) && outputs.iter().all(|f| f.abs() < 700.0), "{outputs}");
    let moved = Attack::fast_gradient(0.3).examples(&single, &Logistic, &x, &labels)?;
    assert!(moved.iter().zip(&x).all(|(moved, x)| moved != x), "{moved}");
    Ok(())
}
