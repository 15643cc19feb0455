//! Neural Thompson sampling and neural UCB with a diagonal covariance.

use super::{Round, SearchStrategy};
use crate::bayesian::sample::{check_data, fit};
use crate::checkpoint::Settings;
use crate::error::{Error, Result};
use crate::net::{Net, Network};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};

const PLACE: &str = "neural Thompson sampling";
/// Rows of a Jacobian at a time.
const ROWS: usize = 64;

/// A trained network for the mean, and for the uncertainty the gradients of its outputs: the baseline of Dai et al. 2022.
///
/// With `g(x) = ∂f/∂θ` after training on `Σ_i (f(x_i) - y_i)² + λ ‖θ - θ_0‖²`, each parameter over its standard deviation at the start, and the diagonal `D = λ + Σ_i g(x_i)²`, the value at a point is
/// drawn from `N(f(x), ν² s²)`, `s² = λ Σ_p g_p(x)² / D_p`, for each candidate by itself; with [`upper_bound`](Self::upper_bound) it is `f(x) + ν s`.
///
/// ## References
/// Zhang, Zhou, Li and Gu 2021 (neural Thompson sampling); Zhou, Li and Gu 2020 (neural UCB). In the NTK parametrisation `g` has the factor
/// `1/√m` of theirs.
#[derive(Clone)]
pub struct NeuralThompson {
    net: Net,
    ridge: f64,
    exploration: f64,
    steps: u64,
    bound: bool,
}

impl NeuralThompson {
    /// Of an architecture with one output: `λ = 0.001`, `ν = 1`, 2000 steps.
    pub fn new(net: &Net) -> Self {
        Self { net: net.clone(), ridge: 1e-3, exploration: 1.0, steps: 2000, bound: false }
    }

    /// Sets `λ`, above 0.
    pub fn ridge(self, ridge: f64) -> Self {
        Self { ridge, ..self }
    }

    /// Sets `ν`, at least 0.
    pub fn exploration(self, exploration: f64) -> Self {
        Self { exploration, ..self }
    }

    /// Sets the number of steps of training.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// Takes the upper bound instead of a draw: neural UCB.
    pub fn upper_bound(self) -> Self {
        Self { bound: true, ..self }
    }

    /// Trained on the data, with the diagonal `D` of all its parameters.
    fn fitted(&self, round: &Round<'_>) -> Result<(Network, Array1<f64>)> {
        let x = round.points;
        let mut network = self.net.reading(x.ncols()).init(round.seed.child(0))?;
        network.require_one_output(PLACE)?;
        fit(&mut network, x, round.values.clone(), Some(self.ridge), self.steps)?;
        let numbers: usize = network.parameters().iter().map(|parameter| parameter.values.len()).sum();
        let mut diagonal = Array1::from_elem(numbers, self.ridge);
        for rows in x.axis_chunks_iter(Axis(0), ROWS) {
            diagonal += &squares(&network, rows)?.sum_axis(Axis(0));
        }
        Ok((network, diagonal))
    }

    /// `s`, `[m]`.
    fn deviations(&self, network: &Network, diagonal: &Array1<f64>, x: &Array2<f64>) -> Result<Array1<f64>> {
        let mut deviations = Array1::zeros(x.nrows());
        for (block, rows) in x.axis_chunks_iter(Axis(0), ROWS).enumerate() {
            let variances = (squares(network, rows)? / diagonal).sum_axis(Axis(1)) * self.ridge;
            let at = block * ROWS;
            deviations.slice_mut(s![at..at + variances.len()]).assign(&variances.mapv(f64::sqrt));
        }
        Ok(deviations)
    }
}

/// `(∂f/∂θ)²`, `[m, parameters]`.
fn squares(network: &Network, x: ArrayView2<'_, f64>) -> Result<Array2<f64>> {
    Ok(network.jacobian(&x.to_owned())?.mapv_into(|g| g * g))
}

impl SearchStrategy for NeuralThompson {
    fn name(&self) -> String {
        if self.bound { "neural UCB".into() } else { "neural TS".into() }
    }

    fn settings(&self, settings: Settings) -> Settings {
        let Self { net, ridge, exploration, steps, bound } = self;
        let settings = settings.with("strategy", "neural Thompson sampling").digest("networks", net);
        let settings = settings.with("ridge", *ridge).with("exploration", *exploration);
        settings.with("number of steps", *steps).with("bound", *bound)
    }

    fn propose(&self, round: &Round<'_>) -> Result<Array1<f64>> {
        check_data(PLACE, round.data(), self.ridge)?;
        let value = self.exploration;
        if !(value >= 0.0 && value.is_finite()) {
            let legal = "at least 0 and finite";
            return Err(Error::Range { place: PLACE, what: "the exploration", value, legal });
        }
        let (network, diagonal) = self.fitted(round)?;
        let candidates = round.candidates()?;
        let mut normal = round.seed.child(1).normals(0);
        let deviations = self.deviations(&network, &diagonal, &candidates)?;
        let drawn = deviations.mapv(|s| self.exploration * s * if self.bound { 1.0 } else { normal() });
        round.best_candidate(&candidates, &(drawn + network.outputs(&candidates)?.column(0)))
    }
}

impl std::fmt::Debug for NeuralThompson {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}, ridge {:e}, exploration {}", self.name(), self.net.name(), self.ridge, self.exploration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bayesian::acquisition::uniform;
    use crate::net::network;
    use crate::op::{Dense, dense, serial};
    use crate::random::Seed;

    /// Of a linear model without training's help: `g = (x, 1)` up to scales.
    #[test]
    fn deviations_are_those_of_the_definition() -> Result<()> {
        let net = network("linear", serial([Dense::new(1).bias(0.5).into()]));
        let strategy = NeuralThompson::new(&net).ridge(0.2).steps(3);
        let (x, at) = (uniform(5, 2, Seed(0))?, uniform(70, 2, Seed(1))?);
        let (values, pending) = (Array1::ones(5), Array2::zeros((0, 2)));
        let round =
            Round { points: &x, values: &values, pending: &pending, seed: Seed(2), candidates: 1, starts: 0, slot: 0 };
        let (trained, diagonal) = strategy.fitted(&round)?;
        let found = strategy.deviations(&trained, &diagonal, &at)?;
        let features = |row: ndarray::ArrayView1<'_, f64>| [row[0] / 2f64.sqrt(), row[1] / 2f64.sqrt(), 0.5];
        for (row, found) in at.rows().into_iter().zip(&found) {
            let variance: f64 = (0..3)
                .map(|p| {
                    let sum: f64 = x.rows().into_iter().map(|row| features(row)[p].powi(2)).sum();
                    0.2 * features(row)[p].powi(2) / (0.2 + sum)
                })
                .sum();
            assert!((found - variance.sqrt()).abs() <= 1e-12);
        }
        let two = NeuralThompson::new(&network("two", serial([dense(2)])));
        assert!(matches!(two.propose(&round), Err(Error::Size { expected: 1, got: 2, .. })));
        assert!(matches!(strategy.clone().ridge(0.0).propose(&round), Err(Error::Range { .. })));
        Ok(())
    }
}
