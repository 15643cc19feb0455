//! Limit kernels against independent routes.

use crate::names::*;
use crate::study::frame::*;
use crate::{define_study, saved_fields};

define_study! {
    /// Limit kernels against independent routes.
    ///
    /// Are the limit kernels right? Three checks: values and Mercer coefficients computed outside this crate (`data/anchor/`),
    /// and Monte Carlo over random networks for MLP, product and CCP form, degrees 1 to 4 (for the MLP: depths).
    ///
    /// Products are heavy-tailed: a kernel of degree `N` fluctuates like `√((3^N - 1)/units)`, and for nearly opposite points
    /// all factors are active together so rarely that a standard error means nothing. So kernels are compared in Frobenius norm
    /// on all pairs, and by z-score on pairs with a cosine above -0.3.
    ///
    /// Built by [`kernel_limits`].
    pub struct KernelLimits => KernelLimitsReport, "kernel_limits", "kernel limits";
    /// The study with 64 networks of width 32,768 on 8 points of the sphere of `R^10`.
    pub fn kernel_limits;
    settings {
        /// The number of random networks, at least 2.
        value nets: usize = 64, with "number of networks";
        /// Their width.
        value width: usize = 32_768, with "width";
        /// The number of points.
        value points: usize = 8, with "number of points";
    }
    trial { nets: 3, width: 16 }
    quick {
        /// Fewer and narrower networks: 32 of width 2048.
        nets: 32, width: 2048
    }
}

impl KernelLimits {
    fn networks(&self) -> Vec<Net> {
        // A deep MLP mixes its units, so its cost grows with the square of the width; it is less noisy than the products.
        let deep_width = self.width.min(512);
        let of_size = |size| {
            let mlp_width = if size == 1 { self.width } else { deep_width };
            [mlp(size).width(mlp_width), pnn(size).width(self.width), ccp(size).width(self.width)]
        };
        (1..=4).flat_map(of_size).collect()
    }
}

impl Study for KernelLimits {
    type Report = KernelLimitsReport;

    fn check(&self) -> Result<()> {
        self.networks().into_iter().try_for_each(|net| net.input(10).parameter_count().map(|_| ()))
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.networks().len())
    }

    fn shown() -> Self {
        Self::default()
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<KernelLimitsReport> {
        // The seeds of this study are counted from 1.
        let seed = Seed(run.seed().0.wrapping_add(1));
        let x = sphere(self.points, 10, seed.child(0))?;
        let cosines = x.dot(&x.t());
        let mut comparisons = Vec::new();
        for (index, net) in self.networks().iter().enumerate() {
            let sampling = MonteCarlo::new(self.nets, seed.child(1));
            let folder = run.folder(&format!("sampling-{index:02}"));
            let sampling = folder.into_iter().fold(sampling, MonteCarlo::checkpoint);
            let found = run.part(&format!("network-{index:02}"), || {
                let sampled = sampling.run(net, &x)?;
                let exact = net.limit_kernel(&x)?;
                let z = sampled.z_scores(&exact)?;
                let inside = || z.iter().zip(&cosines).filter(|(_, c)| **c > -0.3).map(|(z, _)| z.abs());
                let distance = sampled.mean().ntk().relative_distance(exact.ntk())?;
                Ok(Comparison { distance, largest_z: largest(inside()), pairs: inside().count() })
            })?;
            comparisons.push((net.name().to_string(), found));
        }
        let (value_deviation, values) = value_deviation()?;
        Ok(KernelLimitsReport { comparisons, value_deviation, values, mercer_differences: mercer_differences()? })
    }
}

/// One network's Monte-Carlo comparison.
#[derive(Clone)]
struct Comparison {
    distance: f64,
    largest_z: f64,
    pairs: usize,
}
saved_fields!(Comparison { distance, largest_z, pairs });

/// A network by the name used in `data/anchor/`.
fn by_name(form: &str, size: usize) -> Net {
    match form {
        "mlp" => mlp(size),
        "pnn" | "product" => pnn(size),
        "ccp" | "CCP" => ccp(size),
        other => panic!("data/anchor names mlp, pnn and ccp, not {other}"),
    }
}

fn parse(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("data/anchor holds numbers, not {text}"))
}

/// The cells of a file of `data/anchor/`, without its line of names.
fn lines<const N: usize>(file: &str) -> impl Iterator<Item = [&str; N]> {
    file.lines().skip(1).map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        cells.try_into().unwrap_or_else(|_| panic!("{N} cells in every line: {line}"))
    })
}

/// Largest deviation of the NTK at a cosine from `data/anchor/kernel_values.csv`, and the number of values.
fn value_deviation() -> Result<(f64, usize)> {
    let deviation = |[form, degree, cosine, expected]: [&str; 4]| -> Result<f64> {
        let cosine = parse(cosine);
        let x = array![[1.0, 0.0], [cosine, (1.0 - cosine * cosine).max(0.0).sqrt()]];
        let got = by_name(form, parse(degree) as usize).limit_kernel(&x)?.ntk().values()[[0, 1]];
        Ok((got - parse(expected)).abs())
    };
    let found = lines(include_str!("../../data/anchor/kernel_values.csv")).map(deviation);
    let found = found.collect::<Result<Vec<_>>>()?;
    Ok((largest(found.iter().copied()), found.len()))
}

/// Per network of `data/anchor/mercer.csv`: entries that differ in their first two digits, and entries compared.
fn mercer_differences() -> Result<Vec<(String, usize, usize)>> {
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let degrees: Vec<usize> = (0..=12).collect();
    let mut shares: Vec<f64> = Vec::new();
    for [network, k, share] in lines(include_str!("../../data/anchor/mercer.csv")) {
        if found.last().is_none_or(|(name, ..)| name != network) {
            let (form, size) = network.split_once(' ').expect("a form and a size name a network");
            let mu = mercer_coefficients(&by_name(form, parse(size) as usize), 10, &degrees)?;
            let top = largest(mu.iter().copied());
            shares = mu.iter().map(|m| m / top).collect();
            found.push((network.into(), 0, 0));
        }
        let got = shares[parse(k) as usize];
        let same = if share == "0" { got.abs() <= 1e-12 } else { format!("{got:.1e}") == share };
        let (_, differences, compared) = found.last_mut().expect("a network was added before its entries");
        *differences += usize::from(!same);
        *compared += 1;
    }
    Ok(found)
}

/// What the study found.
#[derive(Clone)]
pub struct KernelLimitsReport {
    comparisons: Vec<(String, Comparison)>,
    value_deviation: f64,
    values: usize,
    mercer_differences: Vec<(String, usize, usize)>,
}

impl StudyReport for KernelLimitsReport {
    /// Per network: relative Frobenius distance of the Monte-Carlo mean from the limit, largest |z|, entries z-tested.
    fn table(&self) -> Result<DataFrame> {
        frame(&self.comparisons)
            .text("network", |(name, _)| name)
            .number("relative distance", |(_, c)| c.distance)
            .number("largest |z|", |(_, c)| c.largest_z)
            .count("entries z-tested", |(_, c)| c.pairs)
            .table()
    }

    /// The distances.
    fn figure(&self) -> Figure {
        let bars = self.comparisons.iter().map(|(name, c)| (name.clone(), c.distance));
        bar_chart("Monte-Carlo NTK against the limit").bars("relative distance", bars).figure()
    }

    /// Every check of the study.
    fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("kernel_limits");
        let claim = format!("{} tabulated values of the product and CCP kernels: largest deviation", self.values);
        verdicts.check(claim).at_most(self.value_deviation, 0.5e-9);
        for (network, differences, compared) in &self.mercer_differences {
            let claim = format!(
                "Mercer coefficients on the sphere of R^10, {network}: of {compared}, those that differ in two digits"
            );
            verdicts.check(claim).at_most(*differences as f64, 0.0);
        }
        for (name, Comparison { distance, largest_z, pairs }) in &self.comparisons {
            verdicts
                .check(format!("{name}: Monte-Carlo NTK against the limit, relative distance"))
                .at_most(*distance, 0.03);
            let claim = format!("{name}: Monte-Carlo NTK against the limit, largest |z| of {pairs} entries");
            verdicts.check(claim).at_most(*largest_z, 4.5);
        }
        verdicts
    }
}
