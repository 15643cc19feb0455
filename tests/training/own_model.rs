//! A model of one's own with parameters outside its network, against the network that it is.

use super::{largest, normals};
use hadamard::prelude::*;
use hadamard::train::Model;
use std::sync::Mutex;

/// A network behind a linear readout whose weights are no parameters of an op: `f = h(x) A`.
struct ReadOut {
    network: Network,
    readout: hadamard::op::Parameter,
}

impl Model<f64> for ReadOut {
    fn network(&self) -> &Network {
        &self.network
    }
    fn parameters(&self) -> Vec<&hadamard::op::Parameter> {
        self.network.parameters().iter().chain([&self.readout]).collect()
    }
    fn parameters_mut(&mut self) -> Vec<&mut hadamard::op::Parameter> {
        self.network.parameters_mut().iter_mut().chain([&mut self.readout]).collect()
    }
    fn kind(&self) -> &'static str {
        "read out"
    }
    fn outputs_count(&self) -> usize {
        self.readout.values.ncols()
    }
    fn outputs(&self, x: &Matrix) -> Result<Matrix> {
        Ok(self.network.outputs(x)?.dot(&self.readout.values))
    }
    fn loss_gradient(
        &self,
        x: ndarray::ArrayView2<'_, f64>,
        loss: &hadamard::train::RowLoss<'_, f64>,
    ) -> (f64, Vec<Matrix>) {
        let towards = Mutex::new(Vec::new());
        let (value, mut gradients) = self.network.loss_gradient(x, &|rows, hidden| {
            let (value, cotangent) = loss(rows, hidden.dot(&self.readout.values));
            towards.lock().unwrap().push((rows.start, hidden.t().dot(&cotangent)));
            (value, cotangent.dot(&self.readout.values.t()))
        });
        let mut towards = towards.into_inner().unwrap();
        towards.sort_by_key(|part| part.0);
        gradients.push(towards.into_iter().map(|part| part.1).reduce(|sum, part| sum + part).expect("some rows"));
        (value, gradients)
    }
}

/// With and without the readout as an op: one network.
fn read_out() -> Result<(ReadOut, Network)> {
    let plain = |layers: Vec<Layer>| network("readout", serial(layers)).input(4).width(8);
    let whole = plain(vec![hidden(), tanh(), Dense::new(2).plain_gain(1.0).into()]);
    let whole = whole.parametrisation(Parametrisation::Standard).init(Seed(3))?;
    let below = plain(vec![hidden(), tanh()]).parametrisation(Parametrisation::Standard);
    let mut below = below.init(Seed(4))?;
    below.parameters_mut()[0].values.assign(&whole.parameters()[0].values);
    let readout = hadamard::op::Parameter::new("readout", "weight", whole.parameters()[1].values.clone());
    Ok((ReadOut { network: below, readout }, whole))
}

#[test]
fn a_model_with_parameters_outside_its_network_is_trained_penalised_and_resumed() -> Result<()> {
    let (x, y) = (normals((30, 4), 1), normals((30, 2), 2));
    for trainer in [
        Trainer::steps(8, Sgd::new(0.1)),
        Trainer::epochs(2, Adam::new(0.01)).batch(7).shuffle(Seed(5)),
        Trainer::epochs(2, Adadelta::new(1.0)).batch(7),
    ] {
        let trainer = trainer.metric("loss", |pass| pass.loss).quiet();
        let (mut model, mut network) = read_out()?;
        let objective = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_zero(0.3));
        let (value, gradient) = objective.gradient(&model)?;
        let (expected, exact) = objective.gradient(&network)?;
        assert!((value - expected).abs() <= 1e-13 * expected && (objective.value(&model)? - expected).abs() <= 1e-13);
        for (got, expected) in gradient.iter().zip(&exact) {
            assert!(largest(&(got - expected)) <= 1e-13 * (1.0 + largest(expected)));
        }
        let product = Model::vector_jacobian(&model, &y, &x)?;
        for (got, expected) in product.iter().zip(network.vector_jacobian(&y, &x)?) {
            assert!(largest(&(got - &expected)) <= 1e-13 * (1.0 + largest(&expected)));
        }
        let run = trainer.train(&mut model, &objective)?;
        let expected = trainer.train(&mut network, &objective)?;
        for (got, expected) in run.metrics[0].iter().zip(&expected.metrics[0]) {
            assert!((got - expected).abs() <= 1e-11 * (1.0 + expected), "{trainer:?}: {got} {expected}");
        }
        for (got, expected) in model.parameters().iter().zip(network.parameters()) {
            assert!(largest(&(&got.values - &expected.values)) <= 1e-11, "{trainer:?}");
        }
        // Stopped after every step it goes on to the same bits.
        let folder = std::env::temp_dir().join(format!("hadamard-read-out-{}", std::process::id()));
        let saved = trainer.clone().checkpoint(&folder);
        let resumed = loop {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("stop"), "").unwrap();
            let (mut again, _) = read_out()?;
            match saved.train(&mut again, &objective) {
                Err(Error::Stopped { .. }) => {}
                done => break (done?, again),
            }
        };
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(resumed.0 == run, "{trainer:?}");
        assert!(resumed.1.parameters().iter().zip(model.parameters()).all(|(a, b)| a.values == b.values));
    }
    Ok(())
}

#[test]
fn what_a_model_of_ones_own_has_not_is_refused() -> Result<()> {
    let (model, _) = read_out()?;
    let (x, y) = (normals((5, 4), 1), normals((5, 2), 2));
    assert!(matches!(model.input_gradient(&y, &x), Err(Error::Unlike { place: "input gradient", .. })));
    assert!(matches!(model.kernel_of(Outputs::All, &x), Err(Error::Unlike { place: "tangent kernel", .. })));
    let refused = |u: &Matrix, x: &Matrix| Model::vector_jacobian(&model, u, x).unwrap_err();
    assert!(matches!(refused(&normals((4, 2), 2), &x), Error::Size { what: "rows of u", expected: 5, got: 4, .. }));
    assert!(matches!(refused(&normals((5, 3), 2), &x), Error::Size { what: "columns of u", expected: 2, got: 3, .. }));
    assert!(matches!(refused(&(&y * f64::NAN), &x), Error::NotFinite { row: 0, column: 0, .. }));
    assert!(matches!(refused(&y, &normals((5, 3), 1)), Error::Size { expected: 4, got: 3, .. }));
    let wrong = Objective::new(&x, &normals((5, 8), 2), SquaredError)?;
    assert!(matches!(wrong.value(&model), Err(Error::Size { what: "columns of targets", expected: 2, got: 8, .. })));
    let precise = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_zero(1.0).prior_precision());
    assert!(matches!(precise.value(&model), Err(Error::Range { value: 0.0, .. })));
    Ok(())
}
