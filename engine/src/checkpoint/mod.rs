//! Checkpoints: long work that survives a kill and goes on where it was, with the same bits as if it had never stopped.
//!
//! [Training](crate::train::Trainer::checkpoint), [sampling](crate::kernel::MonteCarlo::checkpoint) and the studies take a
//! folder by `.checkpoint("folder")`. Running the same thing again with the same folder goes on from what is there; once it
//! is complete, its result is read from there. There is no other call to resume, as for [tiled kernels](crate::kernel::tiled).
//!
//! ```
//! use hadamard::prelude::*;
//! let folder = std::env::temp_dir().join(format!("hadamard-checkpoint-{}", std::process::id()));
//! let (mut network, x) = (ccp(3).width(8).input(4).init(Seed(0))?, sphere(20, 4, Seed(1))?);
//! let objective = Objective::new(&x, &Array1::ones(20), SquaredError)?;
//! let training = Trainer::steps(50, Sgd::new(0.01)).checkpoint(&folder);
//! let run = training.train(&mut network.clone(), &objective)?;
//! assert_eq!(training.train(&mut network, &objective)?, run);                  // read, not computed
//! # std::fs::remove_dir_all(folder).unwrap();
//! # Ok::<(), Error>(())
//! ```
//!
//! # To stop
//! A file called `stop` in the folder, empty or not, ends the run at its next step with [`Error::Stopped`](crate::Error::Stopped),
//! after everything is saved; in a notebook the variables stay. It is removed when it has taken effect, and the first progress
//! line says its name. A study looks after every kernel, network or step of training.
//!
//! An interrupt, which kills a notebook's kernel, loses what was done since the last save: 5 seconds of work unless
//! [set otherwise](Checkpoint::every).
//!
//! # Every study
//! With the environment variable `HADAMARD_CHECKPOINTS` every study that has no folder of its own saves in one below that, so that
//! a notebook that is run again reads its results. Use another folder after a change of the crate.
//!
//! # The folder
//! - `manifest.json`: `format` (`"hadamard-checkpoint"`), `version` (2), `of` (what was run) and `settings`: everything that the result
//!   depends on, and the version of the crate; long values (points, parameters, layers with all their numbers and the values of
//!   their functions) by their SHA-256. The names of networks do not count. Other settings are refused, with what differs: nothing in a
//!   folder is ever replaced by another run's results.
//! - `state.npz`: how far training or sampling has come, as NumPy arrays, parameters in their own precision; other `.npz` files hold
//!   the finished parts of a study, and folders its training and sampling. Each holds a `fingerprint` of the settings.
//! - `lock`, by which a second process is refused.
//!
//! A file is written under a temporary name and renamed, so one that is there is whole.

pub(crate) mod arrays;
mod folder;
pub(crate) mod identity;
mod manifest;
mod parts;
pub(crate) mod settings;
pub(crate) mod store;
pub(crate) mod work;

pub use arrays::Arrays;
pub(crate) use folder::{Lock, stop_file, take_stop};
pub use identity::Identity;
pub(crate) use manifest::{MEND, Manifest, open, read_manifest};
pub use settings::{Setting, Settings};
pub use store::Store;
pub use work::Work;

use crate::error::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Work between two saves, unless set otherwise.
const EVERY: Duration = Duration::from_secs(5);

/// A folder in which long work is saved, and how often. A path is one by itself: `.checkpoint("runs/ccp-3")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    folder: PathBuf,
    every: Duration,
    /// The folders of the runs that this one is a part of, the outermost first.
    above: Vec<PathBuf>,
    /// The user knows the folder, and is told how to stop the run there.
    chosen: bool,
}

impl Checkpoint {
    /// Saves in a folder, which is made if need be, every 5 seconds.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().into(), every: EVERY, above: Vec::new(), chosen: true }
    }

    /// Sets the time between saves. They are further apart where one takes long: at most a tenth of the time goes into them.
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins or goes on.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn open(&self, of: &'static str, settings: Settings) -> Result<Store> {
        Store::open(self.clone(), of, settings)
    }

    /// The folder of the run that all this is a part of.
    fn outermost(&self) -> &Path {
        self.above.first().unwrap_or(&self.folder)
    }

    /// The folders in which a file may stop the run, the outermost first.
    fn stoppable(&self) -> impl Iterator<Item = &PathBuf> {
        self.above.iter().chain([&self.folder])
    }
}

impl<P: AsRef<Path> + ?Sized> From<&P> for Checkpoint {
    fn from(folder: &P) -> Self {
        Self::new(folder)
    }
}

impl From<PathBuf> for Checkpoint {
    fn from(folder: PathBuf) -> Self {
        Self::new(folder)
    }
}

impl From<String> for Checkpoint {
    fn from(folder: String) -> Self {
        Self::new(folder)
    }
}
