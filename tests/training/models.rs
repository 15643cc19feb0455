//! Linearised models against the Jacobian, and against networks that are linear themselves.

use super::{distance, largest, nets, normals};
use hadamard::prelude::*;
use hadamard::train::Model;

/// The network with parameters moved at random.
fn moved(network: &Network, by: f64) -> Network {
    let mut network = network.clone();
    for (index, parameter) in network.parameters_mut().iter_mut().enumerate() {
        let direction = normals(parameter.values.dim(), 90 + index as u64);
        parameter.values.scaled_add(by, &direction);
    }
    network
}

fn flat(arrays: &[Matrix]) -> Vector {
    arrays.iter().flatten().copied().collect()
}

fn displacement(from: &Network, to: &Network) -> Vector {
    let pairs = from.parameters().iter().zip(to.parameters());
    pairs.flat_map(|(a, b)| (&b.values - &a.values).into_iter().collect::<Vec<_>>()).collect()
}

#[test]
fn outputs_and_gradients_are_those_of_the_jacobian() -> Result<()> {
    for c in [1, 3] {
        for net in nets(4, c) {
            for n in [1, 2, 33, 70] {
                let (x, y) = (normals((n, 4), 1), normals((n, c), 2));
                let network = net.init(Seed(3))?;
                let there = moved(&network, 0.3);
                let (jacobian, f0) = (network.jacobian(&x)?, network.outputs(&x)?);
                let along = jacobian.dot(&displacement(&network, &there)).into_shape_with_order((n, c)).unwrap();
                let objective = Objective::new(&x, &y, SquaredError)?;
                for (model, expected) in [
                    (network.linearised().at(&there)?, &f0 + &along),
                    (network.linearised().centred().at(&there)?, along.clone()),
                ] {
                    let scale = 1.0 + largest(&expected);
                    let error = largest(&(model.outputs(&x)? - &expected));
                    assert!(error <= 1e-12 * scale, "{}: outputs {error}", net.name());
                    let (value, gradient) = objective.gradient(&model)?;
                    let residual = &expected - &y;
                    let loss = residual.iter().map(|r| r * r).sum::<f64>() / n as f64;
                    assert!((value - loss).abs() <= 1e-12 * (1.0 + loss), "{}: {value} {loss}", net.name());
                    let u = Array1::from_iter(residual.iter().map(|r| 2.0 * r / n as f64));
                    let expected = jacobian.t().dot(&u);
                    let error = (flat(&gradient) - &expected).iter().fold(0.0, |m: f64, d| m.max(d.abs()));
                    let scale = expected.iter().fold(1.0, |m: f64, d| m.max(d.abs()));
                    assert!(error <= 1e-12 * scale, "{}, n = {n}: gradient {error} of {scale}", net.name());
                    let product = flat(&model.vector_jacobian(&residual, &x)?);
                    let error = (product * (2.0 / n as f64) - expected).iter().fold(0.0, |m: f64, d| m.max(d.abs()));
                    assert!(error <= 1e-12 * scale, "{}: product {error}", net.name());
                    assert_eq!(model.kernel_of(Outputs::All, &x)?, network.kernel(&x)?);
                    let slope = model.input_gradient(&residual, &x)?;
                    let (step, at) = (1e-5, n / 2);
                    for feature in 0..4 {
                        let moved = |by: f64| -> Result<f64> {
                            let mut x = x.clone();
                            x[[at, feature]] += by;
                            Ok((&model.outputs(&x)?.row(at) * &residual.row(at)).sum())
                        };
                        let difference = (moved(step)? - moved(-step)?) / (2.0 * step);
                        let error = (slope[[at, feature]] - difference).abs();
                        assert!(error <= 1e-7 * (1.0 + largest(&slope)), "{}: {error} in the input", net.name());
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn the_linearisation_starts_as_the_network_and_the_centred_one_at_zero() -> Result<()> {
    let x = normals((40, 4), 1);
    for net in nets(4, 2) {
        let network = net.init(Seed(3))?;
        let (single, y) = (network.cast::<f32>(), normals((40, 2), 2));
        assert!(network.linearised().centred().outputs(&x)?.iter().all(|f| *f == 0.0), "{}", net.name());
        assert!(single.linearised().centred().outputs(&x)?.iter().all(|f| *f == 0.0), "{}", net.name());
        assert_eq!(network.linearised().outputs(&x)?, network.outputs(&x)?, "{}", net.name());
        let objective = Objective::new(&x, &y, SquaredError)?;
        let (plain, linear) = (objective.gradient(&network)?, objective.gradient(&network.linearised())?);
        assert_eq!(plain, linear, "{}", net.name());
        let centred = objective.value(&network.linearised().centred())?;
        let expected = y.iter().map(|y| y * y).sum::<f64>() / 40.0;
        assert!((centred - expected).abs() <= 1e-14, "{}: {centred} {expected}", net.name());
    }
    Ok(())
}

#[test]
fn a_linear_network_is_its_own_linearisation_also_in_training() -> Result<()> {
    let linear = [
        network("one weight", dense(3)).input(5),
        network("one weight and bias", Dense::new(3).bias(0.5).into()).input(5),
        network("shared weights", serial([conv(1, 1), flatten()])).image(1, 3, 2),
    ];
    let optimisers = [
        Optimiser::from(Sgd::new(0.05).momentum(0.8).weight_decay(0.01)),
        Adam::new(0.01).into(),
        Adadelta::new(1.0).into(),
    ];
    for net in linear {
        let d = if net.name() == "shared weights" { 6 } else { 5 };
        let (x, y) = (normals((20, d), 1), normals((20, 3), 2));
        let start = net.init(Seed(4))?;
        let f0 = start.outputs(&x)?;
        for optimiser in optimisers {
            let trainer = Trainer::epochs(6, optimiser).batch(7).shuffle(Seed(5)).quiet();
            let objective = Objective::new(&x, &y, SquaredError)?;
            let (mut network, mut linear) = (start.clone(), start.linearised());
            let mut centred = start.linearised().centred();
            let losses = trainer.train(&mut network, &objective)?.losses;
            let same = trainer.train(&mut linear, &objective)?.losses;
            trainer.train(&mut centred, &Objective::new(&x, &(&y - &f0), SquaredError)?)?;
            let error = distance(&network, linear.network()).max(distance(&network, centred.network()));
            assert!(error <= 1e-11, "{} {optimiser:?}: {error}", net.name());
            let error = losses.iter().zip(&same).fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()));
            assert!(error <= 1e-11, "{} {optimiser:?}: {error}", net.name());
            let error = largest(&(centred.outputs(&x)? + &f0 - network.outputs(&x)?));
            assert!(error <= 1e-11, "{} {optimiser:?}: {error}", net.name());
        }
    }
    Ok(())
}

#[test]
fn single_precision_follows_double() -> Result<()> {
    let (x, y) = (normals((35, 4), 1), normals((35, 2), 2));
    for net in nets(4, 2) {
        let network = net.init(Seed(3))?;
        let there = moved(&network, 0.3);
        let double = network.linearised().at(&there)?;
        let single = network.cast::<f32>().linearised().at(&there.cast())?;
        let error = largest(&(single.outputs(&x)? - double.outputs(&x)?));
        assert!(error <= 1e-4, "{}: {error}", net.name());
        let objective = Objective::new(&x, &y, SquaredError)?;
        let ((value, gradient), (expected, exact)) = (objective.gradient(&single)?, objective.gradient(&double)?);
        assert!((value - expected).abs() <= 1e-4 * (1.0 + expected), "{}", net.name());
        for (got, exact) in gradient.iter().zip(&exact) {
            let error = largest(&(got.mapv(f64::from) - exact));
            assert!(error <= 1e-4 * (1.0 + largest(exact)), "{}: {error}", net.name());
        }
    }
    Ok(())
}

#[test]
fn parameters_of_another_network_are_refused() -> Result<()> {
    let net = mlp(1).width(6).input(3);
    let network = net.init(Seed(0))?;
    let wider = mlp(1).width(7).input(3).init(Seed(0))?;
    let scaled = net.clone().parametrisation(Parametrisation::Standard).init(Seed(0))?;
    let slower = net.learning_rates(&[0.5, 1.0]).init(Seed(0))?;
    for other in [&wider, &scaled, &slower] {
        assert!(matches!(network.linearised().at(other), Err(Error::Unlike { .. })));
    }
    let x = normals((4, 3), 0);
    let mut linear = network.linearised();
    linear.parameters_mut()[0] = wider.parameters()[0].clone();
    assert!(matches!(linear.outputs(&x), Err(Error::Size { .. })));
    assert!(matches!(linear.clone().centred().outputs(&x), Err(Error::Size { .. })));
    let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?;
    assert!(matches!(objective.gradient(&linear), Err(Error::Size { .. })));
    assert!(matches!(Trainer::steps(1, Sgd::new(0.1)).train(&mut linear, &objective), Err(Error::Size { .. })));
    let mut linear = network.linearised();
    linear.parameters_mut()[1].values[[2, 0]] = f64::NAN;
    assert!(matches!(linear.centred().outputs(&x), Err(Error::NotFinite { row: 2, .. })));
    Ok(())
}

/// A model of one's own: the linearisation with the network's own outputs at other parameters added, as for draws of a Gaussian process.
struct Shifted {
    linear: Linearised,
    other: Network,
}

impl Model<f64> for Shifted {
    fn network(&self) -> &Network {
        self.linear.network()
    }
    fn parameters_mut(&mut self) -> Vec<&mut hadamard::op::Parameter> {
        self.linear.parameters_mut().iter_mut().collect()
    }
    fn kind(&self) -> &'static str {
        "shifted"
    }
    fn fixed(&self) -> &[hadamard::op::Parameter] {
        self.other.parameters()
    }
    fn outputs(&self, x: &Matrix) -> Result<Matrix> {
        Ok(self.linear.outputs(x)? + self.other.outputs(x)?)
    }
    fn vector_jacobian(&self, u: &Matrix, x: &Matrix) -> Result<Vec<Matrix>> {
        self.linear.vector_jacobian(u, x)
    }
    fn input_gradient(&self, u: &Matrix, x: &Matrix) -> Result<Matrix> {
        Ok(self.linear.input_gradient(u, x)? + self.other.input_gradient(u, x)?)
    }
    fn kernel_of(&self, outputs: Outputs, x: &Matrix) -> Result<Kernels> {
        self.linear.kernel_of(outputs, x)
    }
    fn loss_gradient(
        &self,
        x: ndarray::ArrayView2<'_, f64>,
        loss: &hadamard::train::RowLoss<'_, f64>,
    ) -> (f64, Vec<Matrix>) {
        let shift = self.other.outputs(&x.to_owned()).expect("as good as the points");
        self.linear.loss_gradient(x, &|rows, outputs| loss(rows, outputs + shift.slice(s![rows.clone(), ..])))
    }
}

#[test]
fn a_model_of_ones_own_is_trained() -> Result<()> {
    let (x, y) = (normals((10, 4), 1), normals((10, 2), 2));
    let net = network("smooth", serial((hidden(), tanh(), dense(2)))).input(4).width(30);
    let (network, other) = (net.init(Seed(3))?, net.init(Seed(4))?);
    let mut model = Shifted { linear: network.linearised(), other: other.clone() };
    let trainer = Trainer::steps(200, Sgd::new(0.2)).observe(Observer::new(When::Every(100)).loss()).quiet();
    let run = trainer.train(&mut model, &Objective::new(&x, &y, SquaredError)?)?;
    // The same as other targets.
    let mut linear = network.linearised();
    let shifted = Objective::new(&x, &(&y - other.outputs(&x)?), SquaredError)?;
    let expected = trainer.train(&mut linear, &shifted)?;
    assert!(distance(model.network(), linear.network()) <= 1e-12);
    for (got, expected) in run.records[0].values("loss")?.iter().zip(expected.records[0].values("loss")?) {
        assert!((got - expected).abs() <= 1e-12, "{got} {expected}");
    }
    Ok(())
}

/// Networks that are swept in slices of units.
#[test]
fn wide_networks_too() -> Result<()> {
    let (x, y) = (normals((37, 3), 1), normals((37, 1), 2));
    let network = ccp(2).width(1100).input(3).init(Seed(3))?;
    let there = moved(&network, 0.1);
    let model = network.linearised().at(&there)?;
    let expected = network.linearised_outputs(&there, &x)?;
    let objective = Objective::new(&x, &y, SquaredError)?;
    let (value, gradient) = objective.gradient(&model)?;
    let residual = &expected - &y;
    let loss = residual.iter().map(|r| r * r).sum::<f64>() / 37.0;
    assert!((value - loss).abs() <= 1e-12 * loss, "{value} {loss}");
    for (got, expected) in gradient.iter().zip(network.vector_jacobian(&(residual * (2.0 / 37.0)), &x)?) {
        let error = largest(&(got - &expected));
        assert!(error <= 1e-12 * (1.0 + largest(&expected)), "{error}");
    }
    Ok(())
}
