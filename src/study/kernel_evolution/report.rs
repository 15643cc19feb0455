//! What the study of kernels in benign and adversarial training found: tables and verdicts.

use super::phases::Phase;
use super::{FIRST, INTERVAL, KernelEvolutionReport, Kind, SECOND};
use crate::names::*;
use crate::study::frame::*;
use crate::study::hardening::{JUDGED_BY, TrainedOn};
use crate::study::moments::moments;

/// What is measured of a first phase, by record.
pub(super) type Measure = (&'static str, fn(&Phase) -> &Vec<f64>);

/// Of epochs.
const ROUNDING: f64 = 1e-9;

pub(super) fn name(on: TrainedOn) -> &'static str {
    if on == TrainedOn::Standard { "benign" } else { "adversarial" }
}

/// Models of the second phase: means over starts.
#[derive(Clone)]
struct Spawned {
    epoch: f64,
    kind: Kind,
    first: TrainedOn,
    second: TrainedOn,
    /// By start: shares right as they are and attacked; NaN where training diverged.
    shares: Vec<(f64, f64)>,
}

impl Spawned {
    fn mean(&self) -> (f64, f64) {
        let of = |value: fn(&(f64, f64)) -> f64| moments(&self.shares.iter().map(value).collect::<Vec<_>>()).0;
        (of(|share| share.0), of(|share| share.1))
    }

    /// Half of the 95 % interval of the share right under attack.
    fn half(&self) -> Option<f64> {
        sample_mean(&self.shares.iter().map(|share| share.1).collect::<Vec<_>>()).ok().map(|mean| mean.half_interval)
    }
}

/// The distance of the kernels of two records.
fn apart((one, record): (&Phase, usize), (other, at): (&Phase, usize)) -> f64 {
    one.kernel(record)
        .distance(&other.kernel(at))
        .expect("kernels of the same points, aligned with the classes and so not zero")
}

impl KernelEvolutionReport {
    pub(super) fn of(&self, first: TrainedOn) -> &[Phase] {
        let place = FIRST.iter().position(|on| *on == first).expect("a lesson of the first phase");
        &self.phases[place * self.settings.starts..][..self.settings.starts]
    }

    /// Mean over starts of what is in a record, by epoch.
    pub(super) fn course(&self, first: TrainedOn, of: impl Fn(&Phase, usize) -> f64) -> Vec<(f64, f64)> {
        let phases = self.of(first);
        let mean = |record: usize| moments(&phases.iter().map(|phase| of(phase, record)).collect::<Vec<_>>()).0;
        phases[0].epochs.iter().enumerate().map(|(record, &epoch)| (epoch, mean(record))).collect()
    }

    /// Records of both first phases at the same epochs: their numbers in each, and the epoch. A batch is used twice in adversarial training, so
    /// that its records may be at other parts of an epoch.
    pub(super) fn common(&self) -> Vec<(usize, usize, f64)> {
        let [benign, adversarial] = FIRST.map(|on| &self.of(on)[0].epochs);
        let other = |epoch: f64| adversarial.iter().position(|at| (at - epoch).abs() <= ROUNDING);
        let both = benign.iter().enumerate().map(|(record, &epoch)| Some((record, other(epoch)?, epoch)));
        both.flatten().collect()
    }

    /// By epoch: the distance of the benign and the adversarial kernel from the same start, mean over starts; and that of benign kernels of
    /// different starts, none of one start.
    pub fn distances(&self) -> Vec<(f64, f64, Option<f64>)> {
        let [benign, adversarial] = FIRST.map(|on| self.of(on));
        let mean = |found: Vec<f64>| (!found.is_empty()).then(|| moments(&found).0);
        let one = |(record, other, epoch): (usize, usize, f64)| {
            let between = benign.iter().zip(adversarial).map(|(a, b)| apart((a, record), (b, other)));
            let pairs = benign.windows(2).map(|pair| apart((&pair[0], record), (&pair[1], record)));
            (epoch, mean(between.collect()).expect("a start or more"), mean(pairs.collect()))
        };
        self.common().into_iter().map(one).collect()
    }

    /// The velocity of the kernel over the last quarter of an epoch over that of the first, mean over starts; NaN where epochs have no quarters.
    fn slowing(&self, first: TrainedOn) -> f64 {
        let phases = self.of(first);
        let epochs = &phases[0].epochs;
        let last = epochs.len() - 1;
        let quarter = |from: usize, to: usize| (epochs[to] - epochs[from] - INTERVAL).abs() <= ROUNDING;
        if last < 2 || !quarter(0, 1) || !quarter(last - 1, last) {
            return f64::NAN;
        }
        let moved = |from: usize| {
            moments(&phases.iter().map(|phase| apart((phase, from), (phase, from + 1))).collect::<Vec<_>>()).0
        };
        moved(last - 1) / moved(0)
    }

    fn spawned(&self) -> Vec<Spawned> {
        let mut all = Vec::new();
        for (number, &epoch) in self.settings.spawns.iter().enumerate() {
            for (place, (kind, second)) in SECOND.into_iter().enumerate() {
                let row = number * SECOND.len() + place;
                for first in FIRST {
                    let shares = self.of(first).iter().map(|phase| (phase.spawned[[row, 0]], phase.spawned[[row, 1]]));
                    all.push(Spawned { epoch, kind, first, second, shares: shares.collect() });
                }
            }
        }
        all
    }

    fn found(&self, epoch: f64, kind: Kind, first: TrainedOn, second: TrainedOn) -> Spawned {
        let all = self.spawned().into_iter();
        let mut fits = all.filter(|s| s.epoch == epoch && s.kind == kind && s.first == first && s.second == second);
        fits.next().expect("every second phase is measured")
    }

    /// Per record of the first phase: distances of kernels, effective rank, alignment, specialisation, shares right, means over starts.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn evolution_table(&self) -> Result<DataFrame> {
        let (distances, common) = (self.distances(), self.common());
        let columns: [Measure; 6] = [
            ("effective rank", |p| &p.effective_rank),
            ("alignment", |p| &p.alignment),
            ("centred alignment", |p| &p.centred_alignment),
            ("specialisation", |p| &p.specialisation),
            ("right", |p| &p.clean),
            ("right, attacked", |p| &p.robust),
        ];
        let rows = frame(0..distances.len())
            .number("epoch", |k| distances[k].0)
            .number("benign to adversarial", |k| distances[k].1)
            .number("benign to benign", |k| distances[k].2);
        let rows = columns.iter().fold(rows, |rows, (words, value)| {
            FIRST.iter().fold(rows, |rows, &first| {
                let found = self.course(first, |phase, record| value(phase)[record]);
                let records: Vec<usize> = common
                    .iter()
                    .map(|(benign, adversarial, _)| if first == TrainedOn::Standard { *benign } else { *adversarial })
                    .collect();
                rows.number(format!("{words}, {}", name(first)), move |k| found[records[k]].1)
            })
        });
        rows.table()
    }

    /// Per second phase: shares of unseen images right, as they are and attacked, means over starts with 95 % intervals of the latter.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn second_table(&self) -> Result<DataFrame> {
        let rows = self.spawned();
        frame(&rows)
            .number("from epoch", |r| r.epoch)
            .text("model", |r| if r.kind == Kind::Centred { "centred" } else { "linearised" })
            .text("first phase", |r| name(r.first))
            .text("second phase", |r| name(r.second))
            .number("right", |r| r.mean().0)
            .number("right, attacked", |r| r.mean().1)
            .number("±", Spawned::half)
            .table()
    }

    /// Centred models on an adversarial kernel are robust after benign training; kernels slow down; alignment and specialisation rise.
    pub(super) fn judged(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("kernel_evolution");
        let last = *self.settings.spawns.last().expect("a spawn or more");
        let robust = |kind, first, second| self.found(last, kind, first, second).mean().1;
        let (benign, adversarial) = (TrainedOn::Standard, TrainedOn::Alternating);
        let [cc, ca, ac] =
            [(benign, benign), (benign, adversarial), (adversarial, benign)].map(|(a, b)| robust(Kind::Centred, a, b));
        let of = format!("centred, from epoch {last}, right under {JUDGED_BY} steps");
        verdicts
            .claim(format!("{of}: benign training on the adversarial kernel over that on the benign one"))
            .above(ac / cc, 2.0);
        verdicts.claim(format!("{of}: the same, difference")).above(ac - cc, 0.2);
        verdicts
            .claim(format!("{of}: adversarial training on the benign kernel less benign training on it"))
            .above(ca - cc, 0.0);
        let first = self.settings.spawns[0];
        let clean = |epoch: f64| self.found(epoch, Kind::Centred, benign, benign).mean().0;
        verdicts
            .claim(format!("centred, benign throughout: share right from epoch {last} less that from epoch {first}"))
            .above(clean(last) - clean(first), 0.0);
        for on in FIRST {
            verdicts
                .claim(format!("{}: velocity of the kernel at the end over that at the start", name(on)))
                .at_most(self.slowing(on), 0.1);
            let rise = |value: fn(&Phase) -> &Vec<f64>| {
                let each = self.of(on).iter().map(|phase| value(phase)[phase.epochs.len() - 1] - value(phase)[0]);
                smallest(each)
            };
            verdicts
                .claim(format!("{}: alignment after training less before, smallest over starts", name(on)))
                .above(rise(|p| &p.alignment), 0.0);
            verdicts
                .claim(format!("{}: specialisation after training less before, smallest over starts", name(on)))
                .above(rise(|p| &p.specialisation), 0.0);
        }
        let last = self.distances().last().copied();
        let ratio = last.and_then(|(_, between, apart)| Some(between / apart?));
        verdicts
            .claim("distance of the benign and the adversarial kernel after training over that of two benign ones")
            .above(ratio.unwrap_or(f64::NAN), 1.0);
        verdicts
    }
}
