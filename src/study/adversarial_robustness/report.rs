//! What the study of adversarial examples found: tables and verdicts.

use super::rotation::Rotation;
use super::transfer::Transfer;
use super::{AdversarialRobustnessReport, LESSONS, NOT_ROBUST, USEFUL};
use crate::names::*;
use crate::study::frame::*;
use crate::study::hardening::{JUDGED_BY, TrainedOn};
use crate::study::moments::moments;

/// Within this share of its whole way of the last kernel it counts as settled.
const SETTLED: f64 = 0.1;

/// A share with half of its 95 % interval.
type Share = (f64, Option<f64>);

pub(super) fn name(on: TrainedOn) -> &'static str {
    match on {
        TrainedOn::Standard => "standard",
        TrainedOn::FastGradient => "attacks of one step",
        TrainedOn::Projected => "attacks of many steps",
        TrainedOn::Alternating => "images and attacks in turn",
    }
}

/// Networks of a width at the last time: shares right, means over networks.
struct Last {
    width: usize,
    clean: f64,
    own: f64,
    kernel: f64,
}

/// Spearman's correlation: that of ranks, equal values sharing the mean of theirs.
fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let ranks = |values: &[f64]| -> Vec<f64> {
        let rank = |v: &f64| {
            let (below, equal) = (values.iter().filter(|w| *w < v).count(), values.iter().filter(|w| *w == v).count());
            below as f64 + (equal as f64 - 1.0) / 2.0
        };
        values.iter().map(rank).collect()
    };
    let (a, b) = (ranks(a), ranks(b));
    let (mean_a, mean_b) = (moments(&a).0, moments(&b).0);
    let sum = |of: &dyn Fn(f64, f64) -> f64| a.iter().zip(&b).map(|(a, b)| of(a - mean_a, b - mean_b)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

impl AdversarialRobustnessReport {
    /// Spearman's correlation over the parts attacked between their rank and their robustness.
    pub fn rank_and_robustness(&self) -> f64 {
        let ranks: Vec<f64> = self.features.ranks.iter().map(|&rank| rank as f64).collect();
        rank_correlation(&ranks, &self.features.robust)
    }

    /// How many of the parts attacked are useful (right more often than 0.55) and not robust (less often than 0.1 under attack).
    pub fn useful_not_robust(&self) -> usize {
        let pairs = self.features.useful.iter().zip(&self.features.robust);
        pairs.filter(|(useful, robust)| **useful > USEFUL && **robust < NOT_ROBUST).count()
    }

    fn last(&self) -> Vec<Last> {
        let one = |(&width, transfer): (&usize, &Transfer)| {
            let of = |values: &Matrix| moments(&values.column(values.ncols() - 1).to_vec()).0;
            Last { width, clean: of(&transfer.clean), own: of(&transfer.own), kernel: of(&transfer.kernel) }
        };
        self.settings.widths.iter().zip(&self.transfers).map(one).collect()
    }

    pub(super) fn of(&self, on: TrainedOn) -> &[Rotation] {
        let place = LESSONS.iter().position(|lesson| *lesson == on).expect("a lesson of the study");
        &self.rotations[place * self.settings.rotations..][..self.settings.rotations]
    }

    /// Shares of unseen digits of ten classes right after training, as they are and attacked by 20 steps: means over networks, with their 95 %
    /// intervals where there are two or more. By standard training, on attacks of one step, on attacks of many.
    pub fn after_training(&self) -> Vec<(&'static str, [Share; 2])> {
        let one = |&on: &TrainedOn| {
            let of = |value: fn(&Rotation) -> f64| {
                let values: Vec<f64> = self.of(on).iter().map(value).collect();
                (moments(&values).0, sample_mean(&values).ok().map(|mean| mean.half_interval))
            };
            (name(on), [of(|r| r.clean), of(|r| r.robust)])
        };
        LESSONS.iter().map(one).collect()
    }

    /// Per part attacked: its eigenvalue, usefulness and robustness, and what the first parts up to it have right.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn features_table(&self) -> Result<DataFrame> {
        let found = &self.features;
        frame(0..found.ranks.len())
            .count("part", |k| found.ranks[k])
            .number("λ / λ1", |k| found.eigenvalues[k])
            .number("useful", |k| found.useful[k])
            .number("robust", |k| found.robust[k])
            .number("first parts", |k| found.first[k])
            .number("first parts, attacked", |k| found.first_attacked[k])
            .table()
    }

    /// What the whole kernel regression has right: images as they are, attacked in one step, in many.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn whole_table(&self) -> Result<DataFrame> {
        let names = ["as they are".to_string(), "one step".into(), format!("{} steps", self.settings.attack_steps)];
        let rows: Vec<_> = names.into_iter().zip(&self.features.whole).collect();
        frame(&rows).text("images", |r| r.0.as_str()).number("right", |r| *r.1).table()
    }

    /// Per width and time: shares right of images as they are, attacked by the network's own gradient and by the kernel's, means over networks.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn transfer_table(&self) -> Result<DataFrame> {
        let widths = self.settings.widths.iter().zip(&self.transfers);
        let rows: Vec<_> =
            widths.flat_map(|(&width, found)| (0..found.times.len()).map(move |k| (width, found, k))).collect();
        let mean = |values: &Matrix, k: usize| moments(&values.column(k).to_vec()).0;
        frame(&rows)
            .count("width", |r| r.0)
            .number("time", |r| r.1.times[r.2])
            .number("clean", |r| mean(&r.1.clean, r.2))
            .number("own attack", |r| mean(&r.1.own, r.2))
            .number("kernel's attack", |r| mean(&r.1.kernel, r.2))
            .table()
    }

    /// Per way of training: shares of unseen digits right, as they are and attacked by 20 steps, the share of the kernel in its 20 largest eigenvalues,
    /// how far it turned, and the epoch after which it stays near its end; means over networks, shares right with 95 % intervals.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn rotation_table(&self) -> Result<DataFrame> {
        let after = self.after_training();
        let rows: Vec<_> = LESSONS.iter().zip(&after).collect();
        let mean =
            |on: TrainedOn, of: &dyn Fn(&Rotation) -> f64| moments(&self.of(on).iter().map(of).collect::<Vec<_>>()).0;
        frame(&rows)
            .text("trained on", |r| r.1.0)
            .number("right", |r| r.1.1[0].0)
            .number("±", |r| r.1.1[0].1)
            .number("right, attacked", |r| r.1.1[1].0)
            .number("± ", |r| r.1.1[1].1)
            .number("top 20, before", |r| mean(*r.0, &|found| found.top[0]))
            .number("top 20, after", |r| mean(*r.0, &|found| found.top[found.top.len() - 1]))
            .number("distance turned", |r| mean(*r.0, &|found| found.to_end[0]))
            .number("settled at epoch", |r| mean(*r.0, &|found| found.settled(SETTLED)))
            .table()
    }

    /// Robustness falls with the rank of a part; some parts are useful and not robust; the kernel's attacks are the network's at large width; adversarial
    /// training is robust, puts more of the kernel into its largest eigenvalues, and its kernel settles earlier.
    pub(super) fn judged(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("adversarial_robustness");
        verdicts
            .claim("Spearman correlation of the rank of a part and its robustness")
            .at_most(self.rank_and_robustness(), -0.6);
        verdicts
            .claim(format!("parts right above {USEFUL}, and below {NOT_ROBUST} when attacked"))
            .above(self.useful_not_robust() as f64, 2.5);
        let [clean, one, many] = [0, 1, 2].map(|k| self.features.whole[k]);
        verdicts
            .control("kernel regression: share right attacked in one step over that of images as they are")
            .at_most(one / clean, 0.9);
        verdicts
            .claim("kernel regression: share right attacked in many steps less that in one")
            .at_most(many - one, 0.02);
        let last = self.last();
        let gap = |of: &Last| of.kernel - of.own;
        let (narrow, wide) = (&last[0], &last[last.len() - 1]);
        verdicts
            .claim(format!(
                "width {}: share right under the kernel's attack less that under the network's own",
                wide.width
            ))
            .at_most(gap(wide), 0.1);
        verdicts
            .claim(format!("the same at width {} less that at width {}", wide.width, narrow.width))
            .at_most(gap(wide) - gap(narrow), 0.0);
        verdicts
            .control(format!(
                "width {}: share right under the kernel's attack over that of images as they are",
                wide.width
            ))
            .at_most(wide.kernel / wide.clean, 0.9);
        let after = self.after_training();
        let robust = |k: usize| after[k].1[1].0;
        verdicts
            .claim(format!("share right attacked by {JUDGED_BY} steps: trained on attacks of many steps less standard"))
            .above(robust(2) - robust(0), 0.2);
        // Means over starts: a single training differs between processors.
        let mean =
            |on: TrainedOn, of: &dyn Fn(&Rotation) -> f64| moments(&self.of(on).iter().map(of).collect::<Vec<_>>()).0;
        let gap = |of: &dyn Fn(&Rotation) -> f64| mean(TrainedOn::Projected, of) - mean(TrainedOn::Standard, of);
        verdicts
            .claim("share of the kernel in its 20 largest eigenvalues after training: on attacks less standard")
            .above(gap(&|found| found.top[found.top.len() - 1]), 0.0);
        verdicts
            .claim("epoch after which the kernel is within a tenth of its way of its end: on attacks less standard")
            .at_most(gap(&|found| found.settled(SETTLED)), 0.0);
        verdicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_correlation_is_that_of_ranks() {
        assert!((rank_correlation(&[1.0, 2.0, 3.0], &[0.1, 10.0, 1e9]) - 1.0).abs() <= 1e-15);
        // By hand: ranks 0, 1, 2, 3 and 3, 1.5, 1.5, 0.
        let found = rank_correlation(&[1.0, 2.0, 3.0, 4.0], &[9.0, 5.0, 5.0, 1.0]);
        assert!((found + 4.5 / (5.0f64 * 4.5).sqrt()).abs() <= 1e-15, "{found}");
    }
}
