//! What the study of kernels in training found: tables, charts and verdicts.

use super::components::{AMPLITUDE, Top};
use super::functions::{NINETIETH, TRAINING};
use super::{KernelTraining, KernelTrainingReport, circle};
use crate::names::*;
use crate::study::frame::*;
use crate::study::moments::moments;

/// `Θ` of the paper's network at the angles of the table, by its recursion with the arc-cosine kernels in ten lines of Python.
const CLOSED_FORM: [f64; 6] = [0.282500, 0.210896, 0.143077, 0.092702, 0.073347, 0.064354];
/// `λ_1`, `λ_2`, `λ_3` of the paper, of 512 digits.
const PAPER: [f64; 3] = [0.0457, 0.00108, 0.00078];

/// Networks of one width on the circle.
struct OnCircle {
    width: usize,
    /// `Θ(x_0, x_0)` before training, mean and standard deviation over networks.
    start: (f64, f64),
    /// The ratio of means after training and before.
    inflation: f64,
    /// Root mean square over angles of the standard deviation over networks.
    spread: f64,
    /// The largest deviation of the mean from the limit, in standard errors.
    largest_z: f64,
}

impl KernelTrainingReport {
    fn on_circle(&self) -> Vec<OnCircle> {
        let widths = self.settings.circle_widths.iter().zip(&self.curves);
        let one = |(&width, curves): (&usize, &circle::Curves)| {
            let columns: Vec<(f64, f64)> = curves
                .initial
                .columns()
                .into_iter()
                .map(|column| moments(&column.to_vec()))
                .map(|(mean, deviation)| (mean, deviation.expect("two networks or more")))
                .collect();
            let root = (curves.initial.nrows() as f64).sqrt();
            let z = columns.iter().zip(&self.limit).map(|((mean, d), limit)| (mean - limit).abs() * root / d);
            let origin = columns.len() / 2;
            let after = moments(&curves.trained.column(origin).to_vec()).0;
            let squares = columns.iter().map(|c| c.1 * c.1).sum::<f64>();
            OnCircle {
                width,
                start: columns[origin],
                inflation: after / columns[origin].0,
                spread: (squares / columns.len() as f64).sqrt(),
                largest_z: largest(z),
            }
        };
        widths.map(one).collect()
    }

    /// Of networks of a width: `Θ(x_0, x_0)` after training over that before, ratio of means over networks.
    pub fn inflation(&self, width: usize) -> Option<f64> {
        self.on_circle().into_iter().find(|c| c.width == width).map(|c| c.inflation)
    }

    /// The exponent of the spread over networks against the width, with its 95 % interval.
    pub fn spread_law(&self) -> Option<PowerLawFit> {
        let widths: Vec<f64> = self.settings.law_widths.iter().map(|&w| w as f64).collect();
        power_law_fit(&widths, &self.law.iter().map(|law| law.spread).collect::<Vec<_>>()).ok()
    }

    /// The share of trained functions of a width that lie in the limit's band from the 10th to the 90th percentile, mean over networks.
    pub fn coverage(&self, width: usize) -> Option<SampleMean> {
        let index = self.settings.function_widths.iter().position(|&w| w == width)?;
        sample_mean(&self.functions[index].coverage(&self.band)).ok()
    }

    /// `λ_1`, `λ_2`, `λ_3` of the limit kernel over `N`, on the digits.
    pub fn largest_eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// Of networks of a width: the largest size of what is left across the second eigenvector in training, mean over networks.
    pub fn across(&self, width: usize) -> Option<f64> {
        let index = self.settings.component_widths.iter().position(|&w| w == width)?;
        let rows = self.components[index].across.rows();
        Some(moments(&rows.into_iter().map(|row| largest(row.iter().copied())).collect::<Vec<_>>()).0)
    }

    /// Of networks of a width: the largest deviation of the component along the second eigenvector from `½ e^{-λ_2 t}`, mean over networks.
    pub fn off_theory(&self, width: usize) -> Option<f64> {
        let index = self.settings.component_widths.iter().position(|&w| w == width)?;
        let component = &self.components[index];
        let off = |row: ndarray::ArrayView1<'_, f64>| {
            largest(row.iter().zip(&component.times).map(|(g, t)| (g - self.theory(*t)).abs()))
        };
        Some(moments(&component.along.rows().into_iter().map(off).collect::<Vec<_>>()).0)
    }

    /// Of networks of a width: what is left along the second eigenvector at time `1/λ_2`, mean over networks; `½/e` in the limit.
    pub fn left(&self, width: usize) -> Option<f64> {
        let index = self.settings.component_widths.iter().position(|&w| w == width)?;
        let (component, time) = (&self.components[index], 1.0 / self.eigenvalues[1]);
        let from = |t: &&f64| (**t - time).abs();
        let nearest = component.times.iter().min_by(|a, b| from(a).total_cmp(&from(b)))?;
        let at = component.times.iter().position(|t| t == nearest)?;
        Some(moments(&component.along.column(at).to_vec()).0)
    }

    fn theory(&self, time: f64) -> f64 {
        AMPLITUDE * (-self.eigenvalues[1] * time).exp()
    }

    /// The limit kernel at six angles.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn limit_table(&self) -> Result<DataFrame> {
        frame(&self.values).number("γ", |r| r.0).number("Θ(x0, x(γ))", |r| r.1).table()
    }

    /// Per width of the law: the spread over networks and the distance from the limit, as shares of the limit's root mean square.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn law_table(&self) -> Result<DataFrame> {
        let rows: Vec<_> = self.settings.law_widths.iter().zip(&self.law).collect();
        frame(&rows)
            .count("width", |r| *r.0)
            .number("spread", |r| r.1.spread)
            .number("distance from the limit", |r| r.1.distance)
            .number("spread × √width", |r| r.1.spread * (*r.0 as f64).sqrt())
            .table()
    }

    /// Per width of functions: the share of trained functions in the limit's band, with its 95 % interval.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn coverage_table(&self) -> Result<DataFrame> {
        frame(self.settings.function_widths.iter().copied())
            .count("width", |w| w)
            .number("in the band", |w| self.coverage(w).map(|c| c.mean))
            .number("±", |w| self.coverage(w).map(|c| c.half_interval))
            .table()
    }

    /// The three largest eigenvalues of the limit kernel over the number of digits, by network and by how pixels are scaled; the paper's last.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn eigenvalues_table(&self) -> Result<DataFrame> {
        let paper = Top { network: "paper".into(), pixels: "not stated".into(), values: PAPER.to_vec() };
        let rows: Vec<&Top> = self.tops.iter().chain([&paper]).collect();
        frame(rows)
            .text("network", |r| r.network.as_str())
            .text("pixels", |r| r.pixels.as_str())
            .numbers(0..3, |k| format!("λ{}", k + 1), |r, k| r.values[k])
            .number("λ1 / λ2", |r| r.values[0] / r.values[1])
            .table()
    }

    /// Per width on digits: the largest size of what is left across the second eigenvector, and the largest deviation along it from the limit.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn components_table(&self) -> Result<DataFrame> {
        frame(self.settings.component_widths.iter().copied())
            .count("width", |w| w)
            .number("largest ‖h‖", |w| self.across(w))
            .number("largest |g - ½ exp(-λ2 t)|", |w| self.off_theory(w))
            .number("g at t = 1/λ2, ½/e in the limit", |w| self.left(w))
            .table()
    }

    /// Spread and distance from the limit against the width.
    pub fn law_figure(&self) -> Figure {
        let points = |of: fn(&circle::WidthLaw) -> f64| {
            self.settings.law_widths.iter().map(|&w| w as f64).zip(self.law.iter().map(of)).collect::<Vec<_>>()
        };
        let chart = line_chart("Random networks around the limit kernel")
            .markers("spread over networks", points(|law| law.spread))
            .markers("distance from the limit", points(|law| law.distance));
        let law = self.spread_law();
        let chart = law.into_iter().fold(chart, |chart, law| {
            let line = self.settings.law_widths.iter().map(|&w| (w as f64, law.at(w as f64)));
            chart.dashed(format!("width^{:.2}", law.exponent), line)
        });
        chart.axes(Scale::log("width"), Scale::log("share")).figure()
    }

    /// Trained functions: per width the mean and the band of the networks, and those of the limit.
    pub fn functions_figure(&self) -> Figure {
        let angles = circle::angles();
        let points = |values: Vec<f64>| angles.iter().copied().zip(values).collect::<Vec<_>>();
        let limit = |sign: f64| points((&self.band.mean + &(&self.band.deviation * (sign * NINETIETH))).to_vec());
        let panel = |(width, functions): (&usize, &super::Functions)| {
            let chart = line_chart(format!("width {width}"));
            let chart = [0.1, 0.5, 0.9].iter().fold(chart, |chart, &share| {
                chart.line("networks: 10th, 50th, 90th percentile", points(functions.quantile(share))).colour(0)
            });
            let chart =
                [-1.0, 0.0, 1.0].iter().fold(chart, |chart, &sign| chart.dashed("limit", limit(sign)).colour(1));
            chart.points("training points", TRAINING).colour(2)
        };
        let charts = self.settings.function_widths.iter().zip(&self.functions).map(panel);
        panels("Trained functions", charts, 3, Scale::linear("angle γ (rad)"), Scale::linear("f(x(γ))"))
    }

    /// What is left along the second eigenvector and across it, against time.
    pub fn components_figure(&self) -> Figure {
        let lines = |chart: LineChart, across: bool| {
            let widths = self.settings.component_widths.iter().zip(&self.components).enumerate();
            widths.fold(chart, |chart, (colour, (width, component))| {
                let rows = if across { &component.across } else { &component.along };
                rows.rows().into_iter().fold(chart, |chart, row| {
                    let points = component.times.iter().copied().zip(row.to_vec());
                    chart.line(format!("width {width}"), points).colour(colour)
                })
            })
        };
        let times = &self.components[0].times;
        let theory = times.iter().map(|&t| (t, self.theory(t)));
        let colour = self.components.len();
        let along = lines(line_chart("along the second eigenvector"), false).dashed("limit", theory).colour(colour);
        let zero = times.iter().map(|&t| (t, 0.0));
        let across = lines(line_chart("across it"), true).dashed("limit", zero).colour(colour);
        panels("What is left to learn", [along, across], 2, Scale::linear("time"), Scale::linear("root mean square"))
    }
}

impl StudyReport for KernelTrainingReport {
    /// On the circle, per width: `Θ(x_0, x_0)` with its standard deviation over networks, what training multiplies it by, the spread over networks, and the
    /// largest deviation of the mean from the limit in standard errors.
    fn table(&self) -> Result<DataFrame> {
        let rows = self.on_circle();
        frame(&rows)
            .count("width", |r| r.width)
            .number("Θ(x0, x0)", |r| r.start.0)
            .number("±", |r| r.start.1)
            .number("after training, over before", |r| r.inflation)
            .number("spread", |r| r.spread)
            .number("largest |z| of the mean", |r| r.largest_z)
            .table()
    }

    /// The kernel on the circle: the limit dashed, one network a line; before training and after it.
    fn figure(&self) -> Figure {
        let angles = circle::angles();
        let panel = |title: &str, trained: bool| {
            let widths = self.settings.circle_widths.iter().zip(&self.curves).enumerate();
            let chart = widths.fold(line_chart(title), |chart, (colour, (width, curves))| {
                let rows = if trained { &curves.trained } else { &curves.initial };
                rows.rows().into_iter().fold(chart, |chart, row| {
                    chart.line(format!("width {width}"), angles.iter().copied().zip(row.to_vec())).colour(colour)
                })
            });
            chart.dashed("limit", angles.iter().copied().zip(self.limit.to_vec())).colour(self.curves.len())
        };
        let both = [panel("before training", false), panel("after training", true)];
        let y = Scale::linear("Θ(x<sub>0</sub>, x(γ))");
        panels("The tangent kernel on the unit circle", both, 2, Scale::linear("angle γ (rad)"), y)
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![
            ("circle", self.table()?),
            ("law", self.law_table()?),
            ("coverage", self.coverage_table()?),
            ("eigenvalues", self.eigenvalues_table()?),
            ("components", self.components_table()?),
        ])
    }

    fn report(&self) -> Result<Report> {
        Report::new()
            .table(self.limit_table()?)
            .table(self.table()?)
            .figure(self.figure())
            .table(self.law_table()?)
            .figure(self.law_figure())
            .table(self.coverage_table()?)
            .figure(self.functions_figure())
            .table(self.eigenvalues_table()?)
            .table(self.components_table()?)
            .figure(self.components_figure())
            .verdicts(&self.verdicts())
    }

    /// The closed form of the limit; a spread that falls as the root of the width; means on the limit; a kernel that training inflates, less at the larger width;
    /// a band that holds 80 % of the trained functions; a first eigenvector that is constant, far above the second; convergence along the second as the
    /// limit says, the better the wider.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("kernel_training");
        let KernelTraining { function_widths, component_widths, network, .. } = &self.settings;
        if *network == super::layers(3) {
            let off = self.values.iter().zip(CLOSED_FORM).map(|(value, expected)| (value.1 - expected).abs());
            verdicts.check("limit kernel at six angles against its recursion to six digits").all_at_most(off, 5e-7);
        }
        let law = self.spread_law();
        let claim = "exponent of the spread over networks against the width, plus 1/2, either way";
        verdicts.claim(claim).at_most(law.map_or(f64::NAN, |law| (law.exponent + 0.5).abs()), 0.1);
        let circle = self.on_circle();
        for on in &circle {
            let claim =
                format!("width {}: mean kernel against the limit, largest deviation in standard errors", on.width);
            verdicts.claim(claim).at_most(on.largest_z, 4.0);
        }
        let (narrow, wide) = (&circle[0], &circle[circle.len() - 1]);
        let claim = format!("training inflates the kernel: Θ(x0, x0) after over before, width {}", narrow.width);
        verdicts.claim(claim).above(narrow.inflation, 1.0);
        let claim = format!("change by training at width {} over that at width {}", wide.width, narrow.width);
        verdicts.claim(claim).at_most((wide.inflation - 1.0).abs() / (narrow.inflation - 1.0).abs(), 1.0);
        let width = function_widths[function_widths.len() - 1];
        let claim = format!("width {width}: share of trained functions in the limit's 80 % band, less 0.8, either way");
        verdicts.claim(claim).at_most(self.coverage(width).map_or(f64::NAN, |c| (c.mean - 0.8).abs()), 0.05);
        verdicts.claim("digits: cosine of the first eigenvector with a constant").above(self.constant, 0.95);
        for ((k, value), paper) in (1..).zip(&self.eigenvalues).zip(PAPER) {
            verdicts
                .claim(format!("digits: λ{k} over that of the paper, up to a factor"))
                .within_factor([(*value, paper)], 1.15);
        }
        let (narrow, wide) = (component_widths[0], component_widths[component_widths.len() - 1]);
        let ratio = |of: &dyn Fn(usize) -> Option<f64>| of(wide).zip(of(narrow)).map_or(f64::NAN, |(w, n)| w / n);
        let claim = format!("digits: largest part across the second eigenvector, width {wide} over width {narrow}");
        verdicts.claim(claim).at_most(ratio(&|w| self.across(w)), 1.0);
        let claim = format!("digits: largest deviation along it from the limit, width {wide} over width {narrow}");
        verdicts.claim(claim).at_most(ratio(&|w| self.off_theory(w)), 1.0);
        let claim =
            format!("digits: narrow networks are faster: left along it at t = 1/λ2, width {narrow} over width {wide}");
        verdicts.claim(claim).at_most(1.0 / ratio(&|w| self.left(w)), 1.0);
        verdicts
    }
}
