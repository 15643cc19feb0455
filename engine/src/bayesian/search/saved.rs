//! A search in a folder.

use super::{BayesianOptimisation, Evaluation, PLACE, rows};
use crate::checkpoint::{Settings, Store};
use crate::error::{Error, Result};
use ndarray::Array1;

/// The file with the evaluations.
const FILE: &str = "evaluations";

impl BayesianOptimisation {
    fn settings(&self) -> Settings {
        let [lower, upper] =
            [|b: &(f64, f64)| b.0, |b: &(f64, f64)| b.1].map(|of| self.bounds.iter().map(of).collect::<Vec<_>>());
        let settings =
            Settings::new().with("lower bounds", lower).with("upper bounds", upper).with("seed", self.seed.0);
        let settings = settings.with("number of points at random", self.start).with("batch", self.batch);
        let settings = settings.with("number of candidates", self.candidates).with("number refined", self.refined);
        let settings = settings.with("name of the strategy", self.strategy.name().as_str());
        self.strategy.settings(settings.with("minimise", self.minimise))
    }

    /// Opens the folder, if there is one, and brings search and folder to where the further of the two is.
    ///
    /// # Errors
    /// [`Error::Store`] if neither goes on from the other.
    pub(super) fn open(&mut self) -> Result<Option<Store>> {
        let Some(checkpoint) = &self.checkpoint else { return Ok(None) };
        let store = checkpoint.open(PLACE, self.settings())?;
        let Some(mut arrays) = store.read(FILE)? else {
            self.save(Some(&store))?;
            return Ok(Some(store));
        };
        let d = self.bounds.len();
        let [count, pending] = ["values", "pending"].map(|name| arrays.shape(name).map_or(0, |shape| shape[0]));
        let values: Array1<f64> = arrays.take("values", count)?;
        let points = arrays.take("points", (count, d))?;
        let next = arrays.take("pending", (pending, d))?;
        let there = || points.rows().into_iter().zip(&values);
        let same =
            there().zip(&self.evaluations).all(|((point, value), own)| point == own.point && *value == own.value);
        if !same {
            let path = store.checkpoint().folder().join(format!("{FILE}.npz"));
            let reason = "it holds other evaluations than this search has made; take another folder".into();
            return Err(Error::Store { path, reason });
        }
        let own = self.evaluations.len();
        if own > count {
            self.save(Some(&store))?;
        } else if count > own || self.pending.is_empty() {
            for (point, &value) in there().skip(own) {
                let round = self.round();
                self.evaluations.push(Evaluation { round, point: point.to_owned(), value });
            }
            self.pending = next.rows().into_iter().map(|row| row.to_owned()).collect();
        }
        Ok(Some(store))
    }

    pub(super) fn save(&self, store: Option<&Store>) -> Result<()> {
        let Some(store) = store else { return Ok(()) };
        let d = self.bounds.len();
        let arrays = crate::checkpoint::Arrays::new()
            .with("points", rows(d, self.evaluations.iter().map(|e| e.point.view())))
            .with("values", self.evaluations.iter().map(|e| e.value).collect::<Array1<f64>>())
            .with("pending", rows(d, self.pending.iter().map(|point| point.view())));
        store.write(FILE, arrays).map(|_| ())
    }
}
