//! What the study of curves found: tables, charts and verdicts.

use super::angles::DecayAt;
use super::{CurveClassificationReport, Found, waves_name};
use crate::names::*;
use crate::study::frame::*;

/// The decay of the kernel by mpmath with 40 digits, `tests/studies/kernel_of_angle.py`: depth, `ψ_1(π/2)` and `ψ_1(π)` over `ψ_1(0)`, the skeleton's
/// `ψ(π) / ψ(0)`, and the angle of half decay times the depth.
const DECAY: [(usize, [f64; 4]); 7] = [
    (5, [0.2112499, 0.1498874, 0.3202179, 2.455436]),
    (10, [0.2607841, 0.2301138, 0.3113518, 2.961837]),
    (25, [0.2774864, 0.2664012, 0.2880916, 3.512273]),
    (50, [0.2726451, 0.2673985, 0.2741281, 3.789942]),
    (100, [0.265257, 0.262704, 0.2646104, 3.965885]),
    (200, [0.2593349, 0.2580733, 0.2585844, 4.070961]),
    (400, [0.2554297, 0.2548021, 0.2549349, 4.131422]),
];

/// Norms of certificates of coaxial circles, computed before by numpy to three digits: depth, and by height 0.5, 0.2, 0.1, 0.05, 0.02.
const HEIGHTS: [f64; 5] = [0.5, 0.2, 0.1, 0.05, 0.02];
const NORMS: [(usize, [f64; 5]); 7] = [
    (2, [4.51, 21.7, 74.8, 264.0, 1430.0]),
    (5, [2.60, 9.14, 26.6, 83.3, 405.0]),
    (10, [1.86, 4.99, 12.3, 34.1, 150.0]),
    (25, [1.25, 2.47, 4.73, 10.7, 39.1]),
    (50, [0.961, 1.62, 2.62, 4.97, 15.0]),
    (100, [0.765, 1.17, 1.67, 2.67, 6.45]),
    (200, [0.629, 0.904, 1.18, 1.68, 3.24]),
];

impl CurveClassificationReport {
    /// The norm of the certificate of circles at a height above and below the equator, by the kernel with `Θ(0) = L`.
    pub fn circle_norm(&self, depth: usize, height: f64) -> Option<f64> {
        let row = self.settings.depths.iter().position(|&d| d == depth)?;
        let column = self.settings.heights.iter().position(|&h| h == height)?;
        Some(self.circles[row].norms[column])
    }

    /// The norm of the certificate of a pair of curves by its name, as `12 waves` or `Fourier, D = 5`.
    pub fn norm(&self, curves: &str, depth: usize) -> Option<f64> {
        self.found.iter().find(|found| found.curves == curves && found.depth == depth).map(|found| found.norm)
    }

    /// The depth at which the norm by the kernel over its trace is smallest.
    pub fn best_depth(&self, height: f64) -> Option<usize> {
        let per_trace = |&depth: &usize| Some((depth as f64 * self.circle_norm(depth, height)?, depth));
        let norms: Vec<(f64, usize)> = self.settings.depths.iter().filter_map(per_trace).collect();
        norms.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).map(|best| best.1)
    }

    /// The share of unseen points that the network of finite width classifies right after its last step.
    pub fn accuracy(&self) -> f64 {
        self.trained.accuracy.last().copied().unwrap_or(f64::NAN)
    }

    /// Per depth: the kernel at `π/2` and `π`, the skeleton at `π`, each over that at 0; the angle of half decay times the depth.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn decay_table(&self) -> Result<DataFrame> {
        let rows: Vec<_> = self.settings.decay_depths.iter().zip(&self.decay).collect();
        frame(&rows)
            .count("L", |r| *r.0)
            .number("ψ1(π/2) / ψ1(0)", |r| r.1.half)
            .number("ψ1(π) / ψ1(0)", |r| r.1.opposite)
            .number("skeleton ψ(π) / ψ(0)", |r| r.1.skeleton)
            .number("half-decay angle × L", |r| r.1.half_angle * *r.0 as f64)
            .table()
    }

    /// Per depth, by height of the circles: the norm of the certificate divided by the trace (`true`), or as it is.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn circle_table(&self, per_trace: bool) -> Result<DataFrame> {
        let rows: Vec<_> = self.settings.depths.iter().zip(&self.circles).collect();
        let heights = &self.settings.heights;
        frame(&rows)
            .count("L", |r| *r.0)
            .numbers(
                0..heights.len(),
                |k| format!("z = {}", heights[k]),
                |r, k| if per_trace { r.1.norms[k] * *r.0 as f64 } else { r.1.norms[k] },
            )
            .table()
    }

    /// Per pair and depth: the norm of the certificate at each refinement.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn refinements(&self) -> Result<DataFrame> {
        let rows: Vec<(&Found, (f64, f64))> =
            self.found.iter().flat_map(|found| found.refinements.iter().map(move |&at| (found, at))).collect();
        frame(&rows)
            .text("curves", |r| r.0.curves.as_str())
            .count("L", |r| r.0.depth)
            .count("points of each", |r| r.1.0 as usize)
            .number("‖g‖", |r| r.1.1)
            .table()
    }

    /// The kernel over the angle, over its value at 0.
    pub fn decay_figure(&self) -> Figure {
        let depths = self.settings.decay_depths.iter().zip(&self.decay);
        let line = |chart: LineChart, (depth, decay): (&usize, &DecayAt)| {
            chart.line(format!("L = {depth}"), decay.curve.clone())
        };
        let chart = depths.fold(line_chart("Deeper is sharper: the kernel over the angle"), line);
        chart.axes(Scale::linear("angle (rad)"), Scale::linear("Θ / L")).figure()
    }

    /// What is left of the error along the flow, and its bound by the certificate.
    pub fn flow_figure(&self) -> Figure {
        let chart = self.flow.iter().enumerate().fold(line_chart("two circles"), |chart, (colour, flow)| {
            let bound =
                flow.curve.iter().map(|&(t, _)| (t, flow.norm / (std::f64::consts::E * t))).filter(|p| p.1 <= 3.0);
            let chart = chart.line(format!("L = {}", flow.depth), flow.curve.clone()).colour(colour);
            chart.dashed(format!("‖g‖ / (e t), L = {}", flow.depth), bound).colour(colour)
        });
        let (x, y) = (Scale::log("time t"), Scale::log("‖ζ<sub>t</sub>‖").shown(1e-4, 3.0));
        panels("The flow of the kernel, and what the certificate promises", [chart], 1, x, y)
    }

    /// The network of finite width: loss and accuracy on unseen points.
    pub fn trained_figure(&self) -> Figure {
        let points = |values: &[f64]| self.trained.steps.iter().copied().zip(values.to_vec()).collect::<Vec<_>>();
        let chart = line_chart("A network of depth 5 on the circles at heights ±0.1")
            .markers("loss on 100 points of each", points(&self.trained.loss))
            .markers("right on the points between", points(&self.trained.accuracy));
        chart.axes(Scale::linear("steps"), Scale::linear("loss, share")).figure()
    }
}

impl StudyReport for CurveClassificationReport {
    /// Per pair of curves and depth: their geometry, the norm of the certificate as it is and by the kernel over its trace, and the change at the last
    /// refinement.
    fn table(&self) -> Result<DataFrame> {
        frame(&self.found)
            .text("curves", |r| r.curves.as_str())
            .number("length", |r| r.length)
            .number("curvature", |r| r.curvature)
            .number("separation", |r| r.separation)
            .count("L", |r| r.depth)
            .number("‖g‖", |r| r.norm)
            .number("‖g‖ L", |r| r.norm * r.depth as f64)
            .number("last change", Found::last_change)
            .table()
    }

    /// Norms of the certificates of circles against the depth, as they are and over the trace.
    fn figure(&self) -> Figure {
        let panel = |title: &str, per_trace: bool| {
            self.settings.heights.iter().enumerate().fold(line_chart(title), |chart, (column, height)| {
                let points = self.settings.depths.iter().zip(&self.circles).map(|(&depth, circles)| {
                    let factor = if per_trace { depth as f64 } else { 1.0 };
                    (depth as f64, factor * circles.norms[column])
                });
                chart.markers(format!("z = {height}"), points)
            })
        };
        let both = [panel("Θ as it is", false), panel("Θ over its trace", true)];
        panels("Certificates of two circles at ±z", both, 2, Scale::log("depth L"), Scale::log("‖g‖"))
    }

    fn tables(&self) -> Result<Vec<(&'static str, DataFrame)>> {
        Ok(vec![
            ("decay", self.decay_table()?),
            ("circles", self.circle_table(false)?),
            ("circles_per_trace", self.circle_table(true)?),
            ("curves", self.table()?),
            ("refinements", self.refinements()?),
        ])
    }

    fn report(&self) -> Result<Report> {
        let start = Report::new().table(self.decay_table()?).figure(self.decay_figure());
        let circles = start.table(self.circle_table(false)?).table(self.circle_table(true)?).figure(self.figure());
        let curves = circles.table(self.table()?).figure(self.flow_figure()).figure(self.trained_figure());
        curves.verdicts(&self.verdicts())
    }

    /// The limit kernel against the paper's recursion and against numbers computed elsewhere; norms that fall with the depth at every height, best depths that
    /// grow as circles come nearer; larger norms for curves of more waves; refinements that stand; a flow below its bound; a network that classifies all unseen
    /// points.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("curve_classification");
        let settings = &self.settings;
        let off = self.decay.iter().map(|decay| decay.deviation);
        verdicts
            .check("limit kernel against the recursion, angles from 1e-6 to π, largest relative deviation")
            .all_at_most(off, 1e-9);
        let known = |depth: &usize| DECAY.iter().find(|row| row.0 == *depth).map(|row| row.1);
        let off = settings.decay_depths.iter().zip(&self.decay).filter_map(|(depth, decay)| {
            let measured = [decay.half, decay.opposite, decay.skeleton, decay.half_angle * *depth as f64];
            Some(largest(measured.into_iter().zip(known(depth)?).map(|(value, known)| (value / known - 1.0).abs())))
        });
        verdicts.check("decay against mpmath, largest relative deviation").all_at_most(off, 1e-6);
        let norms = NORMS
            .iter()
            .flat_map(|(depth, row)| HEIGHTS.iter().zip(row).map(move |(height, norm)| (*depth, *height, *norm)));
        let norms =
            norms.filter_map(|(depth, height, norm)| Some((self.circle_norm(depth, height)? / norm - 1.0).abs()));
        verdicts
            .check("certificates of circles against their table of three digits, largest relative deviation")
            .all_at_most(norms, 0.006);
        for &height in &settings.heights {
            let norms: Vec<f64> = settings.depths.iter().filter_map(|&depth| self.circle_norm(depth, height)).collect();
            let claim = format!("circles at ±{height}: ‖g‖ from one depth to the next, largest ratio");
            verdicts.claim(claim).all_at_most(norms.windows(2).map(|pair| pair[1] / pair[0]), 1.0);
        }
        let best: Vec<f64> = settings.heights.iter().filter_map(|&h| self.best_depth(h)).map(|d| d as f64).collect();
        let claim = "over the trace: the best depth from one height to the next smaller one, smallest ratio";
        verdicts.claim(claim).above(smallest(best.windows(2).map(|pair| pair[1] / pair[0])), 0.999);
        if let [few, .., many] = settings.waves.as_slice() {
            let of = |waves: usize, depth: usize| self.norm(&waves_name(waves), depth);
            let ratios = settings.curve_depths.iter().filter_map(|&depth| Some(of(*many, depth)? / of(*few, depth)?));
            verdicts
                .claim(format!("‖g‖ of {many} waves over that of {few}, smallest over depths"))
                .all_above(ratios, 1.0);
        }
        let changes = self.found.iter().map(Found::last_change);
        verdicts.check("certificates: change of the norm at the last refinement, largest").all_at_most(changes, 0.03);
        let bounds =
            self.flow.iter().flat_map(|f| f.curve.iter().map(|(t, left)| left * std::f64::consts::E * t / f.norm));
        verdicts.check("flow of the kernel over its bound ‖g‖ / (e t), largest").all_at_most(bounds, 1.0 + 1e-9);
        verdicts.claim("a network of depth 5: share of unseen points classified right").above(self.accuracy(), 0.999);
        verdicts
    }
}

impl Found {
    /// The relative change of the norm at the last refinement.
    fn last_change(&self) -> f64 {
        match self.refinements.as_slice() {
            [.., before, last] => (last.1 / before.1 - 1.0).abs(),
            _ => f64::NAN,
        }
    }
}
