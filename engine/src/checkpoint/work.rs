//! Long work unit by unit: counted, saved now and then, and stopped on request.

use super::folder::{stop_file, take_stop};
use super::{Arrays, Store};
use crate::error::{Error, Result};
use crate::progress::{Progress, Task};
use std::time::{Duration, Instant};

/// Time between two looks for the file that stops the run.
const LOOK: Duration = Duration::from_millis(50);
/// Of the time between saves, at most one part in so many goes into them.
const SHARE: u32 = 10;
/// The file that holds how far the work has come.
pub(super) const STATE: &str = "state";

/// Work of a known number of units.
pub struct Work<'a> {
    pub(super) store: Option<&'a Store>,
    what: String,
    units: &'static str,
    total: u64,
    done: u64,
    task: Task,
    /// Something was computed in this run; a run that is asked to stop at once still comes further than the one before.
    pub(super) fresh: bool,
    looked: Option<Instant>,
    saved: Instant,
    wait: Duration,
}

impl<'a> Work<'a> {
    /// Work of which some is done.
    pub fn new(store: Option<&'a Store>, what: String, units: &'static str, total: u64, done: u64) -> Self {
        let progress = Progress::current();
        if let Some(store) = store.filter(|store| store.checkpoint().chosen) {
            progress.hint(|| format!("a file {} stops it", stop_file(store.checkpoint().outermost()).display()));
        }
        let task = progress.task(what.as_str(), units, total).after(done);
        let wait = store.map_or(Duration::MAX, |store| store.checkpoint().every);
        Self { store, what, units, total, done, task, fresh: false, looked: None, saved: Instant::now(), wait }
    }

    /// What [`Work::advance`] saved last, in an earlier run.
    pub fn saved(store: Option<&Store>) -> Result<Option<Arrays>> {
        store.map_or(Ok(None), |store| store.read(STATE))
    }

    /// Counts a unit; saves the state if it is time to.
    ///
    /// # Errors
    /// [`Error::Stopped`] if asked to; [`Error::File`] if the state cannot be saved.
    pub fn advance(&mut self, state: impl Fn() -> Arrays) -> Result<()> {
        self.fresh = true;
        self.count();
        let Some(store) = self.store else { return Ok(()) };
        let save = || store.write(STATE, state()).map(|_| ());
        if self.asked_to_stop() {
            save()?;
            return self.stop();
        }
        if self.saved.elapsed() >= self.wait {
            let start = Instant::now();
            save()?;
            self.saved = Instant::now();
            self.wait = store.checkpoint().every.max((self.saved - start) * SHARE);
        }
        Ok(())
    }

    /// Saves the end.
    pub fn finish(self, state: impl Fn() -> Arrays) -> Result<()> {
        let Some(store) = self.store else { return Ok(()) };
        store.write(STATE, state())?;
        store.finish()
    }

    pub(super) fn count(&mut self) {
        self.done += 1;
        match self.fresh {
            true => self.task.advance(1),
            false => self.task.skip(),
        }
    }

    /// Looks now and then; where nothing is left to do there is nothing to stop.
    pub(super) fn asked_to_stop(&mut self) -> bool {
        if !self.fresh || self.done >= self.total || self.looked.is_some_and(|time| time.elapsed() < LOOK) {
            return false;
        }
        self.looked = Some(Instant::now());
        self.store.is_some_and(|store| store.stop_request().is_some())
    }

    pub(super) fn stop(&self) -> Result<()> {
        let Some(folder) = self.store.and_then(Store::stop_request) else { return Ok(()) };
        take_stop(folder)?;
        let (what, units) = (self.what.clone(), self.units);
        Err(Error::Stopped { what, done: self.done, total: self.total, units, file: stop_file(folder) })
    }
}
