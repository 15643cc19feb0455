//! The studies that go beyond the anchor paper.
#![cfg(all(feature = "frames", feature = "plots"))]

use hadamard::prelude::*;

#[test]
fn shares_left_are_those_of_held_out_points() -> Result<()> {
    // The projection of the interpolant by sampling, where the study takes it by the Funk–Hecke formula.
    const SAMPLES: usize = 40_000;
    let (n, d, k) = (60, 4, 2);
    let study = held_out_projections().networks([pnn(3)]).dimension(d).points([n]).frequencies([k]).quiet();
    let found = study.run()?.left("product, N = 3", n, k).unwrap();
    let x = sphere(n, d, Seed(0).child(0))?;
    let held_out = sphere(SAMPLES, d, Seed(99))?;
    let theta = pnn(3).limit_kernel(&x)?;
    let cross = pnn(3).limit_kernel_between(&held_out, &x)?;
    let mut samples = Vec::new();
    for direction in 0..8 {
        let seed = Seed(0).child(1000).child(direction);
        let target = HarmonicTarget::new(&[k], d, GegenbauerIndex::Harmonic, Amplitude::Unit, seed)?;
        let weights = theta.ntk().regression(&target.values(&x)?)?.solve()?;
        let prediction = cross.ntk().values().dot(&weights);
        samples.push((&prediction * &target.values(&held_out)?).to_vec());
    }
    let means: Vec<f64> = (0..SAMPLES).map(|i| samples.iter().map(|s| s[i]).sum::<f64>() / 8.0).collect();
    let mean = means.iter().sum::<f64>() / SAMPLES as f64;
    let variance = means.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (SAMPLES - 1) as f64;
    let z = (1.0 - found - mean) / (variance / SAMPLES as f64).sqrt();
    assert!(z.abs() <= 4.0, "{found} {mean} {z}");
    Ok(())
}

#[test]
fn gains_are_products_of_scale_and_shape_and_one_for_a_scaled_copy() -> Result<()> {
    // Twice the outputs: four times the kernel, all of it scale.
    let copy = network("scaled", serial([mlp(1).layer().clone(), scale(2.0)]));
    let report = scale_and_shape().networks([mlp(1), copy, ccp(3)]).points(100).frequencies([1, 2, 4]).quiet().run()?;
    for k in [1, 2, 4] {
        let gain = report.gain("scaled", k).unwrap();
        assert!((gain.total / 4.0 - 1.0).abs() <= 1e-9 && (gain.shape - 1.0).abs() <= 1e-9, "{gain:?}");
        assert!((gain.scale / 4.0 - 1.0).abs() <= 1e-9 && (gain.predicted - 1.0).abs() <= 1e-9, "{gain:?}");
        let gain = report.gain("CCP, N = 3", k).unwrap();
        assert!((gain.total / (gain.scale * gain.shape) - 1.0).abs() <= 1e-12);
    }
    assert_eq!(report.table()?.height(), 6);
    assert!(report.gain("CCP, N = 3", 7).is_none());
    Ok(())
}

#[test]
fn the_index_of_the_harmonics_changes_nothing_where_it_is_theirs() -> Result<()> {
    let report = gegenbauer_index().networks([mlp(1)]).points(120).frequencies([1, 4]).quiet().run()?;
    // C_1 is linear for every index.
    assert!((report.share(1, 1).unwrap() - 1.0).abs() <= 1e-12);
    assert!((report.sooner("MLP, 1 hidden", 1).unwrap() - 1.0).abs() <= 1e-9);
    let sum: f64 = (0..=4).map(|j| report.share(4, j).unwrap()).sum();
    assert!((sum - 1.0).abs() <= 1e-12 && report.share(4, 2).unwrap() > 0.01);
    Ok(())
}

#[test]
fn layers_have_the_shares_that_two_layer_relu_networks_are_known_for() -> Result<()> {
    let report = layer_spectrum().networks([mlp(1), pnn(4)]).quiet().run()?;
    // Θ = 2 (κ_1 + x·x' κ_0) on the sphere, both parts linear with the same slope to first order: half of μ_1 each.
    assert!((report.readout("MLP, 1 hidden", 1).unwrap() - 0.5).abs() <= 1e-10);
    let shares: Vec<f64> = (0..5).map(|index| report.share("product, N = 4", index, 8).unwrap()).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() <= 1e-12);
    assert!(shares[..4].iter().all(|s| (s / shares[0] - 1.0).abs() <= 1e-9), "{shares:?}");
    Ok(())
}

#[test]
fn a_skip_diagram_has_its_edges() -> Result<()> {
    let report = skip_diagram().quick().degrees([1, 3]).skips([0.0, 1.0]).width(256).quiet().run()?;
    // Of degree 1 every skip is the baseline.
    for skip in [0.0, 1.0] {
        assert!((report.gain(1, skip).unwrap() - 1.0).abs() <= 1e-9);
    }
    assert!(report.gain(3, 0.0).unwrap() > report.gain(3, 1.0).unwrap());
    assert!(report.verdicts().all_hold() && report.table()?.height() == 4);
    for (bad, index) in [(skip_diagram().skips([1.0, f64::NAN]), 0), (skip_diagram().skips([0.5, 0.5]), 1)] {
        assert!(matches!(bad.run(), Err(Error::Range { what: "a skip", .. })), "{index}");
    }
    for bad in [skip_diagram().degrees([0, 1]), skip_diagram().degrees([3, 2])] {
        assert!(matches!(bad.run(), Err(Error::Range { what: "a degree", .. })));
    }
    Ok(())
}

#[test]
fn nothing_to_measure_is_refused() {
    assert!(matches!(scale_and_shape().networks([mlp(1)]).run(), Err(Error::NoRows { .. })));
    assert!(matches!(held_out_projections().points([]).run(), Err(Error::NoRows { .. })));
    assert!(matches!(held_out_projections().points([0]).run(), Err(Error::Range { .. } | Error::NoRows { .. })));
    assert!(matches!(gegenbauer_index().networks([]).run(), Err(Error::NoRows { .. })));
    assert!(matches!(layer_spectrum().frequencies([]).run(), Err(Error::NoRows { .. })));
    assert!(matches!(layer_spectrum().frequencies([1, 3]).run(), Err(Error::TooSmall { index: 3, .. })));
    assert!(matches!(layer_spectrum().networks([deep_pnn(4)]).run(), Err(Error::DependentBranches { .. })));
}
