//! Optimisers against trajectories computed elsewhere and the closed form of least squares.

use hadamard::prelude::*;

/// Five samples of two features.
fn samples() -> (Matrix, Matrix) {
    let x = array![[1.0, 0.5], [-0.3, 2.0], [0.7, -1.1], [0.2, 0.4], [-1.5, 0.1]];
    (x, array![[1.0], [-0.5], [2.0], [0.3], [0.8]])
}

/// `f = w·x` with `w = (0.4, -0.2)`.
fn linear() -> Result<Network> {
    let mut net = network("linear", Dense::new(1).plain_gain(1.0).into()).input(2).init(Seed(0))?;
    net.parameters_mut()[0].values.assign(&array![[0.4], [-0.2]]);
    Ok(net)
}

#[test]
fn optimisers_follow_the_formulas_of_pytorch() -> Result<()> {
    // Three epochs in batches of 2, 2 and 1, by a script in plain Python from the pages of `torch.optim.SGD`, `Adam` and `Adadelta`,
    // with PyTorch's first momentum buffer, which is the gradient itself.
    let sgd = Sgd::new(0.05).momentum(0.9).weight_decay(0.01);
    let expected: [(Optimiser, [f64; 2], [f64; 3]); 6] = [
        (
            Sgd::new(0.05).into(),
            [0.07553537082889256, -0.3124244968699045],
            [1.0497739933396393, 1.027415875806411, 1.0277351781222546],
        ),
        (
            sgd.into(),
            [-0.32872908388468114, -0.5230211287928852],
            [1.077894179446558, 0.8791009957080782, 0.9733570197405099],
        ),
        (
            sgd.nesterov().into(),
            [-0.3807818077195885, -0.5565190022739431],
            [1.1555558072368126, 0.9796194782205088, 1.1602231197639652],
        ),
        (
            Adam::new(0.1).weight_decay(0.01).into(),
            [0.37045081448007894, -0.3348702665946464],
            [1.1710446426850445, 0.9801119077770798, 0.9224009305372519],
        ),
        (
            Adadelta::new(1.0).weight_decay(0.01).into(),
            [0.3965398195572624, -0.20377281678513381],
            [0.975955656502354, 0.9729132006977128, 0.9715895541108385],
        ),
        (
            Adadelta::new(20.0).decay(0.5).epsilon(1e-4).weight_decay(0.01).into(),
            [0.23783282822142288, -0.28204884708577294],
            [1.7810450324369547, 1.2805419209805522, 1.305054980769624],
        ),
    ];
    let (x, y) = samples();
    for (optimiser, weights, losses) in expected {
        let mut network = linear()?;
        let objective = Objective::new(&x, &y, SquaredError)?;
        let run = Trainer::epochs(3, optimiser).batch(2).train(&mut network, &objective)?;
        let found = network.parameters()[0].values.iter().chain(&run.losses);
        for (got, expected) in found.zip(weights.iter().chain(&losses)) {
            assert!((got - expected).abs() <= 1e-14, "{optimiser:?}: {got} {expected}");
        }
    }
    Ok(())
}

#[test]
fn least_squares_converges_to_its_closed_form() -> Result<()> {
    let x = sphere(60, 4, Seed(0))?;
    let y = array![[1.0, -2.0], [0.5, 0.0], [0.0, 1.0], [2.0, 0.3]];
    let y = x.dot(&y) + sphere(60, 2, Seed(1))? * 0.1;
    // (XᵀX)⁻¹ Xᵀ Y by many steps of Richardson's iteration, which is not what is tested.
    let (gram, mut exact) = (x.t().dot(&x), Array2::<f64>::zeros((4, 2)));
    for _ in 0..4000 {
        exact = &exact + &((x.t().dot(&y) - gram.dot(&exact)) / 30.0);
    }
    let gap = |optimiser: Optimiser, batch, epochs| -> Result<f64> {
        let mut network = network("linear", Dense::new(2).plain_gain(1.0).into()).input(4).init(Seed(2))?;
        let trainer = Trainer::epochs(epochs, optimiser).batch(batch).shuffle(Seed(3)).quiet();
        trainer.train(&mut network, &Objective::new(&x, &y, SquaredError)?)?;
        Ok((&network.parameters()[0].values - &exact).iter().fold(0.0, |m: f64, d| m.max(d.abs())))
    };
    let whole = [Sgd::new(0.5).into(), Sgd::new(0.2).momentum(0.8).nesterov().into(), Adam::new(0.01).into()];
    for optimiser in whole {
        let gap = gap(optimiser, 60, 3000)?;
        assert!(gap <= 1e-8, "{optimiser:?}: {gap:e}");
    }
    // In batches the steps jitter about the solution, the less the smaller the rate.
    let (coarse, fine) = (gap(Sgd::new(0.1).into(), 10, 2000)?, gap(Sgd::new(0.01).into(), 10, 2000)?);
    assert!(fine < coarse / 2.0 && fine <= 5e-3, "{coarse:e} {fine:e}");
    Ok(())
}
