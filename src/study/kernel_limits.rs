use super::Verdicts;
use super::verdict::largest;
use crate::checkpoint::Checkpoint;
use crate::data::{Seed, sphere};
use crate::error::{Error, Result};
use crate::internal::{Arrays, Settings, Store, Work};
use crate::kernel::MonteCarlo;
use crate::net::{Net, ccp, mlp, pnn};
use crate::progress::Progress;
use crate::spectrum::mercer_coefficients;
use crate::view::Report;
use ndarray::{Array2, array};
use polars::prelude::{DataFrame, df};

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
#[derive(Clone)]
pub struct KernelLimits {
    nets: usize,
    width: usize,
    points: usize,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// The study with 64 networks of width 32,768 on 8 points of the sphere of `R^10`.
pub fn kernel_limits() -> KernelLimits {
    KernelLimits { nets: 64, width: 32_768, points: 8, seed: Seed(1), checkpoint: None, quiet: false }
}

/// One network's Monte-Carlo comparison.
#[derive(Clone, Debug)]
struct Comparison {
    network: String,
    distance: f64,
    largest_z: f64,
    pairs: u32,
}

/// What the study found.
#[derive(Clone)]
pub struct KernelLimitsReport {
    comparisons: Vec<Comparison>,
    value_deviation: f64,
    values: usize,
    mercer_differences: Vec<(String, usize, usize)>,
}

impl KernelLimits {
    /// Fewer and narrower networks: 32 of width 2048.
    pub fn quick(self) -> Self {
        Self { nets: 32, width: 2048, ..self }
    }

    /// The number of random networks, at least 2.
    pub fn nets(self, nets: usize) -> Self {
        Self { nets, ..self }
    }

    /// Their width.
    pub fn width(self, width: usize) -> Self {
        Self { width, ..self }
    }

    /// The seed of points and networks.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Saves every network's comparison in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Runs the study, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// Settings without points, networks or width. With a checkpoint [`Error::Stopped`] if a file asked for it,
    /// [`Error::Store`] for a folder that cannot be used, [`Error::File`].
    pub fn run(&self) -> Result<KernelLimitsReport> {
        Progress::unless(self.quiet).during(|| self.compare_all())
    }

    /// Everything that the result depends on.
    fn settings(&self) -> Settings {
        let Self { nets, width, points, seed, checkpoint: _, quiet: _ } = self;
        Settings::new()
            .with("number of networks", nets)
            .with("width", width)
            .with("number of points", points)
            .with("seed", seed.0)
    }

    fn compare_all(&self) -> Result<KernelLimitsReport> {
        let x = sphere(self.points, 10, self.seed.child(0))?;
        // A deep MLP mixes its units, so its cost grows with the square of the width; it is less noisy than the products.
        let deep_width = self.width.min(512);
        let nets: Vec<Net> = (1..=4)
            .flat_map(|size| {
                let mlp_width = if size == 1 { self.width } else { deep_width };
                [mlp(size).width(mlp_width), pnn(size).width(self.width), ccp(size).width(self.width)]
            })
            .collect();
        // Settings that no network takes are refused before a folder is made.
        for net in &nets {
            net.clone().input(10).parameters()?;
        }
        let store = Checkpoint::of_study(self.checkpoint.as_ref(), "kernel_limits", self.settings())?;
        let mut work = Work::new(store.as_ref(), "kernel limits".into(), "networks", nets.len() as u64, 0);
        let mut comparisons = Vec::new();
        for (index, net) in nets.iter().enumerate() {
            let compare = || Ok(self.compare(net, &x, store.as_ref(), index)?.arrays());
            let found = work.part(&format!("network-{index:02}"), compare)?;
            comparisons.push(Comparison::restore(net, found)?);
            work.advance_saved()?;
        }
        work.finish_saved()?;
        let (value_deviation, values) = value_deviation()?;
        Ok(KernelLimitsReport { comparisons, value_deviation, values, mercer_differences: mercer_differences()? })
    }

    fn compare(&self, net: &Net, x: &Array2<f64>, store: Option<&Store>, index: usize) -> Result<Comparison> {
        let mut sampling = MonteCarlo::new(self.nets, self.seed.child(1));
        if let Some(store) = store {
            sampling = sampling.checkpoint(store.checkpoint().part(&format!("sampling-{index:02}")));
        }
        let sampled = sampling.run(net, x)?;
        let exact = net.limit_kernel(x)?;
        let z = sampled.z_scores(&exact)?;
        let cosines = x.dot(&x.t());
        let inside: Vec<f64> = z.iter().zip(&cosines).filter(|(_, c)| **c > -0.3).map(|(z, _)| z.abs()).collect();
        Ok(Comparison {
            network: net.name().into(),
            distance: sampled.mean().ntk().relative_distance(exact.ntk())?,
            largest_z: largest(inside.iter().copied()),
            pairs: inside.len() as u32,
        })
    }
}

impl Comparison {
    /// What a checkpoint holds.
    fn arrays(&self) -> Arrays {
        let Self { network: _, distance, largest_z, pairs } = self;
        Arrays::new().number("distance", *distance).number("largest_z", *largest_z).number("pairs", f64::from(*pairs))
    }

    fn restore(net: &Net, mut found: Arrays) -> Result<Self> {
        let (distance, largest_z) = (found.take_number("distance")?, found.take_number("largest_z")?);
        let pairs = found.take_count("pairs", u64::from(u32::MAX))? as u32;
        Ok(Self { network: net.name().into(), distance, largest_z, pairs })
    }
}

/// A network by the name used in `data/anchor/`.
fn by_name(form: &str, size: usize) -> Result<Net> {
    match form {
        "mlp" => Ok(mlp(size)),
        "pnn" | "product" => Ok(pnn(size)),
        "ccp" | "CCP" => Ok(ccp(size)),
        _ => Err(Error::Range {
            place: "data/anchor",
            what: "the size of an unknown network",
            value: size as f64,
            legal: "of mlp, pnn or ccp",
        }),
    }
}

fn parse(text: &str) -> Result<f64> {
    text.parse().map_err(|_| Error::Range { place: "data/anchor", what: "a cell", value: f64::NAN, legal: "a number" })
}

/// Largest deviation of the NTK at a cosine from `data/anchor/kernel_values.csv`, and the number of values.
fn value_deviation() -> Result<(f64, usize)> {
    let mut largest = 0f64;
    let mut values = 0;
    for line in include_str!("../../data/anchor/kernel_values.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [form, degree, cosine, expected] = cells[..] else { continue };
        let cosine = parse(cosine)?;
        let x = array![[1.0, 0.0], [cosine, (1.0 - cosine * cosine).max(0.0).sqrt()]];
        let got = by_name(form, parse(degree)? as usize)?.limit_kernel(&x)?.ntk().values()[[0, 1]];
        largest = largest.max((got - parse(expected)?).abs());
        values += 1;
    }
    Ok((largest, values))
}

/// Per network of `data/anchor/mercer.csv`: entries that differ in their first two digits, and entries compared.
fn mercer_differences() -> Result<Vec<(String, usize, usize)>> {
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let degrees: Vec<usize> = (0..=12).collect();
    let mut shares: Vec<f64> = Vec::new();
    for line in include_str!("../../data/anchor/mercer.csv").lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [network, k, share] = cells[..] else { continue };
        if found.last().is_none_or(|(name, ..)| name != network) {
            let (form, size) = network.split_once(' ').unwrap_or((network, "0"));
            let mu = mercer_coefficients(&by_name(form, parse(size)? as usize)?, 10, &degrees)?;
            let top = mu.iter().copied().fold(f64::MIN, f64::max);
            shares = mu.iter().map(|m| m / top).collect();
            found.push((network.into(), 0, 0));
        }
        let got = shares.get(parse(k)? as usize).copied().unwrap_or(f64::NAN);
        let same = if share == "0" { got.abs() <= 1e-12 } else { format!("{got:.1e}") == share };
        if let Some((_, differences, compared)) = found.last_mut() {
            *differences += usize::from(!same);
            *compared += 1;
        }
    }
    Ok(found)
}

impl KernelLimitsReport {
    /// Per network: relative Frobenius distance of the Monte-Carlo mean from the limit, largest |z|, entries z-tested.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn table(&self) -> Result<DataFrame> {
        let c = &self.comparisons;
        Ok(df!(
            "network" => c.iter().map(|c| c.network.as_str()).collect::<Vec<_>>(),
            "relative distance" => c.iter().map(|c| c.distance).collect::<Vec<_>>(),
            "largest |z|" => c.iter().map(|c| c.largest_z).collect::<Vec<_>>(),
            "entries z-tested" => c.iter().map(|c| c.pairs).collect::<Vec<_>>(),
        )?)
    }

    /// Table and verdicts.
    ///
    /// # Errors
    /// [`Error::Table`].
    pub fn report(&self) -> Result<Report> {
        Ok(Report::new().table(self.table()?).table(self.verdicts().frame()?))
    }

    /// Every check of the study.
    pub fn verdicts(&self) -> Verdicts {
        let mut verdicts = Verdicts::new("kernel_limits");
        verdicts.at_most(
            format!("{} tabulated values of the product and CCP kernels: largest deviation", self.values),
            self.value_deviation,
            0.5e-9,
        );
        for (network, differences, compared) in &self.mercer_differences {
            verdicts.at_most(
                format!("Mercer coefficients on the sphere of R^10, {network}: of {compared}, those that differ in two digits"),
                *differences as f64,
                0.0,
            );
        }
        for c in &self.comparisons {
            verdicts.at_most(
                format!("{}: Monte-Carlo NTK against the limit, relative distance", c.network),
                c.distance,
                0.03,
            );
            verdicts.at_most(
                format!("{}: Monte-Carlo NTK against the limit, largest |z| of {} entries", c.network, c.pairs),
                c.largest_z,
                4.5,
            );
        }
        verdicts
    }
}
