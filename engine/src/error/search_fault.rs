//! What keeps a search from going on.

/// Why a search for a maximum stops.
#[non_exhaustive]
#[derive(Clone, PartialEq, thiserror::Error)]
pub enum SearchFault {
    /// Bounds between which there is nothing.
    #[error(
        "Bayesian optimisation: the lower bound of coordinate {coordinate} (counted from 0) is {lower}, the upper one {upper}; the lower must be below the upper, and both finite"
    )]
    Bounds {
        /// The coordinate.
        coordinate: usize,
        /// Its lower bound.
        lower: f64,
        /// Its upper bound.
        upper: f64,
    },
    /// The function that is searched has no value at a point.
    #[error(
        "objective: evaluation {evaluation}, at {}: {reason}; the {} before it are kept, and running the search again goes on here", shown(point), evaluation - 1
    )]
    Objective {
        /// The number of the evaluation, from 1.
        evaluation: usize,
        /// The point.
        point: Vec<f64>,
        /// What happened.
        reason: String,
    },
    /// A value was told of a point that was not asked for.
    #[error("Bayesian optimisation: no point waits for a value; .ask()? gives the points of the next round")]
    NotAsked,
}

impl std::fmt::Debug for SearchFault {
    /// The message.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The first coordinates of a point.
fn shown(point: &[f64]) -> String {
    const FIRST: usize = 8;
    let coordinates: Vec<String> = point.iter().take(FIRST).map(f64::to_string).collect();
    let more = if point.len() > FIRST { ", …" } else { "" };
    format!("[{}{more}]", coordinates.join(", "))
}
