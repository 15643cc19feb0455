//! Shares of parameters in the NTK at infinite width.

use hadamard::prelude::*;
use std::f64::consts::PI;

/// Shares of the readout, of `W_1` and of each further weight of the product form and of CCP on unit vectors at cosine `r`, term by
/// term from the product rule: with `S = E φφ'`, `D = E φ'φ'`, `T = 1 + μ + μ' + S`.
fn shares(form: &str, degree: i32, r: f64) -> [f64; 3] {
    let angle = r.clamp(-1.0, 1.0).acos();
    let (s, d) = ((angle.sin() + (PI - angle) * r) / (2.0 * PI), (PI - angle) / (2.0 * PI));
    if form == "product" {
        let weight = 2.0 * r * d * s.powi(degree - 1);
        return [2.0 * s.powi(degree), weight, weight];
    }
    let t = 1.0 + 2.0 / (2.0 * PI).sqrt() + s;
    [2.0 * s * t.powi(degree - 1), 2.0 * r * d * t.powi(degree - 1), 2.0 * r * d * s * t.powi(degree - 2)]
}

#[test]
fn the_shares_of_polynomial_nets_are_the_terms_of_their_formulas() -> Result<()> {
    for cosine in [1.0, 0.5, -0.3] {
        let x = array![[1.0, 0.0], [cosine, (1.0f64 - cosine * cosine).sqrt()]];
        for degree in [2, 3, 5] {
            for (form, net) in [("product", pnn(degree)), ("CCP", ccp(degree))] {
                let found = net.limit_kernel_by_layer(&x)?;
                assert_eq!(found.len(), degree + 1);
                let [readout, first, further] = shares(form, degree as i32, cosine);
                for (index, layer) in found.iter().enumerate() {
                    let expected = match index {
                        0 => first,
                        _ if index == degree => readout,
                        _ => further,
                    };
                    let got = layer.ntk.values()[[0, 1]];
                    let error = (got - expected).abs() / readout.abs().max(1.0);
                    assert!(error <= 1e-13, "{form} {degree} {}: {got}", layer.name);
                }
            }
        }
    }
    Ok(())
}

#[test]
fn the_shares_add_up_to_the_kernel_in_every_parametrisation() -> Result<()> {
    let layer = || -> Layer { Dense::hidden().bias(0.3).into() };
    let tree = || {
        let gate = hadamard([serial([layer(), relu()]), serial([layer(), relu()]), serial([layer(), tanh()])]);
        serial([layer(), relu(), layer(), bias(0.2), relu(), gate, trained_scale(0.7), dense(1)])
    };
    let x = sphere(6, 4, Seed(1))?;
    for parametrisation in [Parametrisation::Ntk, Parametrisation::Standard, Parametrisation::MuP] {
        let net = network("all", tree()).width(64).input(4).parametrisation(parametrisation);
        let whole = net.limit_kernel(&x)?;
        let parts = net.limit_kernel_by_layer(&x)?;
        assert_eq!(parts.len(), net.init(Seed(0))?.parameters().len());
        let sum = parts.iter().fold(Matrix::zeros((6, 6)), |sum, part| sum + part.ntk.values());
        for (got, expected) in sum.iter().zip(whole.ntk().values()) {
            assert!(
                (got - expected).abs() <= 1e-12 * whole.ntk().values()[[0, 0]],
                "{parametrisation:?} {got} {expected}"
            );
        }
    }
    Ok(())
}

#[test]
fn finite_networks_have_the_shares_on_average() -> Result<()> {
    const NETS: u64 = 60;
    let x = sphere(4, 3, Seed(2))?;
    let block = || -> Layer { Dense::hidden().bias(0.5).into() };
    let net = network("gate", serial([block(), relu(), hadamard([block(), serial([block(), relu()])]), dense(1)]));
    let limit = net.limit_kernel_by_layer(&x)?;
    let finite = net.width(1000).input(3);
    let samples = (0..NETS).map(|i| finite.init(Seed(10 + i))?.kernel_by_layer(&x)).collect::<Result<Vec<_>>>()?;
    for (index, layer) in limit.iter().enumerate() {
        assert_eq!(layer.name, samples[0][index].name);
        for (place, exact) in layer.ntk.values().indexed_iter() {
            let values: Vec<f64> = samples.iter().map(|s| s[index].ntk.values()[place]).collect();
            let mean = values.iter().sum::<f64>() / NETS as f64;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (NETS - 1) as f64;
            let error = (variance / NETS as f64).sqrt().max(1e-12);
            assert!((mean - exact).abs() <= 5.0 * error, "{} {place:?}: {mean} ± {error}, {exact}", layer.name);
        }
    }
    Ok(())
}
