//! Spectra with known eigenvalues, and decay exponents known from theory.

use hadamard::prelude::*;
use hadamard::spectrum::{Parity, Spectrum, mercer_decay, zonal_decay};

/// `Q diag(values) Qᵀ` with `Q` a product of random Householder reflections.
fn rotated(values: &[f64]) -> Result<Matrix> {
    let mut a = Array2::from_diag(&Array1::from_vec(values.to_vec()));
    for u in sphere(8, values.len(), Seed(11))?.outer_iter() {
        let column = u.insert_axis(Axis(1));
        let reflection = Array2::eye(values.len()) - column.dot(&column.t()) * 2.0;
        a = reflection.dot(&a).dot(&reflection);
    }
    // Products round the two triangles apart.
    Ok((&a + &a.t()) / 2.0)
}

fn close(got: f64, expected: f64, tolerance: f64) {
    assert!((got - expected).abs() <= tolerance * expected.abs(), "{got} {expected}");
}

#[test]
fn eigenpairs_come_back_in_falling_order() -> Result<()> {
    let values = [0.3, 5.0, -2.0, 1.0, 0.7];
    let a = rotated(&values)?;
    let spectrum = Spectrum::new(&a)?;
    for (got, expected) in spectrum.values().iter().zip([5.0, 1.0, 0.7, 0.3, -2.0]) {
        close(*got, expected, 1e-14);
    }
    let rebuilt = spectrum.vectors().t().dot(&(spectrum.vectors() * &spectrum.values().view().insert_axis(Axis(1))));
    assert!((rebuilt - a).iter().all(|e| e.abs() <= 1e-14));
    Ok(())
}

#[test]
fn decay_finds_the_exponent_of_a_rotated_spectrum() -> Result<()> {
    let n = 120;
    for p in [0.5, 1.0, 2.3] {
        let values: Vec<f64> = (1..=n).map(|k| 3.0 * (k as f64).powf(-p)).collect();
        let decay = Spectrum::new(&rotated(&values)?)?.decay(1..=n)?;
        close(decay.power.rate, p, 1e-9);
        close(decay.power.prefactor, 3.0, 1e-9);
        assert!(decay.power.interval.0 <= decay.power.rate && decay.power.rate <= decay.power.interval.1);
        assert!(decay.power.r_squared >= 1.0 - 1e-12 && decay.exponential.r_squared <= 0.95);
        assert_eq!(decay.indices, (1..=n).collect::<Vec<_>>());
    }
    let values: Vec<f64> = (1..=n).map(|k| (-0.1 * k as f64).exp()).collect();
    let spectrum = Spectrum::new(&rotated(&values)?)?;
    close(spectrum.decay(5..=n)?.exponential.rate, 0.1, 1e-9);
    // Two laws, one after the other: the range chooses.
    let values: Vec<f64> = (1..=n).map(|k| (k as f64).powi(-1) * (k as f64 / 20.0).max(1.0).powi(-2)).collect();
    let spectrum = Spectrum::new(&rotated(&values)?)?;
    close(spectrum.decay(1..=20)?.power.rate, 1.0, 1e-9);
    close(spectrum.decay(20..=n)?.power.rate, 3.0, 1e-9);
    Ok(())
}

#[test]
fn decay_refuses_noise_and_bad_ranges_with_the_numbers() -> Result<()> {
    let values: Vec<f64> = (1..=80).map(|k| if k <= 50 { 1.0 / k as f64 } else { 0.0 }).collect();
    let spectrum = Spectrum::new(&rotated(&values)?)?;
    assert_eq!(spectrum.rank(), 50);
    assert!(spectrum.decay(1..=50).is_ok());
    match spectrum.decay(1..=80) {
        Err(error @ Error::TooSmall { index: 51, value, floor, .. }) => {
            assert!(value.abs() <= floor && floor == spectrum.noise());
            assert!(error.to_string().contains("eigenvalue 51"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let negative = Spectrum::new(&rotated(&[3.0, 2.0, 1.0, -1.0])?)?;
    assert!(matches!(negative.decay(1..=4), Err(Error::TooSmall { index: 4, .. })));
    assert!(matches!(spectrum.decay(0..=5), Err(Error::Range { value: 0.0, .. })));
    assert!(matches!(spectrum.decay(1..=81), Err(Error::Range { value: 81.0, .. })));
    assert!(matches!(spectrum.decay(4..=5), Err(Error::Range { value: 2.0, .. })));
    #[allow(clippy::reversed_empty_ranges)]
    let reversed = spectrum.decay(9..=5);
    assert!(matches!(reversed, Err(Error::Range { value: 0.0, .. })));
    Ok(())
}

/// `numpy.exp(scipy.stats.entropy(l))`, scipy 1.17.1, for the effective rank; the rest by hand.
#[test]
fn summaries_of_a_small_spectrum() -> Result<()> {
    let spectrum = Spectrum::new(&rotated(&[4.0, 2.0, 1.0, 0.5, 0.25])?)?;
    close(spectrum.effective_rank()?, 3.465121616063418, 1e-13);
    close(spectrum.participation_ratio()?, 7.75 * 7.75 / 21.3125, 1e-13);
    close(spectrum.condition_number()?, 16.0, 1e-13);
    assert_eq!(spectrum.rank(), 5);
    for (got, expected) in spectrum.cumulative_share()?.iter().zip([4.0, 6.0, 7.0, 7.5, 7.75]) {
        close(*got, expected / 7.75, 1e-14);
    }
    Ok(())
}

#[test]
fn summaries_at_their_ends() -> Result<()> {
    for scale in [1e-300, 1.0, 1e300] {
        let identity = Spectrum::new(&(Array2::eye(7) * scale))?;
        close(identity.effective_rank()?, 7.0, 1e-14);
        close(identity.participation_ratio()?, 7.0, 1e-14);
        close(identity.condition_number()?, 1.0, 1e-14);
    }
    let one = Spectrum::new(&Array2::ones((6, 6)))?;
    close(one.effective_rank()?, 1.0, 1e-12);
    close(one.participation_ratio()?, 1.0, 1e-12);
    assert_eq!(one.rank(), 1);
    assert!(matches!(one.condition_number(), Err(Error::Singular { n: 6, .. })));
    let indefinite = Spectrum::new(&array![[1.0, 2.0], [2.0, 1.0]])?;
    for refused in [indefinite.effective_rank(), indefinite.participation_ratio(), indefinite.condition_number()] {
        assert!(matches!(refused, Err(Error::Indefinite { n: 2, .. })), "{refused:?}");
    }
    assert!(matches!(indefinite.cumulative_share(), Err(Error::Indefinite { .. })));
    let zero = Spectrum::new(&Array2::zeros((3, 3)))?;
    assert!(matches!(zero.effective_rank(), Err(Error::Range { value: 0.0, .. })));
    assert!(matches!(zero.condition_number(), Err(Error::Singular { .. })));
    Ok(())
}

#[test]
fn matrices_that_are_not_symmetric_or_not_finite() {
    let mut a = Array2::<f64>::eye(4);
    a[[1, 3]] = 0.5;
    match Spectrum::new(&a) {
        Err(Error::NotSymmetric { row, column, value, mirror, .. }) => {
            assert!(
                (row, column, value, mirror) == (1, 3, 0.5, 0.0) || (row, column, value, mirror) == (3, 1, 0.0, 0.5)
            );
        }
        other => panic!("{other:?}"),
    }
    a[[1, 3]] = f64::NAN;
    assert!(matches!(Spectrum::new(&a), Err(Error::NotFinite { row: 1, column: 3, .. })));
    assert!(matches!(Spectrum::new(&Array2::zeros((2, 3))), Err(Error::Size { .. })));
    assert!(matches!(Spectrum::new(&Array2::zeros((0, 0))), Err(Error::NoRows { .. })));
}

#[test]
fn cumulative_power_counts_what_lies_in_the_leading_eigenspaces() -> Result<()> {
    let spectrum = Spectrum::new(&rotated(&[5.0, 4.0, 3.0, 2.0, 1.0])?)?;
    let v = |i: usize| spectrum.vectors().row(i).to_owned();
    let y = v(1) * 3.0 - v(3) * 4.0;
    for (got, expected) in spectrum.cumulative_power(&y)?.iter().zip([0.0, 0.36, 0.36, 1.0, 1.0]) {
        assert!((got - expected).abs() <= 1e-14, "{got} {expected}");
    }
    // Of two outputs the powers add up: 9 + 16 in v_1, 4 in v_0.
    let both = ndarray::stack![Axis(1), y, v(0) * 2.0];
    for scale in [1.0, 1e200] {
        let power = spectrum.cumulative_power(&(&both * scale))?;
        for (got, expected) in power.iter().zip([4.0 / 29.0, 13.0 / 29.0, 13.0 / 29.0, 1.0, 1.0]) {
            assert!((got - expected).abs() <= 1e-14, "{got} {expected}");
        }
    }
    assert!(matches!(spectrum.cumulative_power(&Array1::zeros(5)), Err(Error::Range { value: 0.0, .. })));
    assert!(matches!(spectrum.cumulative_power(&Array1::ones(4)), Err(Error::Size { expected: 5, got: 4, .. })));
    assert!(matches!(spectrum.cumulative_power(&(y * f64::NAN)), Err(Error::NotFinite { row: 0, .. })));
    Ok(())
}

#[test]
fn kernels_of_networks_have_spectra() -> Result<()> {
    let x = sphere(60, 5, Seed(0))?;
    let limit = ccp(3).limit_kernel(&x)?;
    let spectrum = limit.ntk().spectrum()?;
    close(spectrum.values().sum(), limit.ntk().values().diag().sum(), 1e-13);
    let share = spectrum.cumulative_share()?;
    close(share[59], 1.0, 1e-14);
    assert!(spectrum.participation_ratio()? <= spectrum.effective_rank()?);
    // The linear part of the target lies in the eigenspaces of the degrees 0 and 1, blurred by the finite sample.
    let power = spectrum.cumulative_power(&x.column(0).to_owned())?;
    assert!(power[5] >= 0.8 && power[5] <= 1.0, "{power}");
    let between = ccp(3).limit_kernel_between(&x, &x)?;
    assert!(matches!(between.ntk().spectrum(), Err(Error::Unlike { .. })));
    Ok(())
}

/// Bietti and Bach 2021: `k^{-d}`, in every second degree for one hidden layer and in all for more; `k^{-d-2}` for the NNGP of
/// one hidden layer.
#[test]
fn relu_kernels_decay_with_the_exponents_of_theory() -> Result<()> {
    for d in [3, 4, 5] {
        for (net, parity) in [(mlp(1), Parity::Even), (mlp(3), Parity::Even), (mlp(3), Parity::Odd)] {
            // The local exponent falls short by a share of 1/k.
            let error = |range| Ok::<f64, Error>(d as f64 - mercer_decay(&net, d, range, parity)?.power.rate);
            let (early, late) = (error(50..=200)?, error(100..=400)?);
            assert!(late > 0.0 && late <= 0.04, "d = {d}: {late}");
            assert!((1.7..=2.3).contains(&(early / late)), "d = {d}: {early} {late}");
        }
        let arc_cosine = |t: f64| t * (-t).acos() + (1.0 - t * t).max(0.0).sqrt();
        let rate = zonal_decay(arc_cosine, d, 50..=150, Parity::Even)?.power.rate;
        assert!((rate - (d as f64 + 2.0)).abs() <= 0.15, "d = {d}: {rate}");
    }
    Ok(())
}

#[test]
fn zonal_kernels_of_known_coefficients() -> Result<()> {
    // The Poisson kernel: Σ_k r^k N_k P_k = (1 - r²) / (1 - 2 r t + r²)^{d/2}.
    let r: f64 = 0.6;
    for d in [3, 8] {
        let poisson = |t: f64| (1.0 - r * r) / (1.0 - 2.0 * r * t + r * r).powf(d as f64 / 2.0);
        let fit = zonal_decay(poisson, d, 1..=25, Parity::Every)?.exponential;
        close(fit.rate, -r.ln(), 1e-9);
        close(fit.prefactor, 1.0, 1e-8);
    }
    // Σ_k k^{-3} (2k + 1) P_k on the sphere in three dimensions, with odd degrees twice as strong.
    let series = |t: f64| {
        let (mut before, mut current, mut sum) = (1.0, t, 0.0);
        for k in 1..=60 {
            let n = f64::from(k);
            sum += if k % 2 == 1 { 2.0 } else { 1.0 } * n.powi(-3) * (2.0 * n + 1.0) * current;
            (before, current) = (current, ((2.0 * n + 1.0) * t * current - n * before) / (n + 1.0));
        }
        sum
    };
    for (parity, prefactor) in [(Parity::Even, 1.0), (Parity::Odd, 2.0)] {
        let decay = zonal_decay(series, 3, 1..=60, parity)?;
        close(decay.power.rate, 3.0, 1e-9);
        close(decay.power.prefactor, prefactor, 1e-9);
        assert_eq!(decay.indices.len(), 30);
    }
    assert!(zonal_decay(series, 3, 1..=60, Parity::Every)?.power.r_squared < 0.99);
    Ok(())
}

#[test]
fn mercer_decay_refuses_vanishing_coefficients_and_bad_degrees() {
    match mercer_decay(&mlp(1), 3, 5..=40, Parity::Odd) {
        Err(Error::TooSmall { index: 5, value, floor, .. }) => assert!(value.abs() <= floor && floor > 0.0),
        other => panic!("{other:?}"),
    }
    let fit = |degrees, parity| mercer_decay(&ccp(2), 3, degrees, parity);
    assert!(matches!(fit(0..=40, Parity::Even), Err(Error::Range { value: 0.0, .. })));
    assert!(matches!(fit(1..=usize::MAX, Parity::Even), Err(Error::Range { .. })));
    assert!(matches!(fit(10..=13, Parity::Odd), Err(Error::Range { value: 2.0, .. })));
    assert!(matches!(mercer_decay(&ccp(2), 2, 1..=9, Parity::Every), Err(Error::Range { value: 2.0, .. })));
    assert!(matches!(zonal_decay(|_| f64::NAN, 3, 1..=9, Parity::Every), Err(Error::NotFinite { .. })));
}
