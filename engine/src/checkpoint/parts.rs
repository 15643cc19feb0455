//! What studies need: a folder for each, and long work of few large parts, each of which is saved when it is done.

use super::{Arrays, Checkpoint, Settings, Store, Work};
use crate::error::{Error, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// The environment variable that names a folder for all studies that have none of their own, each in a folder below it by its
/// name and a digest of its settings. Sources are not among these: a folder per build of the crate keeps results apart.
const EVERY_STUDY: &str = "HADAMARD_CHECKPOINTS";

impl Checkpoint {
    /// Of a study: in the folder given, or else in one of its own below that of the environment variable `HADAMARD_CHECKPOINTS`; `None` where neither is set.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn of_study(given: Option<&Self>, of: &'static str, settings: Settings) -> Result<Option<Store>> {
        let checkpoint = match (given, std::env::var_os(EVERY_STUDY)) {
            (Some(given), _) => given.clone(),
            (None, Some(folder)) => {
                let name = format!("{of}-{}", settings.short_name(of));
                Self { chosen: false, ..Self::new(Path::new(&folder).join(name)) }
            }
            (None, None) => return Ok(None),
        };
        checkpoint.open(of, settings).map(Some)
    }

    /// That of a part of this run, in a folder below.
    pub fn part(&self, name: &str) -> Self {
        let above = self.above.iter().chain([&self.folder]).cloned().collect();
        Self { folder: self.folder.join(name), every: self.every, above, chosen: self.chosen }
    }
}

impl Work<'_> {
    /// A part of the work: read if it is there, else computed and written.
    ///
    /// # Errors
    /// Those of `compute`; as for [`Store::read`] and [`Store::write`].
    pub fn part(&mut self, name: &str, compute: impl FnOnce() -> Result<Arrays>) -> Result<Arrays> {
        match self.read_part(name)? {
            Some(arrays) => Ok(arrays),
            None => self.write_part(name, compute()?),
        }
    }

    /// A part that is there.
    ///
    /// # Errors
    /// As for [`Store::read`].
    pub fn read_part(&self, name: &str) -> Result<Option<Arrays>> {
        self.store.map_or(Ok(None), |store| store.read(name))
    }

    /// Writes a part.
    ///
    /// # Errors
    /// As for [`Store::write`].
    pub fn write_part(&mut self, name: &str, arrays: Arrays) -> Result<Arrays> {
        self.fresh = true;
        match self.store {
            Some(store) => store.write(name, arrays),
            None => Ok(arrays),
        }
    }

    /// Removes a part that is no longer needed.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be.
    pub fn remove_part(&self, name: &str) -> Result<()> {
        let Some(store) = self.store else { return Ok(()) };
        let path = store.path(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::File { path, source }),
            _ => Ok(()),
        }
    }

    /// Something was done that no part holds.
    pub fn computed(&mut self) {
        self.fresh = true;
    }

    /// Counts a unit whose parts are saved.
    ///
    /// # Errors
    /// [`Error::Stopped`] if asked to.
    pub fn advance_saved(&mut self) -> Result<()> {
        self.count();
        self.look()
    }

    /// # Errors
    /// [`Error::Stopped`] if asked to.
    pub fn look(&mut self) -> Result<()> {
        if self.asked_to_stop() { self.stop() } else { Ok(()) }
    }

    /// Ends work whose parts are saved.
    pub fn finish_saved(self) -> Result<()> {
        self.store.map_or(Ok(()), Store::finish)
    }
}
