//! The folder of a checkpoint: its manifest and its arrays.

use super::folder::{Lock, file_error, stop_file, take_stop};
use super::manifest::{self, Manifest};
use super::{Arrays, Checkpoint, Settings};
use crate::atomic_file::write_whole;
use crate::error::{Error, Result};
use crate::tensors::{read_arrays, write_arrays};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    format: String,
    version: u32,
    of: String,
    settings: BTreeMap<String, String>,
}

impl Manifest for Said {
    const FORMAT: &'static str = "hadamard-checkpoint";
    /// 1 had settings by texts that could be the same for others.
    const VERSION: u32 = 2;

    fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }

    fn other(&self, found: &Self) -> Option<String> {
        let differs = found.of != self.of;
        differs.then(|| format!("a checkpoint of {}, not of {}", found.of.escape_debug(), self.of))
    }
}

/// A folder that a run writes to.
#[derive(Debug)]
pub struct Store {
    checkpoint: Checkpoint,
    fingerprint: [f64; 8],
    /// Held while it lives; a second run on the folder is refused.
    _lock: Lock,
}

impl Store {
    /// Makes the folder, or opens one of the same settings.
    ///
    /// # Errors
    /// [`Error::Store`] for a folder of other settings, which are named, or one that another run writes to; [`Error::File`].
    pub fn open(checkpoint: Checkpoint, of: &str, settings: Settings) -> Result<Self> {
        let folder = checkpoint.folder();
        let (format, version) = (Said::FORMAT.into(), Said::VERSION);
        let said = Said { format, version, of: of.into(), settings: settings.map().clone() };
        let _lock = manifest::open(folder, folder, ("a checkpoint of other settings", &said))?;
        Ok(Self { fingerprint: settings.fingerprint(of), checkpoint, _lock })
    }

    /// The folder that it is in.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.checkpoint.folder().join(format!("{name}.npz"))
    }

    /// The arrays of a name, if they were written.
    ///
    /// # Errors
    /// [`Error::Store`] for a file that is damaged or of other settings.
    pub fn read(&self, name: &str) -> Result<Option<Arrays>> {
        let path = self.path(name);
        let list = match read_arrays(&path) {
            Ok(list) => list,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => {
                let reason = format!("the file is damaged: {e}; delete it to do this part again");
                return Err(Error::Store { path, reason });
            }
        };
        let mut arrays = Arrays { path, list };
        let fingerprint = arrays.take("fingerprint", self.fingerprint.len())?;
        if fingerprint.as_slice() != Some(&self.fingerprint) {
            let reason = "it belongs to a checkpoint of other settings; delete it to do this part again";
            return Err(Error::Store { path: arrays.path, reason: reason.into() });
        }
        Ok(Some(arrays))
    }

    /// Writes a file that appears whole or not at all.
    pub fn write(&self, name: &str, arrays: Arrays) -> Result<Arrays> {
        let mut arrays = arrays.with("fingerprint", Array1::from_iter(self.fingerprint));
        let path = self.path(name);
        write_whole(&path, |file| write_arrays(file, &arrays.list)).map_err(file_error(&path))?;
        arrays.list.pop();
        Ok(arrays)
    }

    /// The file whose presence stops the run, if there is one.
    pub fn stop_request(&self) -> Option<&Path> {
        self.checkpoint.stoppable().find(|folder| stop_file(folder).exists()).map(PathBuf::as_path)
    }

    /// Removes a request to stop that came too late.
    pub fn finish(&self) -> Result<()> {
        take_stop(self.checkpoint.folder()).map(|_| ())
    }
}
