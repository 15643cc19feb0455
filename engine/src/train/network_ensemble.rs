//! Many networks of one architecture.

use super::model::NumberType;
use super::{Objective, Trainer, Training, TrainingRun};
use crate::error::{Error, Result, check_memory};
use crate::net::{Net, Network};
use crate::progress::Progress;
use crate::random::Seed;
use ndarray::{Array2, Array3, Axis};
use rayon::prelude::*;

/// Networks of one architecture that differ in their initialisation alone, from [`Net::network_ensemble`]; they are trained and measured
/// side by side, a network a thread. (Infinitely many of infinite width are a Gaussian process: [`Kernels::ensemble`](crate::kernel::Kernels::ensemble).)
///
/// ```
/// use hadamard::prelude::*;
/// let (x, net) = (sphere(10, 3, Seed(0))?, mlp(1).width(32).input(3));
/// let mut networks = net.network_ensemble(20, Seed(1))?;
/// let spread = |networks: &NetworkEnsemble| Ok::<f64, Error>(networks.outputs(&x)?.std_axis(Axis(0), 1.0).sum());
/// let before = spread(&networks)?;
/// networks.train(&Trainer::steps(200, Sgd::new(0.5)), &Objective::new(&x, &x.column(0).to_owned(), SquaredError)?)?;
/// assert!(spread(&networks)? < before);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct NetworkEnsemble<F: NumberType = f64> {
    networks: Vec<Network<F>>,
}

impl Net {
    /// `count` networks of the width set, the `k`-th drawn from the seed's child `k`: the same ones come first in a larger ensemble.
    ///
    /// # Errors
    /// [`Error::Range`] for none; as for [`Net::init`].
    pub fn network_ensemble(&self, count: usize, seed: Seed) -> Result<NetworkEnsemble> {
        if count == 0 {
            let (what, legal) = ("the number of networks", "at least 1");
            return Err(Error::Range { place: "ensemble of networks", what, value: 0.0, legal });
        }
        let networks = (0..count).map(|k| self.init(seed.child(k as u64))).collect::<Result<_>>()?;
        Ok(NetworkEnsemble { networks })
    }
}

impl<F: Training> NetworkEnsemble<F> {
    /// The networks.
    pub fn networks(&self) -> &[Network<F>] {
        &self.networks
    }

    /// The same networks in another precision.
    pub fn cast<G: Training>(&self) -> NetworkEnsemble<G> {
        NetworkEnsemble { networks: self.networks.iter().map(Network::cast).collect() }
    }

    /// Trains every network, all in the same way, with [progress lines](crate::progress) that count networks. The same bits on any number of
    /// threads. A checkpoint of the trainer has a folder for each network, `network-000` and so on. If one fails, all are as before.
    ///
    /// # Errors
    /// Those of [`Trainer::train`], of the first network that has any.
    pub fn train(&mut self, trainer: &Trainer, objective: &Objective) -> Result<Vec<TrainingRun>> {
        let progress = Progress::unless(trainer.is_quiet());
        let count = self.networks.len() as u64;
        let task = progress.task(format!("training {}", self.networks[0].net().name()), "networks", count);
        let numbered: Vec<(usize, Network<F>)> = self.networks.iter().cloned().enumerate().collect();
        let train = |(index, mut network): (usize, Network<F>)| {
            let run = trainer.of_network(index).train(&mut network, objective)?;
            task.advance(1);
            Ok((network, run))
        };
        let trained: Vec<Result<_>> = numbered.into_par_iter().map(train).collect();
        let (networks, runs) = trained.into_iter().collect::<Result<Vec<_>>>()?.into_iter().unzip();
        self.networks = networks;
        Ok(runs)
    }

    /// What a function makes of every network, in their order.
    ///
    /// # Errors
    /// Those of the function, of the first network that has any.
    pub fn map<T: Send>(&self, of: impl Fn(&Network<F>) -> Result<T> + Sync) -> Result<Vec<T>> {
        let found: Vec<Result<T>> = self.networks.par_iter().map(&of).collect();
        // The error of the lowest index, whichever came first.
        found.into_iter().collect()
    }

    /// Outputs on `x: [n, d]`, `[networks, n, c]`.
    ///
    /// # Errors
    /// As for [`Network::outputs`]; [`Error::Memory`].
    pub fn outputs(&self, x: &Array2<f64>) -> Result<Array3<f64>> {
        let outputs = self.map(|network| network.outputs(x))?;
        let (n, c) = outputs[0].dim();
        check_memory("outputs of an ensemble", &[outputs.len(), n, c])?;
        let views: Vec<_> = outputs.iter().map(|outputs| outputs.view()).collect();
        Ok(ndarray::stack(Axis(0), &views).expect("networks of one architecture have outputs of one shape"))
    }
}

impl<F: NumberType> std::fmt::Debug for NetworkEnsemble<F> {
    /// A line.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} networks {}", self.networks.len(), self.networks[0].net().name())
    }
}
