//! What all studies have in common: settings that are chained, sizes by profile, progress, checkpoints, a report that shows itself.
//! The page of `study` shows it in use.

mod define;
mod registered;
mod report;
mod requires;
mod run;
mod saved;
mod verdict;

pub use registered::{AnyReport, Registered};
pub use report::StudyReport;
pub use requires::Requires;
pub use run::Run;
pub use saved::{Saved, within};
pub use verdict::{Judged, Relation, Verdict, VerdictKind, Verdicts, factor, largest, report_folder, smallest};

use crate::checkpoint::{Checkpoint, Settings};
use crate::data::Seed;
use crate::error::Result;

/// How large a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// The smallest run that does all that the study does, for tests: its results mean nothing.
    Trial,
    /// Seconds, or half a minute.
    Quick,
    /// The study's own sizes.
    #[default]
    Full,
    /// The sizes of the paper; those of [`Profile::Full`] where there is none.
    Paper,
}

/// What every study can be told besides its own settings.
#[derive(Clone, Debug, PartialEq)]
pub struct RunOptions {
    /// The seed of everything that is drawn.
    pub seed: Seed,
    /// No [progress lines](crate::progress).
    pub quiet: bool,
    /// Where results are saved as they are found.
    pub checkpoint: Option<Checkpoint>,
    /// The sizes.
    pub profile: Profile,
}

impl Default for RunOptions {
    /// Seed 0, progress lines, no folder, the study's own sizes.
    fn default() -> Self {
        Self { seed: Seed(0), quiet: false, checkpoint: None, profile: Profile::Full }
    }
}

/// The settings of a study, as [`define_study!`](crate::define_study) makes them.
pub trait StudySettings: Clone + Default + std::fmt::Debug {
    /// The name of the study's verdicts, its checkpoints and its place in the list of studies.
    const NAME: &'static str;
    /// The name in progress lines and errors.
    const TITLE: &'static str;
    /// Whether [`Profile::Paper`] has sizes of its own.
    const PAPER: bool;

    /// The options.
    fn options(&self) -> &RunOptions;

    /// The options, to set them.
    fn options_mut(&mut self) -> &mut RunOptions;

    /// Everything that the result depends on, but for the seed.
    fn settings(&self) -> Settings;

    /// Sets the sizes to those of a profile; what the profile does not name stays.
    fn sizes(self, profile: Profile) -> Self;
}

/// A study: what it measures. [The page of this module](crate::study) has one in full.
pub trait Study: StudySettings {
    /// What it finds.
    type Report: StudyReport + 'static;

    /// Whether the result depends on the seed.
    const SEEDED: bool = true;

    /// Refuses settings that make no sense, before anything is computed or saved.
    ///
    /// # Errors
    /// Whatever is wrong with them.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// What its progress is counted in, in the plural, and how many there are: the run asks after each whether to stop.
    fn units(&self) -> (&'static str, usize);

    /// Measures. What was saved by an earlier run is read, not computed: see [`Run::part`].
    ///
    /// # Errors
    /// Whatever goes wrong.
    fn measure(&self, run: &mut Run<'_>) -> Result<Self::Report>;

    /// The settings that notebooks show the study at; quick ones unless it is fast enough.
    fn shown() -> Self {
        Self::default().sizes(Profile::Quick)
    }

    /// Sets the seed. Default 0.
    fn seed(mut self, seed: Seed) -> Self {
        self.options_mut().seed = seed;
        self
    }

    /// Prints no [progress lines](crate::progress).
    fn quiet(mut self) -> Self {
        self.options_mut().quiet = true;
        self
    }

    /// Saves what is found in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    fn checkpoint(mut self, folder: impl Into<Checkpoint>) -> Self {
        self.options_mut().checkpoint = Some(folder.into());
        self
    }

    /// Sets all options, the sizes of the profile among them.
    fn with_options(self, options: RunOptions) -> Self {
        let mut study = self.sizes(options.profile);
        *study.options_mut() = options;
        study
    }

    /// The quick sizes; those of the study itself where it is fast as it is.
    fn quick(self) -> Self {
        self.sizes(Profile::Quick)
    }

    /// What [`Study::check`] asks of settings.
    fn requires() -> Requires {
        Requires::of(Self::TITLE)
    }

    /// Runs the study, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// Those of [`Study::check`] and [`Study::measure`]; with a checkpoint [`Error::Stopped`](crate::Error::Stopped) if a file asked for
    /// it, [`Error::Store`](crate::Error::Store) for a folder that cannot be used or holds another run's results,
    /// [`Error::File`](crate::Error::File).
    fn run(&self) -> Result<Self::Report> {
        let settings = || {
            let settings = self.settings();
            if Self::SEEDED { settings.with("seed", self.options().seed.0) } else { settings }
        };
        let mut found = None;
        run::drive(
            (Self::NAME, Self::TITLE, self.options()),
            &|| self.check().map(|()| (settings(), self.units())),
            &mut |run| self.measure(run).map(|report| found = Some(report)),
        )?;
        Ok(found.expect("a study that was measured has a report"))
    }
}
