//! Studies in a list, whatever their types.

use super::{RunOptions, Study, StudyReport};
use crate::error::Result;

/// The report of some study.
pub type AnyReport = Box<dyn StudyReport>;

/// A study in a list.
#[derive(Clone, Copy)]
pub struct Registered {
    /// Its name, which is that of its verdicts.
    pub name: &'static str,
    /// Whether it has sizes of a paper.
    pub paper: bool,
    /// Whether its result depends on the seed.
    pub seeded: bool,
    /// The name of its type.
    pub type_name: fn() -> &'static str,
    run: fn(RunOptions) -> Result<AnyReport>,
    shown: fn(RunOptions) -> Result<AnyReport>,
}

impl Registered {
    /// The entry of a study.
    pub const fn of<S: Study>() -> Self {
        Self {
            name: S::NAME,
            paper: S::PAPER,
            seeded: S::SEEDED,
            type_name: std::any::type_name::<S>,
            run: |options| Ok(Box::new(S::default().with_options(options).run()?)),
            shown: |options| {
                let mut study = S::shown();
                *study.options_mut() = options;
                Ok(Box::new(study.run()?))
            },
        }
    }

    /// Runs it at the sizes of the options' profile.
    ///
    /// # Errors
    /// As for [`Study::run`].
    pub fn run(&self, options: RunOptions) -> Result<AnyReport> {
        (self.run)(options)
    }

    /// Runs it at the sizes that notebooks show; the profile of the options does not count.
    ///
    /// # Errors
    /// As for [`Study::run`].
    pub fn run_shown(&self, options: RunOptions) -> Result<AnyReport> {
        (self.shown)(options)
    }
}

impl std::fmt::Debug for Registered {
    /// Its name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
