//! What the study of complex networks found: tables, charts and verdicts.

use super::{ComplexNetworks, ComplexNetworksReport, Distances, Trained};
use crate::names::*;
use crate::study::frame::*;

/// A mean over networks with its interval.
fn mean(values: &[f64]) -> SampleMean {
    sample_mean(values).expect("two networks or more, of finite kernels")
}

impl ComplexNetworksReport {
    /// Name of the complex network, its real counterpart's, and what was measured of it by width.
    fn by_network<'a, T>(&'a self, all: &'a [T], widths: usize) -> impl Iterator<Item = (&'a str, &'a str, &'a [T])> {
        let ComplexNetworks { networks, counterparts, .. } = &self.settings;
        let names = networks.iter().zip(counterparts).map(|(a, b)| (a.name(), b.name()));
        names.zip(all.chunks(widths)).map(|((a, b), rows)| (a, b, rows))
    }

    fn distances(&self) -> impl Iterator<Item = (&str, &str, &[Distances])> {
        self.by_network(&self.distances, self.settings.widths.len())
    }

    fn trained(&self) -> impl Iterator<Item = (&str, &str, &[Trained])> {
        self.by_network(&self.trained, self.settings.trained_widths.len())
    }

    /// The exponent of the distance of a network's kernel over the width.
    fn exponent(rows: impl Iterator<Item = (usize, f64)>) -> Option<PowerLawFit> {
        let (x, y): (Vec<f64>, Vec<f64>) = rows.map(|(width, value)| (width as f64, value)).unzip();
        power_law_fit(&x, &y).ok()
    }

    fn law(rows: &[Distances]) -> Option<PowerLawFit> {
        Self::exponent(rows.iter().map(|row| (row.width, mean(&row.drawn).mean)))
    }

    /// Which complex networks are their real counterpart, at which rate, and which are not.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn summary(&self) -> Result<DataFrame> {
        struct Row<'a> {
            names: [&'a str; 2],
            limits: Option<f64>,
            mean: Option<f64>,
            law: Option<PowerLawFit>,
            last: SampleMean,
            trained: Option<SampleMean>,
        }
        let of = |((complex, real, rows), (_, _, trained)): ((_, _, &[Distances]), (_, _, &[Trained]))| Row {
            names: [complex, real],
            limits: Some(rows[0].limit),
            mean: Some(rows[rows.len() - 1].mean),
            law: Self::law(rows),
            last: mean(&rows[rows.len() - 1].drawn),
            trained: trained.last().map(|row| mean(&row.gaps)),
        };
        let mut rows: Vec<Row<'_>> = self.distances().zip(self.trained()).map(of).collect();
        let widest = &self.jumping[self.jumping.len() - 1];
        rows.push(Row {
            names: ["zReLU", "the real network of its covariances"],
            limits: None,
            mean: None,
            law: Self::exponent(self.jumping.iter().map(|row| (row.width, mean(&row.smooth).mean))),
            last: mean(&widest.smooth),
            trained: None,
        });
        frame(&rows)
            .text("complex network", |r| r.names[0])
            .text("real network", |r| r.names[1])
            .number("distance of the limits", |r| r.limits)
            .number("distance at the largest width", |r| r.last.mean)
            .number("±", |r| r.last.half_interval)
            .number("of the mean kernel", |r| r.mean)
            .number("exponent", |r| r.law.as_ref().map(|law| law.exponent))
            .number("gap after training", |r| r.trained.as_ref().map(|gap| gap.mean))
            .number("± of the gap", |r| r.trained.as_ref().map(|gap| gap.half_interval))
            .table()
    }

    /// Per depth the block between real and imaginary parts over that of real parts, in the limit and of networks of the largest width.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn between_parts(&self) -> Result<DataFrame> {
        frame(&self.between)
            .count("hidden layers", |r| r.depth)
            .number("complex inputs, limit", |r| r.complex_limit)
            .number("complex inputs, networks", |r| mean(&r.complex_drawn).mean)
            .number("±", |r| mean(&r.complex_drawn).half_interval)
            .number("real inputs, limit", |r| r.real_limit)
            .number("real inputs, networks", |r| mean(&r.real_drawn).mean)
            .number("± of real ones", |r| mean(&r.real_drawn).half_interval)
            .table()
    }

    /// Per network and width the gap of trained networks to the real limit, with its interval over networks.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn training(&self) -> Result<DataFrame> {
        let rows: Vec<(&str, &Trained)> =
            self.trained().flat_map(|(name, _, rows)| rows.iter().map(move |row| (name, row))).collect();
        frame(&rows)
            .text("network", |r| r.0)
            .count("width", |r| r.1.width)
            .number("gap", |r| mean(&r.1.gaps).mean)
            .number("±", |r| mean(&r.1.gaps).half_interval)
            .table()
    }
}

impl StudyReport for ComplexNetworksReport {
    /// Per network and width the distance of its kernel to the limit of the real network, with its interval over networks.
    fn table(&self) -> Result<DataFrame> {
        let mut rows: Vec<(&str, usize, SampleMean)> = Vec::new();
        for (name, _, of_network) in self.distances() {
            rows.extend(of_network.iter().map(|row| (name, row.width, mean(&row.drawn))));
        }
        rows.extend(self.jumping.iter().map(|row| ("zReLU", row.width, mean(&row.smooth))));
        frame(&rows)
            .text("network", |r| r.0)
            .count("width", |r| r.1)
            .number("distance", |r| r.2.mean)
            .number("±", |r| r.2.half_interval)
            .table()
    }

    /// The distance of kernels, and of trained networks, over the width, with 95 % intervals; dashed the fall that is expected.
    fn figure(&self) -> Figure {
        let mut kernels = line_chart("kernels");
        for (name, _, rows) in self.distances() {
            let of = |row: &Distances| (row.width as f64, mean(&row.drawn).mean, mean(&row.drawn).half_interval);
            kernels = kernels.band(name, rows.iter().map(of));
        }
        let of_jumps = |values: &[f64], width: usize| (width as f64, mean(values).mean, mean(values).half_interval);
        kernels = kernels.band("zReLU", self.jumping.iter().map(|row| of_jumps(&row.smooth, row.width)));
        let (first, top) = (self.distances[0].width as f64, mean(&self.distances[0].drawn).mean);
        let fall = self.settings.widths.iter().map(|&width| (width as f64, top * (first / width as f64).sqrt()));
        kernels = kernels.dashed("m<sup>-1/2</sup>", fall);
        let trained = self.trained().fold(line_chart("trained networks"), |chart, (name, _, rows)| {
            let of = |row: &Trained| (row.width as f64, mean(&row.gaps).mean, mean(&row.gaps).half_interval);
            chart.band(name, rows.iter().map(of))
        });
        let title = "Complex networks and the limits of real ones";
        panels(title, [kernels, trained], 2, Scale::log("width"), Scale::log("relative distance"))
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![
            ("table", self.table()?),
            ("summary", self.summary()?),
            ("between_parts", self.between_parts()?),
            ("training", self.training()?),
        ])
    }

    fn report(&self) -> Result<Report> {
        let first = Report::new().table(self.summary()?).figure(self.figure());
        first.table(self.between_parts()?).verdicts(&self.verdicts())
    }

    /// Equal limits; distances that fall as `m^{-1/2}`, below 2 % at a width of 2048; zReLU's, which do not; the block between parts against
    /// its limit; trained networks that close in on the real limit.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("complex_networks");
        for (name, _, rows) in self.distances() {
            let widest = &rows[rows.len() - 1];
            let claim = format!("{name}: distance of its limit to that of the real network");
            verdicts.check(claim).at_most(widest.limit, 5e-3);
            let exponent = Self::law(rows).map_or(f64::NAN, |law| (law.exponent + 0.5).abs());
            verdicts
                .claim(format!("{name}: exponent of the distance over the width, less -1/2, either way"))
                .at_most(exponent, 0.1);
            if widest.width >= 2048 {
                let (nets, width) = (widest.drawn.len(), widest.width);
                let claim = format!(
                    "{name}: distance of the mean kernel of {nets} networks of width {width} to the real limit"
                );
                verdicts.claim(claim).at_most(widest.mean, 0.02);
            }
        }
        let jumping = &self.jumping[self.jumping.len() - 1];
        let lower = |values: &[f64]| mean(values).mean - mean(values).half_interval;
        let claim = format!("zReLU: distance at width {} to the real network of its covariances", jumping.width);
        verdicts.control(claim).above(lower(&jumping.smooth), 0.1);
        let claim = format!(
            "zReLU: distance of the mean kernel at width {} to that with the slope of almost every point",
            jumping.width
        );
        verdicts.check(claim).at_most(jumping.almost_everywhere, 0.05);
        for between in &self.between {
            let found = mean(&between.complex_drawn);
            let away = (found.mean - between.complex_limit).abs() / found.half_interval;
            let at = format!("{} hidden layers, complex inputs", between.depth);
            verdicts.check(format!("{at}: block between parts less its limit, over its interval")).at_most(away, 2.0);
            verdicts.claim(format!("{at}: block between parts, in the limit")).above(between.complex_limit, 0.01);
            let claim = format!("{} hidden layers, real inputs: block between parts, in the limit", between.depth);
            verdicts.claim(claim).at_most(between.real_limit, 1e-12);
        }
        for (name, _, rows) in self.trained() {
            let (first, last) = (&rows[0], &rows[rows.len() - 1]);
            let claim = format!("{name}, trained: gap at width {} over that at {}", last.width, first.width);
            verdicts.claim(claim).at_most(mean(&last.gaps).mean / mean(&first.gaps).mean, 0.75);
        }
        verdicts
    }
}
