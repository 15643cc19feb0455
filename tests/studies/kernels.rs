//! Studies of tangent kernels: the smallest eigenvalue, kernels in training, curves.

use super::column;
use hadamard::prelude::*;
use std::f64::consts::{PI, SQRT_2};

/// `λ_min` of a small matrix from its inverse by Gauss and Jordan: power iteration.
fn smallest_by_power(a: &Matrix) -> f64 {
    let n = a.nrows();
    let (mut left, mut right) = (a.clone(), Matrix::eye(n));
    for pivot in 0..n {
        let scale = left[[pivot, pivot]];
        left.row_mut(pivot).mapv_inplace(|v| v / scale);
        right.row_mut(pivot).mapv_inplace(|v| v / scale);
        for row in (0..n).filter(|&row| row != pivot) {
            let factor = left[[row, pivot]];
            let (from_left, from_right) = (left.row(pivot).to_owned(), right.row(pivot).to_owned());
            left.row_mut(row).scaled_add(-factor, &from_left);
            right.row_mut(row).scaled_add(-factor, &from_right);
        }
    }
    let mut v = Array1::from_shape_fn(n, |i| 1.0 + i as f64 / 7.0);
    for _ in 0..20_000 {
        v = right.dot(&v);
        v /= v.dot(&v).sqrt();
    }
    v.dot(&a.dot(&v))
}

/// `K` of three sigmoid layers by its formula, `(X Xᵀ) ∘ (b_1 b_1ᵀ) + (F_1 F_1ᵀ) ∘ (b_2 b_2ᵀ) + F_2 F_2ᵀ`, and its middle term.
fn by_formula(network: &Network, x: &Matrix) -> [Matrix; 2] {
    let sigmoid = |u: f64| 1.0 / (1.0 + (-u).exp());
    let weights: Vec<&Matrix> = network.parameters().iter().map(|parameter| &parameter.values).collect();
    let f1 = x.dot(weights[0]).mapv(sigmoid);
    let f2 = f1.dot(weights[1]).mapv(sigmoid);
    let b2 = f2.mapv(|f| f * (1.0 - f)) * weights[2].column(0);
    let b1 = b2.dot(&weights[1].t()) * f1.mapv(|f| f * (1.0 - f));
    let gram = |a: &Matrix| a.dot(&a.t());
    let middle = gram(&f1) * gram(&b2);
    [gram(x) * gram(&b1) + &middle + gram(&f2), middle]
}

#[test]
fn smallest_eigenvalues_are_those_of_the_formula_and_zero_by_counting() -> Result<()> {
    let (samples, widths) = (20, [3, 12]);
    let study = memorization().samples([samples]).widths(widths).repeats(1).trained_samples([6]).trained_widths([2]);
    let report = study.trials(1).steps(3).quiet().run()?;
    let net =
        network("sigmoid, 3 layers", serial((hidden(), sigmoid(), hidden(), sigmoid(), Dense::new(1).plain_gain(1.0))))
            .parametrisation(Parametrisation::Standard);
    for width in widths {
        let seed = Seed(0).child(0).child(samples as u64).child(width as u64).child(0);
        let network = net.clone().width(width).input(width).init(seed.child(0))?;
        let [whole, middle] = by_formula(&network, &gaussian(samples, width, seed.child(1))?);
        let (mean, deviation) = report.smallest_eigenvalue(samples, width).unwrap();
        let expected = smallest_by_power(&whole);
        assert!((mean - expected).abs() <= 1e-9 * whole.diag().sum() && deviation == 0.0, "{width}: {mean} {expected}");
        // 9 weights of the middle matrix are fewer than 20 points.
        let alone = report.smallest_eigenvalue_alone(samples, width, 1).unwrap();
        let expected = if width == 3 { 0.0 } else { smallest_by_power(&middle) };
        assert!((alone - expected).abs() <= 1e-9 * middle.diag().sum(), "{width}: {alone} {expected}");
    }
    let table = memorization().samples([20]).widths([2, 4]).repeats(1).trained_samples([6]).trained_widths([2]);
    let table = table.trials(1).steps(3).quiet().run()?.table()?;
    // 10 parameters, then 36.
    assert_eq!(column(&table, "λ_min")[0], 0.0);
    let singular: Vec<Option<bool>> = table.column("singular by counting")?.bool()?.iter().collect();
    assert_eq!(singular, [Some(true), Some(false)]);
    Ok(())
}

#[test]
fn kernels_on_the_circle_have_their_closed_form() -> Result<()> {
    let study =
        kernel_training().circle_widths([8, 16]).circle_nets(2).circle_steps(2).law_widths([4, 8, 16]).law_nets(3);
    let study = study.function_widths([8]).functions(3).function_steps(5).digits(20).component_widths([4, 8]);
    let report = study.component_time(20.0).quiet().run()?;
    // S_1 = <x, y>/2 + β², T_1 = S_1; S' = √(S S) κ_1 / 2 + β², T' = T κ_0 / 2 + S', three times.
    let (mut variance, beta) = (0.5 + 0.01, 0.01);
    let mut angles: Vec<(f64, f64, f64)> = [0.0f64, 0.5, 1.0, PI / 2.0, 2.0, PI]
        .iter()
        .map(|g| (g.cos() / 2.0 + beta, g.cos() / 2.0 + beta, *g))
        .collect();
    for _ in 0..3 {
        for (s, t, _) in &mut angles {
            let angle = (*s / variance).clamp(-1.0, 1.0).acos();
            let next = variance * (angle.sin() + (PI - angle) * angle.cos()) / PI / 2.0 + beta;
            (*s, *t) = (next, *t * (PI - angle) / PI / 2.0 + next);
        }
        variance = variance / 2.0 + beta;
    }
    let table = report.limit_table()?;
    for ((got, angle), (_, expected, at)) in column(&table, "Θ(x0, x(γ))").iter().zip(column(&table, "γ")).zip(&angles)
    {
        assert!((got - expected).abs() <= 1e-12 && angle == *at, "{at}: {got} {expected}");
    }
    let values = report.largest_eigenvalues();
    assert!(values.len() == 3 && values[0] > values[1] && values[1] > values[2] && values[2] > 0.0);
    assert!(report.coverage(8).is_some_and(|c| c.count == 3 && (0.0..=1.0).contains(&c.mean)));
    assert!(report.inflation(8).is_some() && report.inflation(7).is_none() && report.left(4).is_some());
    Ok(())
}

/// The network of the study of curves: every layer has mean squares of 1.
fn relu_network(depth: usize) -> Net {
    let first = serial((Dense::hidden().plain_gain(SQRT_2), relu()));
    let other = serial((Dense::hidden().sigma_w(SQRT_2), relu()));
    network("ReLU", serial(std::iter::once(first).chain(std::iter::repeat_n(other, depth - 1)).chain([dense(1)])))
}

#[test]
fn certificates_by_quadrature_are_those_of_the_integral() -> Result<()> {
    let study = curve_classification().decay_depths([5]).heights([0.5, 0.1]).depths([2, 10]).waves([1]).degrees([1]);
    let study = study.curve_depths([2]).points(10).most_points(20).flow_depths([2]).flow_points(10).width(8).steps(2);
    let report = study.quiet().run()?;
    for height in [0.5, 0.1] {
        for depth in [2, 10] {
            let curves = [Curve::circle(height)?, Curve::circle(-height)?];
            let found = certificate(&relu_network(depth), [&curves[0], &curves[1]], (200, 800))?;
            let expected = report.circle_norm(depth, height).unwrap();
            assert!((found.norm / expected - 1.0).abs() <= 0.005, "{height} {depth}: {} {expected}", found.norm);
            // By symmetry g is a constant on each circle.
            let (n, c) = (found.values.len() / 2, found.values[0]);
            assert!(
                found.stands
                    && found
                        .values
                        .iter()
                        .enumerate()
                        .all(|(i, g)| { (g - if i < n { c } else { -c }).abs() <= 1e-4 * c.abs() })
            );
        }
    }
    Ok(())
}

#[test]
fn curves_that_touch_and_counts_that_make_no_sense_are_refused() -> Result<()> {
    let (circle, net) = (Curve::circle(0.3)?, relu_network(3));
    let of = |other: &Curve, points| certificate(&net, [&circle, other], points).unwrap_err().to_string();
    assert!(of(&Curve::circle(0.3)?, (10, 20)).contains("curves that touch"));
    assert!(of(&Curve::circle(-0.3)?, (10, 15)).contains("twice that at first"));
    assert!(of(&Curve::fourier(1, 4, 0.0, Seed(0))?, (10, 20)).contains("dimensions"));
    let refused = |study: CurveClassification| study.quiet().run().unwrap_err().to_string();
    assert!(refused(curve_classification().heights([0.0])).contains("the circles touch"));
    assert!(refused(curve_classification().depths([0, 2])).contains("a depth is 0"));
    assert!(refused(curve_classification().points(4)).contains("number of points is 4"));
    let refused = |study: Memorization| study.quiet().run().unwrap_err().to_string();
    assert!(refused(memorization().widths([5, 5])).contains("above the one before"));
    assert!(refused(memorization().repeats(0)).contains("repeats is 0"));
    assert!(refused(memorization().samples([0, 10])).contains("number of points is 0"));
    let refused = |study: KernelTraining| study.quiet().run().unwrap_err().to_string();
    assert!(refused(kernel_training().component_rate(0.0)).contains("learning rate on digits is 0"));
    assert!(refused(kernel_training().functions(1)).contains("functions is 1"));
    assert!(refused(kernel_training().digits(10_001)).contains("10001"));
    Ok(())
}

#[test]
fn label_aware_kernels_are_compared_on_the_same_splits() -> Result<()> {
    let study =
        label_awareness().tasks([vec![3, 5]]).images(30).tested(40).splits(3).ratios([0.0, 0.01]).width(64).steps(3);
    let study = study.hierarchy_images(6).hierarchy_samples(10).quiet();
    let report = study.run()?;
    let (table, by_share) = (report.table()?, report.by_share()?);
    assert_eq!((table.height(), by_share.height()), (4, 6));
    let right = column(&table, "right");
    assert!(right.iter().all(|share| (0.0..=1.0).contains(share)) && report.plain("3/5") == Some(right[0]));
    for method in ["by kernel", "by inverse", "by pairs"] {
        // A share of 0 is the plain kernel.
        assert!(report.gain_at("3/5", method, 0.0).is_some_and(|gain| gain.mean == 0.0 && gain.deviation == 0.0));
        assert!(report.gain_at("3/5", method, 0.5).is_none() && report.gain("4/9", method).is_none());
    }
    let refused = |study: LabelAwareness| study.quiet().run().unwrap_err().to_string();
    assert!(refused(study.clone().tasks([vec![3]])).contains("number of digits of a task is 1"));
    assert!(refused(study.clone().tasks([vec![3, 3]])).contains('3'));
    assert!(refused(study.clone().tasks([vec![3, 10]])).contains("a digit is 10"));
    assert!(refused(study.clone().ratios([-0.1])).contains("a share is -0.1"));
    assert!(refused(study.splits(1)).contains("number of splits is 1"));
    Ok(())
}
