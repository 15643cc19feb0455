//! What the study of adversarial examples found: charts, and the report in order.

use super::report::name;
use super::rotation::Rotation;
use super::{AdversarialRobustnessReport, LESSONS};
use crate::names::*;
use crate::study::frame::*;

/// What is measured along training.
type Measure = (&'static str, fn(&Rotation) -> &Vec<f64>);

/// Pixels along a side of a digit.
const SIDE: usize = 28;

impl AdversarialRobustnessReport {
    /// Usefulness and robustness of the kernel's parts against their rank.
    pub fn features_figure(&self) -> Figure {
        let found = &self.features;
        let points =
            |values: &[f64]| found.ranks.iter().map(|&rank| rank as f64).zip(values.to_vec()).collect::<Vec<_>>();
        line_chart("Parts of kernel regression")
            .markers("useful: right on unseen images", points(&found.useful))
            .markers("robust: right when attacked", points(&found.robust))
            .line("all parts up to it", points(&found.first))
            .line("all parts up to it, attacked", points(&found.first_attacked))
            .axes(Scale::log("rank of the part"), Scale::linear("share right"))
            .figure()
    }

    /// Shares right along training by width: images as they are, attacked by the network's own gradient, by the kernel's; means over networks.
    pub fn transfer_figure(&self) -> Figure {
        let panel = |(width, found): (&usize, &super::Transfer)| {
            let means = |values: &Matrix| {
                let columns = values.columns().into_iter().map(|column| column.sum() / column.len() as f64);
                found.times.iter().copied().zip(columns.collect::<Vec<_>>()).collect::<Vec<_>>()
            };
            line_chart(format!("width {width}"))
                .line("as they are", means(&found.clean))
                .line("own attack", means(&found.own))
                .line("kernel's attack", means(&found.kernel))
        };
        let charts = self.settings.widths.iter().zip(&self.transfers).map(panel);
        panels("Networks under attack", charts, 3, Scale::log("time"), Scale::linear("share right"))
    }

    /// Along training of ten classes: the share of the kernel in its largest eigenvalues, and its distance from the first and to the last.
    pub fn rotation_figure(&self) -> Figure {
        let panel = |(title, of): Measure| {
            LESSONS.iter().enumerate().fold(line_chart(title), |chart, (colour, &on)| {
                self.of(on).iter().fold(chart, |chart, found| {
                    chart.line(name(on), found.epochs.iter().copied().zip(of(found).iter().copied())).colour(colour)
                })
            })
        };
        let all: [Measure; 3] = [
            ("in the 20 largest eigenvalues", |found| &found.top),
            ("distance from the first kernel", |found| &found.from_start),
            ("distance to the last kernel", |found| &found.to_end),
        ];
        panels(
            "Tangent kernels in training",
            all.map(panel),
            3,
            Scale::linear("epoch"),
            Scale::linear("share, distance"),
        )
    }

    /// Gradients of parts of the kernel in the input at the mean image, with their ranks: one that is useful and robust, one that is useful and
    /// not robust, one that is neither, where there are such.
    pub fn pictures(&self) -> Vec<(String, Matrix)> {
        let found = &self.features;
        let one = |(row, &rank): (usize, &usize)| {
            let gradient = found.pictures.row(row);
            let most = largest(gradient.iter().map(|v| v.abs())).max(f64::MIN_POSITIVE);
            let place = found.ranks.iter().position(|r| *r == rank).expect("a part that was attacked");
            let words = format!("part {rank}: right {:.2}, attacked {:.2}", found.useful[place], found.robust[place]);
            (words, Matrix::from_shape_fn((SIDE, SIDE), |(i, j)| 0.5 + 0.5 * gradient[i * SIDE + j] / most))
        };
        found.pictured.iter().enumerate().map(one).collect()
    }
}

impl StudyReport for AdversarialRobustnessReport {
    /// Per way of training: shares of unseen digits right, and how the kernel turned.
    fn table(&self) -> Result<DataFrame> {
        self.rotation_table()
    }

    /// Usefulness against robustness of the kernel's parts.
    fn figure(&self) -> Figure {
        let found = &self.features;
        let third = found.ranks.len().div_ceil(3);
        let chart = ["first", "middle", "last"].iter().enumerate().fold(
            line_chart("Parts of kernel regression"),
            |chart, (k, words)| {
                let range = (k * third).min(found.ranks.len())..((k + 1) * third).min(found.ranks.len());
                let points = range.map(|k| (found.useful[k], found.robust[k])).collect::<Vec<_>>();
                chart.points(format!("{words} third of the parts attacked"), points)
            },
        );
        chart
            .dashed("as robust as useful", [(0.4, 0.4), (1.0, 1.0)])
            .axes(Scale::linear("useful: right on unseen images"), Scale::linear("robust: right when attacked"))
            .figure()
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![
            ("features", self.features_table()?),
            ("whole", self.whole_table()?),
            ("transfer", self.transfer_table()?),
            ("rotation", self.rotation_table()?),
        ])
    }

    fn report(&self) -> Result<Report> {
        Report::new()
            .table(self.whole_table()?)
            .figure(self.figure())
            .figure(self.features_figure())
            .pictures(self.pictures())
            .table(self.transfer_table()?)
            .figure(self.transfer_figure())
            .table(self.rotation_table()?)
            .figure(self.rotation_figure())
            .verdicts(&self.verdicts())
    }

    fn verdicts(&self) -> Verdicts {
        self.judged()
    }
}
