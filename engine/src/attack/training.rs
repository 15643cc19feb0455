//! Training on adversarial examples.

use super::Attack;
use crate::error::{Error, Result};
use crate::train::{Batch, Objective};

impl Attack {
    /// The objective with every batch replaced by adversarial examples of the model as it is then, made with the objective's own loss
    /// (Madry et al. 2018). [Random starts](Attack::starts) are others in every step.
    ///
    /// # Errors
    /// [`Error::Range`] as for [`Attack::examples`], of the objective's points.
    pub fn during(&self, objective: Objective) -> Result<Objective> {
        self.on_batches(objective, "every step", |_| Ok(true))
    }

    /// The same, but the first step on a batch is on its points as they are: with [`Trainer::repeat(2)`](crate::train::Trainer::repeat) a
    /// clean and an adversarial step for each (Loo et al. 2022).
    ///
    /// # Errors
    /// As for [`Attack::during`]; in training [`Error::Range`] unless batches are repeated.
    pub fn after_clean_steps(&self, objective: Objective) -> Result<Objective> {
        self.on_batches(objective, "after a clean step", |batch| match batch.repeats {
            0 | 1 => {
                let (what, legal) =
                    ("the number of steps on a batch", "at least 2: a clean one and an adversarial one");
                Err(Error::Range { place: super::PLACE, what, value: batch.repeats as f64, legal })
            }
            _ => Ok(batch.repeat > 0),
        })
    }

    fn on_batches(&self, objective: Objective, when: &str, due: fn(&Batch<'_>) -> Result<bool>) -> Result<Objective> {
        self.check(objective.points())?;
        let (attack, loss) = (self.clone(), objective.loss());
        let name = format!("{self:?} {when}");
        Ok(objective.perturb(&name, move |model, batch| match due(batch)? {
            false => Ok(batch.x.clone()),
            true => {
                let starts = attack.starts.map(|(count, seed)| (count, seed.child(batch.step)));
                Attack { starts, ..attack.clone() }.examples(&model, &*loss, batch.x, batch.y)
            }
        }))
    }
}
