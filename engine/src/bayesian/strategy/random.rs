//! Random search.

use super::{Round, SearchStrategy};
use crate::checkpoint::Settings;
use crate::error::Result;
use ndarray::Array1;

/// Points uniform in the box: what every other strategy has to beat.
#[derive(Clone, Copy, Debug)]
pub struct RandomSearch;

impl SearchStrategy for RandomSearch {
    fn name(&self) -> String {
        "random".into()
    }

    fn settings(&self, settings: Settings) -> Settings {
        settings.with("strategy", "random")
    }

    fn propose(&self, round: &Round<'_>) -> Result<Array1<f64>> {
        Ok(round.candidates()?.row(0).to_owned())
    }
}
