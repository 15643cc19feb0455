//! One run of a study: counted, saved part by part, stopped on request, resumed.

use super::{RunOptions, Saved};
use crate::checkpoint::{Arrays, Checkpoint, Settings, Store, Work};
use crate::data::Seed;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// A run of a study, which hands it its seed and keeps what it finds.
///
/// Without a checkpoint nothing is written, and parts are only counted.
pub struct Run<'a> {
    seed: Seed,
    store: Option<&'a Store>,
    work: Work<'a>,
}

/// What a study says of itself once its settings are checked: the settings, and its units.
type Begun = (Settings, (&'static str, usize));

/// Checks, opens the folder, measures; compiled here once and not in every notebook.
pub(super) fn drive(
    (name, title, options): (&'static str, &'static str, &RunOptions),
    begin: &dyn Fn() -> Result<Begun>,
    measure: &mut dyn FnMut(&mut Run<'_>) -> Result<()>,
) -> Result<()> {
    Progress::unless(options.quiet).during(|| {
        let (settings, (units, total)) = begin()?;
        let store = Checkpoint::of_study(options.checkpoint.as_ref(), name, settings)?;
        let work = Work::new(store.as_ref(), title.into(), units, total as u64, 0);
        let mut run = Run { seed: options.seed, store: store.as_ref(), work };
        measure(&mut run)?;
        run.work.finish_saved()
    })
}

impl Run<'_> {
    /// The seed.
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// A unit of the study: what an earlier run saved under this name, else computed, and saved.
    ///
    /// # Errors
    /// Those of `compute`; [`Error::Stopped`] if asked to stop, [`Error::Store`] for a file that does not hold this, [`Error::File`].
    pub fn part<T: Saved>(&mut self, name: &str, compute: impl FnOnce() -> Result<T>) -> Result<T> {
        self.part_that(name, |_| true, compute)
    }

    /// A part for each item of a list, `name-00`, `name-01`, ….
    ///
    /// # Errors
    /// As for [`Run::part`].
    pub fn each<I, T: Saved>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = I>,
        mut compute: impl FnMut(I) -> Result<T>,
    ) -> Result<Vec<T>> {
        let items = items.into_iter().enumerate();
        items.map(|(index, item)| self.part(&format!("{name}-{index:02}"), || compute(item))).collect()
    }

    /// As [`Run::part`]; what is read must be as this study needs it, by its sizes for one.
    ///
    /// # Errors
    /// As for [`Run::part`].
    pub fn part_that<T: Saved>(
        &mut self,
        name: &str,
        fits: impl Fn(&T) -> bool,
        compute: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let found = self.within_part(name, fits, compute)?;
        self.work.advance_saved()?;
        Ok(found)
    }

    /// What is saved within a unit, as [`Run::part_that`], but not counted.
    ///
    /// # Errors
    /// As for [`Run::part`].
    pub fn within_part<T: Saved>(
        &mut self,
        name: &str,
        fits: impl Fn(&T) -> bool,
        compute: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        // What was just computed goes the same way as what is read, so that it has the same layout in memory.
        let mut arrays = self.work.part(name, || Ok(compute()?.save("", Arrays::new())))?;
        let found = T::load("", &mut arrays)?;
        if !fits(&found) {
            let file = format!("{name}.npz");
            let path = self.store.map_or_else(|| file.as_str().into(), |store| store.checkpoint().folder().join(&file));
            let reason = "it holds arrays of other sizes than this study's; delete the file to do this part again";
            return Err(Error::Store { path, reason: reason.into() });
        }
        Ok(found)
    }

    /// True if a part was saved, by this run or an earlier one.
    ///
    /// # Errors
    /// [`Error::Store`] for a file that is damaged.
    pub fn has(&self, name: &str) -> Result<bool> {
        Ok(self.work.read_part(name)?.is_some())
    }

    /// Removes what was saved within a unit that is complete.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn forget(&self, name: &str) -> Result<()> {
        self.work.remove_part(name)
    }

    /// Counts a unit whose work was saved elsewhere, as that of a training in a [folder](Run::folder) of its own.
    ///
    /// # Errors
    /// [`Error::Stopped`] if asked to stop.
    pub fn done(&mut self) -> Result<()> {
        self.work.computed();
        self.work.advance_saved()
    }

    /// Asks within a unit whether to stop.
    ///
    /// # Errors
    /// [`Error::Stopped`].
    pub fn look(&mut self) -> Result<()> {
        self.work.look()
    }

    /// The folder of training or sampling that is a part of this study; `None` without a checkpoint.
    pub fn folder(&self, name: &str) -> Option<Checkpoint> {
        self.store.map(|store| store.checkpoint().part(name))
    }
}
