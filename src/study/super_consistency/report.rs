//! What the study of super consistency found: tables and verdicts.

use super::convnet::OnImages;
use super::task::{Course, Start, Sweep};
use super::{BRANCHES, FOLLOWED, PARAMETRISATIONS, SHOWN, SuperConsistencyReport, image_rate, name, pairs};
use crate::names::*;
use crate::study::frame::*;
use crate::study::moments::moments;

/// Steps of the fits of how widths part.
const PARTING: (f64, f64) = (10.0, 100.0);
/// Exponents of the gap of the loss in the paper's released results, steps 104 to 169, widths 32 to 512 against 2048.
const PAPER: (f64, f64) = (0.58, 0.88);
/// Of an interval that says something.
const WIDEST: f64 = 0.6;
/// Records at the end over which sharpness in minibatches, which oscillates, is averaged.
const LAST: usize = 5;

/// Networks of a kind, at a rate and a width.
#[derive(Clone, Copy)]
pub(super) struct Followed<'a> {
    pub parametrisation: Parametrisation,
    pub rate: f64,
    pub width: usize,
    pub course: &'a Course,
}

impl Followed<'_> {
    /// Means over networks by step; none if all diverged.
    pub fn mean(&self, of: fn(&Course) -> &Matrix) -> Vec<(f64, f64)> {
        let values = of(self.course);
        let means = values.columns().into_iter().map(|column| moments(&column.to_vec()).0);
        self.course.steps.iter().copied().zip(means).collect()
    }

    fn at(&self, of: fn(&Course) -> &Matrix, step: f64) -> Option<f64> {
        self.mean(of).into_iter().find(|(at, _)| *at == step).map(|(_, value)| value)
    }

    fn ends(&self, of: fn(&Course) -> &Matrix) -> Option<(f64, f64)> {
        let values = self.mean(of);
        Some((values.first()?.1, values.last()?.1))
    }

    /// `S(T) / S(0)`.
    fn sharpening(&self) -> Option<f64> {
        self.ends(|c| &c.sharpness).map(|(first, last)| last / first)
    }
}

/// Rates tried on networks of a kind.
#[derive(Clone, Copy)]
pub(super) struct Searched<'a> {
    pub kind: &'static str,
    /// Width or depth.
    pub size: usize,
    pub sweep: &'a Sweep,
    pub start: &'a Start,
}

impl Searched<'_> {
    /// The mean loss over networks at every rate, infinite where one diverged.
    pub fn losses(&self) -> Vec<f64> {
        self.sweep.losses.columns().into_iter().map(|column| column.sum() / column.len() as f64).collect()
    }

    /// The number of the rate with the lowest loss, and the loss; none if training diverged at all of them.
    fn best(&self) -> Option<(usize, f64)> {
        let losses = self.losses();
        let best = (0..losses.len()).min_by(|&i, &j| losses[i].total_cmp(&losses[j])).expect("three rates or more");
        losses[best].is_finite().then_some((best, losses[best]))
    }

    fn sharpness(&self) -> f64 {
        moments(&self.start.sharpness).0
    }
}

/// How the gap to the widest network grows.
struct Parting {
    width: usize,
    loss: Option<PowerLawFit>,
    kernel: Option<PowerLawFit>,
}

impl SuperConsistencyReport {
    pub(super) fn followed(&self) -> Vec<Followed<'_>> {
        let settings = &self.settings;
        let of = pairs(&pairs(&FOLLOWED, &settings.rates), &settings.widths).into_iter().zip(&self.courses);
        of.map(|(((parametrisation, rate), width), course)| Followed { parametrisation, rate, width, course }).collect()
    }

    /// Of a parametrisation at a rate, by rising width.
    pub(super) fn of(&self, parametrisation: Parametrisation, rate: f64) -> Vec<Followed<'_>> {
        self.followed().into_iter().filter(|f| f.parametrisation == parametrisation && f.rate == rate).collect()
    }

    pub(super) fn searched(&self) -> Vec<Searched<'_>> {
        let of = pairs(&PARAMETRISATIONS, &self.settings.sweep_widths).into_iter().zip(&self.sweeps);
        of.map(|((p, size), (sweep, start))| Searched { kind: name(p), size, sweep, start }).collect()
    }

    pub(super) fn by_depth(&self) -> Vec<Searched<'_>> {
        let kind = |alpha: f64| if alpha == 0.0 { "branches as they are" } else { "branches / √L" };
        let of = pairs(&BRANCHES, &self.settings.depths).into_iter().zip(&self.deep);
        of.map(|((alpha, size), (sweep, start))| Searched { kind: kind(alpha), size, sweep, start }).collect()
    }

    pub(super) fn linear(&self) -> Vec<Followed<'_>> {
        let of = pairs(&FOLLOWED, &self.settings.linear_widths).into_iter().zip(&self.linear);
        let rate = super::LINEAR_RATE;
        of.map(|((parametrisation, width), course)| Followed { parametrisation, rate, width, course }).collect()
    }

    pub(super) fn on_images(&self) -> Vec<(Parametrisation, usize, &OnImages)> {
        let of = pairs(&FOLLOWED, &self.settings.channels).into_iter().zip(&self.on_images);
        of.map(|((parametrisation, channels), found)| (parametrisation, channels, found)).collect()
    }

    /// `γ² λ_max` of the Hessian along training by step, mean over networks; none if all diverged.
    pub fn sharpness(&self, parametrisation: Parametrisation, rate: f64, width: usize) -> Option<Vec<(f64, f64)>> {
        let found = self.of(parametrisation, rate).into_iter().find(|f| f.width == width)?;
        Some(found.mean(|c| &c.sharpness)).filter(|values| !values.is_empty())
    }

    /// `log2` of the rate with the lowest loss, and that loss, by width; without those at which every rate diverged.
    pub fn best_rates(&self, parametrisation: Parametrisation) -> Vec<(usize, f64, f64)> {
        let of = self.searched().into_iter().filter(|s| s.kind == name(parametrisation));
        of.filter_map(|s| s.best().map(|(rate, loss)| (s.size, self.settings.log2_rates[rate], loss))).collect()
    }

    /// Of the linear model: `|λ_max(Θ)(T) / λ_max(Θ)(0) - 1|` by width, mean over networks.
    pub fn linear_motion(&self, parametrisation: Parametrisation) -> Vec<(usize, f64)> {
        let of = self.linear().into_iter().filter(|f| f.parametrisation == parametrisation);
        of.filter_map(|f| f.ends(|c| &c.kernel).map(|(first, last)| (f.width, (last / first - 1.0).abs()))).collect()
    }

    fn linear_law(&self, parametrisation: Parametrisation) -> Option<PowerLawFit> {
        let points = self.linear_motion(parametrisation);
        let (widths, motions): (Vec<_>, Vec<_>) = points.into_iter().map(|(w, m)| (w as f64, m)).unzip();
        power_law_fit(&widths, &motions).ok()
    }

    /// In μP at the smallest rate, of every width but the widest: at larger ones losses are gone before they can part.
    fn parting(&self) -> Vec<Parting> {
        let all = self.of(Parametrisation::MuP, smallest(self.settings.rates.iter().copied()));
        let (&widest, others) = all.split_last().expect("two widths or more");
        let fit = |one: Followed<'_>, of: fn(&Course) -> &Matrix| {
            let gaps = one.mean(of).into_iter().zip(widest.mean(of)).map(|((step, a), (_, b))| (step, (a - b).abs()));
            let (steps, gaps): (Vec<_>, Vec<_>) =
                gaps.filter(|(step, _)| (PARTING.0..=PARTING.1).contains(step)).unzip();
            power_law_fit(&steps, &gaps).ok()
        };
        let one = |&other: &Followed<'_>| Parting {
            width: other.width,
            loss: fit(other, |c| &c.losses),
            kernel: fit(other, |c| &c.kernel),
        };
        others.iter().map(one).collect()
    }

    /// Per parametrisation, rate and width: `γ² λ_max` of the Hessian at some steps, the loss after the last, and how many networks diverged.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn sharpness_table(&self) -> Result<DataFrame> {
        let rows = self.followed();
        frame(&rows)
            .text("parametrisation", |r| name(r.parametrisation))
            .number("η", |r| r.rate)
            .number("2/η", |r| 2.0 / r.rate)
            .count("width", |r| r.width)
            .numbers(SHOWN, |step| format!("S({step})"), |r, step| r.at(|c| &c.sharpness, step as f64))
            .number("loss", |r| r.ends(|c| &c.losses).map(|(_, last)| last))
            .count("diverged", |r| r.course.diverged)
            .table()
    }

    /// Per parametrisation, rate and width: the Gauss–Newton part over the whole, `λ_max(Θ) / n / λ_max(H)`, before training and after.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn gauss_newton_table(&self) -> Result<DataFrame> {
        let rows = self.followed();
        frame(&rows)
            .text("parametrisation", |r| name(r.parametrisation))
            .number("η", |r| r.rate)
            .count("width", |r| r.width)
            .number("before", |r| r.ratio().map(|(first, _)| first))
            .number("after", |r| r.ratio().map(|(_, last)| last))
            .table()
    }

    /// Per parametrisation and width: the best rate, the loss there, and the sharpness before training.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn transfer_table(&self) -> Result<DataFrame> {
        self.searches_table("parametrisation", "width", &self.searched())
    }

    /// Per factor on the residual branches and depth: the same.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn depth_table(&self) -> Result<DataFrame> {
        self.searches_table("residual networks in μP", "depth", &self.by_depth())
    }

    fn searches_table(&self, kind: &str, size: &str, rows: &[Searched<'_>]) -> Result<DataFrame> {
        let diverged = |r: &Searched<'_>| r.losses().iter().filter(|loss| loss.is_infinite()).count();
        frame(rows)
            .text(kind, |r| r.kind)
            .count(size, |r| r.size)
            .number("best log2 η", |r| r.best().map(|best| self.settings.log2_rates[best.0]))
            .number("loss", |r| r.best().map(|best| best.1))
            .count("rates that diverge", diverged)
            .number("S(0)", Searched::sharpness)
            .table()
    }

    /// In μP at the smallest rate, per width but the widest: exponents in time of the gaps to the widest, with 95 % intervals.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn parting_table(&self) -> Result<DataFrame> {
        let rows = self.parting();
        let half = |fit: Option<PowerLawFit>| fit.map(|fit| (fit.interval.1 - fit.interval.0) / 2.0);
        frame(&rows)
            .count("width", |r| r.width)
            .number("loss gap ~ t^", |r| r.loss.map(|fit| fit.exponent))
            .number("±", |r| half(r.loss))
            .number("λ_max(Θ) gap ~ t^", |r| r.kernel.map(|fit| fit.exponent))
            .number("± ", |r| half(r.kernel))
            .table()
    }

    /// Per width: how far training moves the largest eigenvalue of the linear model's kernel, by parametrisation.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn linear_table(&self) -> Result<DataFrame> {
        let found = FOLLOWED.map(|p| self.linear_motion(p));
        let of = |index: usize, width: usize| found[index].iter().find(|(w, _)| *w == width).map(|(_, m)| *m);
        frame(self.settings.linear_widths.iter().copied())
            .count("width", |w| w)
            .number("NTK: motion of λ_max(Θ)", |w| of(0, w))
            .number("μP: motion of λ_max(Θ)", |w| of(1, w))
            .table()
    }

    /// Per parametrisation and channels: loss and sharpness on digits before training and after; none where training diverged.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn images_table(&self) -> Result<DataFrame> {
        let rows = self.on_images();
        frame(&rows)
            .text("parametrisation", |r| name(r.0))
            .count("channels", |r| r.1)
            .number("2/η", |r| 2.0 / image_rate(r.0))
            .number("S(0)", |r| r.2.sharpness.first().copied())
            .number("S(T)", |r| r.2.sharpness.last().copied())
            .number("loss at 0", |r| r.2.losses.first().copied())
            .number("loss at T", |r| r.2.losses.last().copied())
            .table()
    }

    /// In the NTK parametrisation sharpness moves less with width; in μP it does not depend on it, and stays below `2/η`; the kernel's largest
    /// eigenvalue follows; the best rate transfers in μP and not in the standard parametrisation; branches over `√L`; exponents of gaps; the linear model; digits.
    pub(super) fn judged(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("super_consistency");
        self.judge_sharpness(&mut verdicts);
        self.judge_transfer(&mut verdicts);
        for parting in self.parting() {
            // An interval that is wider than what it is held against says nothing.
            let known = parting.loss.filter(|fit| fit.interval.1 - fit.interval.0 <= WIDEST);
            let (low, high) = known.map_or((f64::NAN, f64::NAN), |fit| fit.interval);
            let off = (PAPER.0 - high).max(low - PAPER.1);
            let claim = format!(
                "μP, width {}: interval of the loss gap's exponent, distance from {} to {}",
                parting.width, PAPER.0, PAPER.1
            );
            verdicts.claim(claim).at_most(off, 0.0);
        }
        let law = self.linear_law(Parametrisation::Ntk).map_or(f64::NAN, |fit| fit.exponent);
        verdicts
            .claim("linear model, NTK: exponent in the width of the kernel's motion, distance from -1/2")
            .at_most((law + 0.5).abs(), 0.2);
        let motions = self.linear_motion(Parametrisation::MuP);
        let last = motions.last().map_or(f64::NAN, |of| of.1);
        verdicts
            .claim("linear model, μP: the kernel's motion at the two largest widths, up to a factor")
            .within_factor(motions.iter().rev().nth(1).map(|of| (of.1, last)), 1.15);
        let ends = |p: Parametrisation| -> Vec<(f64, f64)> {
            let of = self.on_images().into_iter().filter(|r| r.0 == p);
            of.map(|r| (first(&r.2.sharpness), at_the_end(&r.2.sharpness))).collect()
        };
        let wide = ends(Parametrisation::MuP);
        let last_two: Vec<f64> = wide.iter().rev().take(2).map(|of| of.1).collect();
        verdicts
            .claim("digits, μP: sharpness after training at the two largest widths, up to a factor")
            .within_factor([(last_two[0], last_two[1])], 2.0);
        let lazy = ends(Parametrisation::Ntk);
        let moves: Vec<f64> = lazy.iter().map(|(first, last)| (last / first - 1.0).abs()).collect();
        let claim = "digits, NTK: relative change of sharpness at the largest width over that at the smallest";
        verdicts.claim(claim).at_most(last_of(&moves) / first(&moves), 1.0);
        verdicts
    }

    fn judge_sharpness(&self, verdicts: &mut Verdicts) {
        let steps = self.settings.steps as f64;
        for &rate in &self.settings.rates {
            let lazy = self.of(Parametrisation::Ntk, rate);
            for pair in lazy.windows(2) {
                let moved = |f: &Followed<'_>| f.sharpening().map_or(f64::NAN, |ratio| (ratio - 1.0).abs());
                let claim = format!(
                    "NTK, η = {rate}: |S(T)/S(0) - 1| at width {} over that at {}",
                    pair[1].width, pair[0].width
                );
                verdicts.claim(claim).at_most(moved(&pair[1]) / moved(&pair[0]), 1.0);
            }
            let rich = self.of(Parametrisation::MuP, rate);
            let widest: Vec<_> = rich.iter().rev().take(2).map(|f| f.mean(|c| &c.sharpness)).collect();
            let together = |from: f64| {
                let both = widest[0].iter().zip(&widest[1]);
                both.filter(|(a, _)| a.0 >= from).map(|(a, b)| (a.1, b.1)).collect::<Vec<_>>()
            };
            for (when, from) in [("at any step", 0.0), ("after training", steps)] {
                verdicts
                    .claim(format!("μP, η = {rate}: sharpness of the two largest widths {when}, up to a factor"))
                    .within_factor(together(from), 1.15);
            }
            verdicts
                .claim(format!("μP, η = {rate}: S(T)/S(0), smallest over widths"))
                .all_above(rich.iter().map(|f| f.sharpening().unwrap_or(f64::NAN)), 1.5);
            let tops = rich.iter().map(|f| largest(f.mean(|c| &c.sharpness).into_iter().map(|(_, s)| s)));
            verdicts
                .claim(format!("μP, η = {rate}: largest sharpness over 2/η"))
                .all_at_most(tops.map(|top| top * rate / 2.0), 1.1);
            let part = |f: &Followed<'_>| f.mean(|c| &c.kernel).into_iter().zip(f.mean(|c| &c.sharpness));
            verdicts
                .claim(format!(
                    "NTK, η = {rate}: λ_max(Θ)/n and λ_max of the Hessian at the largest width, up to a factor"
                ))
                .within_factor(lazy.last().into_iter().flat_map(|f| part(f).map(|(k, h)| (k.1, h.1))), 1.05);
            verdicts
                .claim(format!("μP, η = {rate}: the same after training"))
                .within_factor(rich.iter().flat_map(|f| part(f).next_back().map(|(k, h)| (k.1, h.1))), 1.15);
        }
        let standard: Vec<f64> = self
            .searched()
            .iter()
            .filter(|s| s.kind == name(Parametrisation::Standard))
            .map(Searched::sharpness)
            .collect();
        verdicts
            .control(
                "standard parametrisation: sharpness before training at the largest width over that at the smallest",
            )
            .above(last_of(&standard) / first(&standard), 2.0);
    }

    /// How many steps of the grid the best rate moves over the sizes; NaN if there is none, or it is the first or last one tried.
    fn moved(&self, of: &[Searched<'_>]) -> f64 {
        let last = self.settings.log2_rates.len() - 1;
        let best = |s: &Searched<'_>| match s.best() {
            Some((rate, _)) if rate > 0 && rate < last => rate as f64,
            _ => f64::NAN,
        };
        let best: Vec<f64> = of.iter().map(best).collect();
        largest(best.iter().copied()) - smallest(best)
    }

    fn judge_transfer(&self, verdicts: &mut Verdicts) {
        let (searched, depths) = (self.searched(), self.by_depth());
        let widths = self.settings.sweep_widths.len();
        let (rich, standard) = (&searched[widths..2 * widths], &searched[2 * widths..]);
        let (plain, scaled) = depths.split_at(depths.len() / 2);
        verdicts.claim("μP: steps of the grid that the best rate moves over widths").at_most(self.moved(rich), 1.0);
        verdicts
            .control("standard parametrisation: steps of the grid that the best rate moves over widths")
            .above(self.moved(standard), 1.5);
        for pair in rich.windows(2) {
            let claim = format!("μP: lowest loss at width {} over that at {}", pair[1].size, pair[0].size);
            let loss = |s: &Searched<'_>| s.best().map_or(f64::NAN, |best| best.1);
            verdicts.claim(claim).at_most(loss(&pair[1]) / loss(&pair[0]), 1.0);
        }
        let growth = |of: &[Searched<'_>]| of[of.len() - 1].sharpness() / of[0].sharpness();
        verdicts
            .claim("branches / √L: steps of the grid that the best rate moves over depths")
            .at_most(self.moved(scaled), 1.0);
        verdicts
            .claim("branches / √L: sharpness before training at the largest depth and at the smallest, up to a factor")
            .within_factor([(growth(scaled), 1.0)], 2.0);
        verdicts
            .control("branches as they are: sharpness before training at the largest depth over that at the smallest")
            .above(growth(plain), 2.0);
        verdicts
            .control("branches as they are: steps of the grid that the best rate moves over depths")
            .above(self.moved(plain), 0.5);
    }
}

impl Followed<'_> {
    /// `λ_max(Θ) / n / λ_max(H)` before training and after.
    fn ratio(&self) -> Option<(f64, f64)> {
        let (kernel, hessian) = (self.ends(|c| &c.kernel)?, self.ends(|c| &c.sharpness)?);
        Some((kernel.0 / hessian.0, kernel.1 / hessian.1))
    }
}

fn first(values: &[f64]) -> f64 {
    values.first().copied().unwrap_or(f64::NAN)
}

/// The mean of the last records.
fn at_the_end(values: &[f64]) -> f64 {
    let end = &values[values.len().saturating_sub(LAST)..];
    if end.is_empty() { f64::NAN } else { moments(end).0 }
}

fn last_of(values: &[f64]) -> f64 {
    values.last().copied().unwrap_or(f64::NAN)
}
