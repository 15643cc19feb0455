//! What computes the tiles: a network at finite width, or an architecture in the limit.

use super::plan::Work;
use crate::checkpoint::Settings;
use crate::error::Result;
use crate::kernel::{FiniteKernels, Outputs, Precision};
use crate::net::{Net, Network};
use crate::op::{Layer, Op, Parametrisation};
use crate::progress::Progress;
use crate::sweep::{Directions, Features, Gram, Model, Request, Shares, Slices, per_sample};
use ndarray::{Array2, s};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Instant;

/// What a route begins with of a limit that is known to a tolerance, which follows.
pub(super) const WITHIN: &str = "limit within ";

/// A source of tiles.
pub(super) trait TileSource {
    /// `finite`, `finite in f32`, `limit` or `limit within 1e-3`.
    fn route(&self) -> String;
    /// The printed tree.
    fn network(&self) -> String;
    /// Rows per point.
    fn outputs(&self) -> usize;
    /// Everything that the values depend on but the points and what is asked of them.
    fn settings(&self) -> Settings;
    /// Times a sample and says what the whole costs.
    fn work(&self) -> Result<Work>;
    /// The tile of two sets of points, both triangles. `keep` says that features may be kept for later tiles.
    fn tile(&mut self, rows: Range<usize>, columns: Range<usize>, keep: bool) -> Result<Array2<f64>>;
}

/// Points in a timed sample.
const SAMPLE: usize = 128;

/// Tiles of a finite-width kernel.
pub(super) struct Finite<'a, F> {
    network: &'a Network<F>,
    x: Array2<F>,
    shares: Shares,
    /// Features of ranges of points, by their start.
    kept: BTreeMap<usize, Features<F>>,
}

impl<'a, F: FiniteKernels> Finite<'a, F> {
    pub fn new(network: &'a Network<F>, x: &Array2<f64>, nngp: bool) -> Result<Self> {
        network.check("tiled kernel", x)?;
        // Of the two sums, only the one asked for.
        let wanted = usize::from(!nngp);
        let pick = |share: Vec<(usize, f64)>| share.into_iter().filter(|s| s.0 == wanted).map(|s| (0, s.1)).collect();
        let shares = Shares { of: network.total().of.into_iter().map(pick).collect(), results: 1 };
        Ok(Self { network, x: x.mapv(F::of), shares, kept: BTreeMap::new() })
    }

    fn directions(&self) -> Result<Directions> {
        Ok(self.network.directions(Outputs::All)?.0)
    }

    fn sweep(&self, model: &Model<'_, F>, points: &Range<usize>) -> Result<Features<F>> {
        let sides: Vec<(bool, bool)> = self.shares.of.iter().map(|s| (!s.is_empty(), !s.is_empty())).collect();
        let request = Request { directions: self.directions()?, sides: &sides };
        Ok(F::features(model, &request, self.x.slice(s![points.clone(), ..])))
    }

    fn gram(&self, left: &Features<F>, right: Option<&Features<F>>) -> Array2<f64> {
        // The run counts tiles.
        let task = Progress::silent().task("tile", "pairs of points", 0);
        F::panel(left, right, self.outputs(), &self.shares, (&task, 1)).pop().expect(ONE)
    }
}

impl<F: FiniteKernels> TileSource for Finite<'_, F> {
    fn route(&self) -> String {
        if Precision::of::<F>() == Precision::Single { "finite in f32" } else { "finite" }.into()
    }

    fn network(&self) -> String {
        self.network.net().to_string()
    }

    fn outputs(&self) -> usize {
        self.network.outputs_count()
    }

    fn settings(&self) -> Settings {
        let (net, parameters) = (self.network.net(), self.network.parameters());
        let values: Vec<_> = parameters.iter().map(|parameter| &parameter.values).collect();
        Settings::new()
            .net(net, net.origin_of(self.x.ncols()), true)
            .with("number of bits of a parameter", 8 * size_of::<F>())
            .digest("parameters", &values)
    }

    fn work(&self) -> Result<Work> {
        let model = self.network.model();
        let sample = 0..SAMPLE.min(self.x.nrows());
        let pairs = (sample.len() * sample.len()) as f64;
        let numbers = self.network.parameters().iter().map(|p| p.values.len()).sum::<usize>() + self.x.len();
        let held = (numbers * size_of::<F>()) as u64;
        if Slices::of(&model).is_cut() {
            // Streamed: nothing is kept, every parameter's two Grams of a tile are.
            let start = Instant::now();
            let x = self.x.slice(s![sample.clone(), ..]);
            let directions = (self.directions()?, self.directions()?);
            F::tangent_gram(&model, &Gram { x1: x, x2: Some(x), directions }, &self.shares);
            let per_pair = start.elapsed().as_secs_f64() / pairs;
            let matrices = 2 * model.parameters.len() + 2;
            return Ok(Work { held, per_point: 0, matrices, sweep: 0.0, per_pair });
        }
        let start = Instant::now();
        let features = self.sweep(&model, &sample)?;
        let sweep = start.elapsed().as_secs_f64() / sample.len() as f64;
        let start = Instant::now();
        self.gram(&features, Some(&features));
        let per_pair = start.elapsed().as_secs_f64() / pairs;
        let per_point = (per_sample(&model, self.directions()?) * size_of::<F>()) as u64;
        Ok(Work { held, per_point, matrices: 2, sweep, per_pair })
    }

    fn tile(&mut self, rows: Range<usize>, columns: Range<usize>, keep: bool) -> Result<Array2<f64>> {
        let model = self.network.model();
        let own = rows == columns;
        if Slices::of(&model).is_cut() {
            let (x1, x2) = (self.x.slice(s![rows, ..]), self.x.slice(s![columns, ..]));
            let directions = (self.directions()?, self.directions()?);
            let gram = Gram { x1, x2: (!own).then_some(x2), directions };
            return Ok(F::tangent_gram(&model, &gram, &self.shares).results.pop().expect(ONE));
        }
        // Without room for all, only the rows' features stay.
        if !keep {
            self.kept.retain(|&start, _| start == rows.start);
        }
        for points in [&rows, &columns] {
            if !self.kept.contains_key(&points.start) {
                let features = self.sweep(&model, points)?;
                self.kept.insert(points.start, features);
            }
        }
        let of = |points: &Range<usize>| &self.kept[&points.start];
        Ok(self.gram(of(&rows), (!own).then(|| of(&columns))))
    }
}

/// Why there is a result.
const ONE: &str = "of the two sums one is asked for";

/// True if branches count by their shares of the units.
fn weighs_branches(layer: &Layer) -> bool {
    matches!(layer, Layer::Concat(_)) || layer.children().iter().any(weighs_branches)
}

/// Tiles of a limit kernel.
pub(super) struct Limit<'a> {
    net: &'a Net,
    x: &'a Array2<f64>,
    nngp: bool,
}

impl<'a> Limit<'a> {
    pub fn new(net: &'a Net, x: &'a Array2<f64>, nngp: bool) -> Result<Self> {
        net.check("tiled kernel", x)?;
        Ok(Self { net, x, nngp })
    }

    fn block(&self, rows: &Range<usize>, columns: &Range<usize>) -> Result<Array2<f64>> {
        let part = |points: &Range<usize>| self.x.slice(s![points.clone(), ..]).to_owned();
        let kernels = if rows == columns {
            self.net.limit_kernel(&part(rows))?
        } else {
            self.net.limit_kernel_between(&part(rows), &part(columns))?
        };
        let [nngp, ntk] = kernels.into_values();
        Ok(if self.nngp { nngp } else { ntk })
    }
}

impl TileSource for Limit<'_> {
    fn route(&self) -> String {
        match Precision::of_limit(self.net) {
            Precision::Tolerance(share) => format!("{WITHIN}{share:e}"),
            _ => "limit".into(),
        }
    }

    fn network(&self) -> String {
        self.net.to_string()
    }

    fn outputs(&self) -> usize {
        1
    }

    fn settings(&self) -> Settings {
        // Elsewhere the width cancels.
        let if_wide = self.net.identity().1 == Parametrisation::Standard || weighs_branches(self.net.layer());
        Settings::new().net(self.net, self.net.origin_of(self.x.ncols()), if_wide)
    }

    fn work(&self) -> Result<Work> {
        let points = 0..SAMPLE.min(self.x.nrows());
        let start = Instant::now();
        self.block(&points, &(0..points.end.max(1) - usize::from(points.end > 1)))?;
        let per_pair = start.elapsed().as_secs_f64() / (points.len() * points.len()) as f64;
        // NNGP and NTK of the tile, and one of them again for the file.
        Ok(Work { held: (self.x.len() * 8) as u64, per_point: 0, matrices: 3, sweep: 0.0, per_pair })
    }

    fn tile(&mut self, rows: Range<usize>, columns: Range<usize>, _keep: bool) -> Result<Array2<f64>> {
        self.block(&rows, &columns)
    }
}
