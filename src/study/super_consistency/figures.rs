//! What the study of super consistency found: charts, and the report in order.

use super::report::Searched;
use super::task::Course;
use super::{FOLLOWED, PARAMETRISATIONS, SuperConsistencyReport, name};
use crate::names::*;
use crate::study::frame::*;

impl SuperConsistencyReport {
    /// A panel a parametrisation and rate: means over networks by width.
    fn courses(&self, title: &str, of: fn(&Course) -> &Matrix, threshold: bool) -> Figure {
        let panel = |(parametrisation, rate): (Parametrisation, f64)| {
            let found = self.of(parametrisation, rate);
            let chart = line_chart(format!("{}, η = {rate}", name(parametrisation)));
            let chart = found
                .iter()
                .enumerate()
                .fold(chart, |chart, (colour, f)| chart.line(format!("width {}", f.width), f.mean(of)).colour(colour));
            match threshold {
                false => chart,
                true => {
                    let last = largest(found.iter().flat_map(|f| f.course.steps.last().copied()));
                    chart.dashed("2/η", [(0.0, 2.0 / rate), (last, 2.0 / rate)]).colour(found.len())
                }
            }
        };
        let charts = super::pairs(&FOLLOWED, &self.settings.rates).into_iter().map(panel);
        let columns = self.settings.rates.len().clamp(1, 2);
        panels(title, charts, columns, Scale::linear("step"), Scale::log(title.to_lowercase()))
    }

    /// The loss against the step.
    pub fn loss_figure(&self) -> Figure {
        self.courses("Loss", |c| &c.losses, false)
    }

    /// Losses against rates.
    fn searches(&self, title: &str, kinds: &[&'static str], all: &[Searched<'_>], size: &str) -> Figure {
        let panel = |&kind: &&'static str| {
            let of = all.iter().filter(|s| s.kind == kind).enumerate();
            of.fold(line_chart(kind), |chart, (colour, s)| {
                let points = self.settings.log2_rates.iter().copied().zip(s.losses()).filter(|p| p.1.is_finite());
                chart.line(format!("{size} {}", s.size), points).colour(colour)
            })
        };
        panels(title, kinds.iter().map(panel), 3, Scale::linear("log2 η"), Scale::log("loss"))
    }

    /// The loss after some steps against the rate, a panel a parametrisation; a line ends where training diverges.
    pub fn transfer_figure(&self) -> Figure {
        self.searches("Loss by learning rate and width", &PARAMETRISATIONS.map(name), &self.searched(), "width")
    }

    /// The same by depth.
    pub fn depth_figure(&self) -> Figure {
        let all = self.by_depth();
        let kinds = [all[0].kind, all[all.len() - 1].kind];
        self.searches("Loss by learning rate and depth", &kinds, &all, "depth")
    }

    /// How far training moves the kernel of the linear model, against the width.
    pub fn linear_figure(&self) -> Figure {
        let chart = FOLLOWED.iter().fold(line_chart("Two linear layers: motion of the kernel"), |chart, &p| {
            chart.markers(name(p), self.linear_motion(p).into_iter().map(|(width, motion)| (width as f64, motion)))
        });
        chart.axes(Scale::log("width"), Scale::log("|λ_max(T)/λ_max(0) - 1|")).figure()
    }

    /// Sharpness on digits against the step.
    pub fn images_figure(&self) -> Figure {
        let panel = |&parametrisation: &Parametrisation| {
            let found = self.on_images();
            let of: Vec<_> = found.iter().filter(|r| r.0 == parametrisation).collect();
            let threshold = 2.0 / super::image_rate(parametrisation);
            let last = largest(of.iter().flat_map(|r| r.2.steps.last().copied()));
            let chart = of.iter().enumerate().fold(line_chart(name(parametrisation)), |chart, (colour, r)| {
                let points = r.2.steps.iter().copied().zip(r.2.sharpness.iter().copied());
                chart.line(format!("{} channels", r.1), points).colour(colour)
            });
            chart.dashed("2/η", [(0.0, threshold), (last, threshold)]).colour(of.len())
        };
        panels("Sharpness on digits", FOLLOWED.iter().map(panel), 2, Scale::linear("step"), Scale::log("sharpness"))
    }
}

impl StudyReport for SuperConsistencyReport {
    /// Per parametrisation, rate and width: sharpness at some steps, and the loss after the last.
    fn table(&self) -> Result<DataFrame> {
        self.sharpness_table()
    }

    /// `γ² λ_max` of the Hessian along training.
    fn figure(&self) -> Figure {
        self.courses("Sharpness", |c| &c.sharpness, true)
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![
            ("sharpness", self.sharpness_table()?),
            ("gauss_newton", self.gauss_newton_table()?),
            ("transfer", self.transfer_table()?),
            ("depth", self.depth_table()?),
            ("parting", self.parting_table()?),
            ("linear", self.linear_table()?),
            ("digits", self.images_table()?),
        ])
    }

    fn report(&self) -> Result<Report> {
        Report::new()
            .table(self.sharpness_table()?)
            .figure(self.figure())
            .table(self.gauss_newton_table()?)
            .figure(self.loss_figure())
            .table(self.transfer_table()?)
            .figure(self.transfer_figure())
            .table(self.depth_table()?)
            .figure(self.depth_figure())
            .table(self.parting_table()?)
            .table(self.linear_table()?)
            .figure(self.linear_figure())
            .table(self.images_table()?)
            .figure(self.images_figure())
            .verdicts(&self.verdicts())
    }

    fn verdicts(&self) -> Verdicts {
        self.judged()
    }
}
