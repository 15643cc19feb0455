//! Richness, learning rates of parameters and depth scaling, against closed forms and against the same networks in other parameters.

use super::{largest, nets, normals};
use hadamard::prelude::*;

/// `d → m → m → 1` with tanh.
fn deep(d: usize, m: usize, last: f64) -> Net {
    let readout = Dense::new(1).sigma_w(last);
    network("deep", serial((hidden(), tanh(), hidden(), tanh(), readout))).input(d).width(m)
}

#[test]
fn the_richness_divides_outputs_and_leaves_the_tangent_kernel() -> Result<()> {
    let x = normals((9, 3), 1);
    for net in nets(3, 2) {
        for gamma in [0.25, 3.0] {
            let (plain, rich) = (net.init(Seed(1))?, net.clone().richness(gamma).init(Seed(1))?);
            let (f, g) = (plain.outputs(&x)?, rich.outputs(&x)? * gamma);
            assert!(largest(&(&f - &g)) <= 1e-13 * (1.0 + largest(&f)), "{}", net.name());
            let (one, other) = (plain.kernel(&x)?, rich.kernel(&x)?);
            let distance = other.ntk().relative_distance(one.ntk())?;
            assert!(distance <= 1e-13, "{}: {distance}", net.name());
            let limit = net.limit_kernel(&x)?;
            let rich = net.clone().richness(gamma).limit_kernel(&x)?;
            assert_eq!(rich.ntk(), limit.ntk(), "{}", net.name());
            let error = largest(&(rich.nngp().values() * (gamma * gamma) - limit.nngp().values()));
            assert!(error <= 1e-14 * (1.0 + largest(limit.nngp().values())), "{}: {error}", net.name());
        }
        assert!(matches!(net.clone().richness(0.0).init(Seed(1)), Err(Error::Range { value: 0.0, .. })));
        assert!(matches!(net.richness(f64::NAN).init(Seed(1)), Err(Error::Range { .. })));
    }
    let open = network("no readout", serial([hidden(), tanh()])).input(3).width(4);
    assert!(open.init(Seed(1)).is_ok() && matches!(open.richness(2.0).init(Seed(1)), Err(Error::NoReadout { .. })));
    Ok(())
}

/// `f = w·tanh(W x/√d) / (γ √m)` and learning rates `η γ²`, written out.
#[test]
fn outputs_and_rates_are_those_of_the_table() -> Result<()> {
    let (d, m, x) = (3, 7, normals((5, 3), 1));
    let net = network("shallow", serial([hidden(), tanh(), dense(1)])).input(d).width(m);
    for (parametrisation, gamma) in
        [(Parametrisation::Ntk, 0.5), (Parametrisation::MuP, 1.0), (Parametrisation::MuP, 1.0 / (4f64).sqrt())]
    {
        let network = net.clone().parametrisation(parametrisation).richness(gamma).init(Seed(2))?;
        let gamma = if parametrisation == Parametrisation::MuP { gamma * (m as f64).sqrt() } else { gamma };
        let [first, last] = [0, 1].map(|index| network.parameters()[index].values.clone());
        let h = x.dot(&first).mapv(|z| (z / (d as f64).sqrt()).tanh());
        let expected = h.dot(&last) / (gamma * (m as f64).sqrt());
        assert!(largest(&(network.outputs(&x)? - expected)) <= 1e-14);
        for parameter in network.parameters() {
            assert!((parameter.slot().rate - gamma * gamma).abs() <= 1e-14 * gamma * gamma);
        }
    }
    Ok(())
}

#[test]
fn maximal_update_at_its_base_width_is_the_ntk_parametrisation() -> Result<()> {
    let (m, x, y) = (9, normals((12, 3), 1), normals((12, 1), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let train = |net: Net| {
        let mut network = net.init(Seed(2))?;
        let losses = Trainer::steps(40, Sgd::new(0.3)).quiet().train(&mut network, &objective)?.losses;
        Ok::<_, Error>((network.outputs(&x)?, losses))
    };
    let (expected, losses) = train(deep(3, m, 1.0))?;
    let base = deep(3, m, 1.0).parametrisation(Parametrisation::MuP).richness(1.0 / (m as f64).sqrt());
    let (outputs, same) = train(base)?;
    assert!(largest(&(outputs - expected)) <= 1e-12);
    assert!(losses.iter().zip(&same).all(|(a, b)| (a - b).abs() <= 1e-12));
    Ok(())
}

/// The weights that act, scales included.
fn acting(network: &Network) -> Vec<Matrix> {
    network.parameters().iter().map(|p| &p.values * p.slot().gain).collect()
}

/// Trains a network with multipliers, and one without from the same weights with learning rates of its own: outputs must agree.
fn agree(with: Net, without: Net, optimiser: Optimiser, tolerance: f64) -> Result<()> {
    let (x, y) = (normals((12, 3), 1), normals((12, 1), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let (mut one, mut other) = (with.init(Seed(2))?, without.init(Seed(3))?);
    for (parameter, weight) in other.parameters_mut().iter_mut().zip(acting(&one)) {
        assert_eq!(parameter.slot().gain, 1.0);
        parameter.values = weight;
    }
    let before = one.outputs(&x)?;
    let trainer = Trainer::steps(30, optimiser).quiet();
    trainer.train(&mut one, &objective)?;
    trainer.train(&mut other, &objective)?;
    let (f, g) = (one.outputs(&x)?, other.outputs(&x)?);
    let moved = largest(&(&f - &before));
    let error = largest(&(&f - &g));
    assert!(moved >= 0.1 && error <= tolerance * moved, "{optimiser:?}: {error} of {moved}");
    for (a, b) in acting(&one).iter().zip(acting(&other)) {
        assert!(largest(&(a - &b)) <= tolerance * largest(a), "{optimiser:?}");
    }
    Ok(())
}

#[test]
fn the_rates_of_networks_without_multipliers_are_those_of_the_table() -> Result<()> {
    let (d, m) = (3.0, 16.0f64);
    let standard = |last: f64, rates: [f64; 3]| {
        deep(3, 16, last).parametrisation(Parametrisation::Standard).learning_rates(&rates)
    };
    let mup = || deep(3, 16, 1.0).parametrisation(Parametrisation::MuP);
    for optimiser in [Optimiser::from(Sgd::new(0.2)), Sgd::new(0.05).momentum(0.8).into()] {
        agree(mup(), standard(1.0 / m.sqrt(), [m / d, 1.0, 1.0 / m]), optimiser, 1e-11)?;
        agree(deep(3, 16, 1.0), standard(1.0, [1.0 / d, 1.0 / m, 1.0 / m]), optimiser, 1e-11)?;
    }
    // A step of Adam does not know the scale of its parameter, but for ε.
    let rates = mup().learning_rates(&[d.sqrt(), 1.0 / m.sqrt(), 1.0]);
    agree(rates, standard(1.0 / m.sqrt(), [1.0, 1.0 / m, 1.0 / m]), Adam::new(0.02).into(), 1e-4)?;
    // The initial variances are those of the table.
    let deviations: Vec<f64> =
        standard(1.0 / m.sqrt(), [1.0; 3]).init(Seed(0))?.parameters().iter().map(|p| p.slot().deviation).collect();
    for (got, variance) in deviations.iter().zip([1.0 / d, 1.0 / m, 1.0 / (m * m)]) {
        assert!((got * got - variance).abs() <= 1e-15, "{got} {variance}");
    }
    Ok(())
}

/// `df = -η Θ ∂L/∂f` for one step of the linearisation, with `Θ = Σ_p η_p Θ_p`.
#[test]
fn learning_rates_of_parameters_weigh_their_shares_of_the_kernel() -> Result<()> {
    let (x, y) = (normals((8, 3), 1), normals((8, 2), 2));
    for net in nets(3, 2) {
        let count = net.init(Seed(1))?.parameters().len();
        let rates: Vec<f64> = (0..count).map(|index| [0.5, 0.0, 2.0, 1.5][index % 4]).collect();
        // Without the rates of the parametrisation, by which its shares are multiplied.
        let ones = net.clone().learning_rates(&vec![1.0; count]).init(Seed(1))?;
        let network = net.clone().learning_rates(&rates).init(Seed(1))?;
        let shares = ones.kernel_by_layer(&x)?;
        let expected = shares
            .iter()
            .zip(&rates)
            .fold(Array2::zeros((16, 16)), |sum, (share, rate)| sum + share.ntk.values() * *rate);
        let kernel = network.kernel(&x)?.ntk().values().clone();
        assert!(largest(&(&kernel - &expected)) <= 1e-12 * (1.0 + largest(&expected)), "{}", net.name());
        let mut linear = network.linearised();
        let f0 = linear.outputs(&x)?;
        Trainer::steps(1, Sgd::new(0.1)).quiet().train(&mut linear, &Objective::new(&x, &y, SquaredError)?)?;
        let u: Vector = (&f0 - &y).iter().map(|r| 2.0 / 8.0 * r).collect();
        let step = (kernel.dot(&u) * -0.1).into_shape_with_order((8, 2)).unwrap();
        let error = largest(&(linear.outputs(&x)? - &f0 - &step));
        assert!(error <= 1e-12 * (1.0 + largest(&step)), "{}: {error}", net.name());
        // A rate of zero fixes its parameter.
        assert!(count < 2 || linear.network().parameters()[1] == network.parameters()[1]);
        assert!(matches!(net.clone().learning_rates(&rates).limit_kernel(&x), Err(Error::OwnRates { .. })));
        let few = net.clone().learning_rates(&rates[1..]).init(Seed(1));
        assert!(matches!(few, Err(Error::Size { .. })));
        let negative = net.learning_rates(&vec![-1.0; count]).init(Seed(1));
        assert!(matches!(negative, Err(Error::Range { value: -1.0, .. })));
    }
    Ok(())
}

/// Residual blocks of one layer with the factor written into their weights.
fn by_hand(depth: usize, factor: f64) -> Net {
    let block = residual(serial([tanh(), Dense::hidden().sigma_w(factor).into()]));
    network("by hand", serial([hidden(), repeat(depth, block), dense(2)])).input(3).width(8)
}

#[test]
fn branches_are_scaled_by_the_depth() -> Result<()> {
    let x = normals((6, 3), 1);
    for depth in [1, 2, 7] {
        for alpha in [0.0, 0.5, 1.0, -0.3] {
            let factor = (depth as f64).powf(-alpha);
            let (scaled, expected) = (by_hand(depth, 1.0).depth_scaled(alpha)?, by_hand(depth, factor));
            let (one, other) = (scaled.init(Seed(1))?, expected.init(Seed(1))?);
            let (f, g) = (one.outputs(&x)?, other.outputs(&x)?);
            assert!(largest(&(&f - &g)) <= 1e-12 * (1.0 + largest(&g)), "{depth} {alpha}");
            let distance = one.kernel(&x)?.ntk().relative_distance(other.kernel(&x)?.ntk())?;
            assert!(distance <= 1e-12, "{depth} {alpha}: {distance}");
            let distance = scaled.limit_kernel(&x)?.ntk().relative_distance(expected.limit_kernel(&x)?.ntk())?;
            assert!(distance <= 1e-12, "{depth} {alpha}: {distance}");
        }
    }
    Ok(())
}

/// Linear blocks `h + L^{-α} W h/√m` multiply the variance by `1 + L^{-2α}` each.
#[test]
fn linear_blocks_have_their_closed_form() -> Result<()> {
    let x = array![[3.0, 4.0]];
    for depth in [1, 4, 32] {
        for alpha in [0.0, 0.5, 1.0] {
            let blocks = network("linear", serial([hidden(), repeat(depth, residual(hidden())), dense(1)]));
            let limit = blocks.depth_scaled(alpha)?.limit_kernel(&x)?;
            let (l, share) = (depth as f64, (depth as f64).powf(-2.0 * alpha));
            let k = 12.5 * (1.0 + share).powi(depth as i32);
            let got = limit.nngp().values()[[0, 0]];
            assert!((got / k - 1.0).abs() <= 1e-12, "{depth} {alpha}: {got} {k}");
            // Each block's weight adds its share; first and last weight the whole.
            let theta = k * (2.0 + l * share / (1.0 + share));
            let got = limit.ntk().values()[[0, 0]];
            assert!((got / theta - 1.0).abs() <= 1e-12, "{depth} {alpha}: {got} {theta}");
        }
    }
    Ok(())
}

#[test]
fn only_residual_blocks_in_a_row_are_scaled() -> Result<()> {
    let block = || residual(serial([tanh(), hidden()]));
    let inside = network("inside", serial([hidden(), hadamard([block(), hidden()]), dense(1)])).input(3).width(4);
    assert!(matches!(inside.depth_scaled(0.5), Err(Error::Unlike { .. })));
    assert!(matches!(mlp(3).depth_scaled(0.5), Err(Error::Unlike { .. })));
    assert!(matches!(residual_mlp(3).depth_scaled(f64::NAN), Err(Error::Range { .. })));
    // Nested rows are counted together, other layers left, the skip may be scaled too.
    let damped = sum([scale(0.5), serial([tanh(), hidden()])]);
    let rows =
        serial([hidden(), serial([block(), tanh(), serial([damped])]), block(), sum([hidden(), hidden()]), dense(1)]);
    let printed = network("rows", rows).input(3).width(4).depth_scaled(1.0)?.to_string();
    assert_eq!(printed.matches("scale(0.3333)").count(), 3, "{printed}");
    assert_eq!(printed.matches("scale(0.5000)").count(), 1, "{printed}");
    Ok(())
}

#[test]
fn scales_are_part_of_what_a_checkpoint_knows() -> Result<()> {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scales-{}", std::process::id()));
    let (x, y) = (normals((6, 3), 1), normals((6, 1), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let train = |net: &Net| {
        let trainer = Trainer::steps(3, Sgd::new(0.01)).quiet().checkpoint(&folder);
        trainer.train(&mut net.init(Seed(1))?, &objective).map(|run| run.losses)
    };
    let net = deep(3, 4, 1.0);
    let losses = train(&net)?;
    for other in [net.clone().richness(2.0), net.clone().learning_rates(&[1.0, 2.0, 1.0])] {
        match train(&other) {
            Err(Error::Store { reason, .. }) => assert!(reason.contains("the scales differ"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(train(&net.named("other name"))?, losses);
    std::fs::remove_dir_all(folder).unwrap();
    Ok(())
}
