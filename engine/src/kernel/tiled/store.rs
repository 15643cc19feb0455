//! The folder of a tiled kernel: its manifest and its tiles.

use super::source::WITHIN;
use crate::atomic_file::write_whole;
use crate::checkpoint::{self, Lock, MEND, Settings, read_manifest};
use crate::error::{Error, Result};
use crate::kernel::{Kernel, Precision, Route};
use crate::linalg::{LinearOperator, single_threaded_blas};
use ndarray::{Array2, s};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of a NumPy header of a matrix.
const HEADER: u64 = 128;

/// What the folder holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub format: String,
    pub version: u32,
    pub kernel: String,
    pub route: String,
    pub points: usize,
    pub outputs: usize,
    pub tile: usize,
    /// The printed tree, for people: it holds the name, which does not count.
    pub network: String,
    pub settings: BTreeMap<String, String>,
}

impl Manifest {
    /// Of a `[kernel, route]` of so many `[points, outputs, points per tile]`.
    pub fn new(
        [kernel, route]: [&str; 2],
        [points, outputs, tile]: [usize; 3],
        network: String,
        settings: Settings,
    ) -> Self {
        let settings = settings
            .with("kernel", kernel)
            .with("route", route)
            .with("number of points", points)
            .with("number of outputs", outputs)
            .with("number of points of a tile", tile);
        let format = <Self as checkpoint::Manifest>::FORMAT.into();
        let version = <Self as checkpoint::Manifest>::VERSION;
        let (kernel, route, settings) = (kernel.into(), route.into(), settings.map().clone());
        Self { format, version, kernel, route, points, outputs, tile, network, settings }
    }

    /// Points of the `index`-th tile.
    pub fn range(&self, index: usize) -> Range<usize> {
        index * self.tile..((index + 1) * self.tile).min(self.points)
    }

    /// Tiles along a side.
    pub fn side(&self) -> usize {
        self.points.div_ceil(self.tile)
    }

    /// The tiles, row by row.
    pub fn tiles(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        (0..self.side()).flat_map(|i| (0..=i).map(move |j| (i, j)))
    }
}

impl checkpoint::Manifest for Manifest {
    const FORMAT: &'static str = "hadamard-gram";
    /// 1 had one digest, which forgot the parametrisation.
    const VERSION: u32 = 2;

    fn settings(&self) -> &BTreeMap<String, String> {
        &self.settings
    }
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    |source| Error::File { path: path.into(), source }
}

/// The folder while it is written and read.
#[derive(Debug)]
pub(super) struct Tiles {
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// Held while a run writes; a second run on the folder is refused.
    lock: Option<Lock>,
}

impl Tiles {
    /// Makes the folder, or opens one of the same settings.
    ///
    /// # Errors
    /// [`Error::Store`] for a folder of another kernel, one that another process writes to, or one with other files.
    pub fn create(folder: &Path, manifest: Manifest) -> Result<Self> {
        // One that cannot be read says why before its settings are compared.
        Self::read_manifest(folder)?;
        let lock = checkpoint::open(folder, &folder.join("tiles"), ("another kernel", &manifest))?;
        Ok(Self { folder: folder.into(), manifest, lock: Some(lock) })
    }

    /// The manifest, if there is one.
    pub fn read_manifest(folder: &Path) -> Result<Option<Manifest>> {
        let Some(manifest) = read_manifest::<Manifest>(folder)? else { return Ok(None) };
        let broken = |reason: String| Error::Store { path: folder.join("manifest.json"), reason };
        let sizes = [manifest.points, manifest.outputs, manifest.tile];
        let rows = manifest.points.checked_mul(manifest.outputs).filter(|&r| r < 1 << 32);
        if sizes.contains(&0) || manifest.tile > manifest.points || rows.is_none() {
            return Err(broken(format!("points, outputs and tile are {sizes:?}; {MEND}")));
        }
        let share = manifest.route.strip_prefix(WITHIN).map_or(Ok(1.0), str::parse::<f64>);
        if !share.is_ok_and(|share| share > 0.0) {
            return Err(broken(format!("the route is {:?}; {MEND}", manifest.route)));
        }
        // What is said twice must be the same.
        let Manifest { format: _, version: _, kernel, route, points, outputs, tile, network: _, settings } = &manifest;
        let said = Manifest::new([kernel, route], [*points, *outputs, *tile], String::new(), Settings::from(settings));
        if said.settings != manifest.settings {
            let differences = Settings::from(&said.settings).differences(&manifest.settings).join("; ");
            return Err(broken(format!("its settings are not those of the kernel: {differences}; {MEND}")));
        }
        Ok(Some(manifest))
    }

    fn tile_path(&self, i: usize, j: usize) -> PathBuf {
        self.folder.join("tiles").join(format!("{i:05}-{j:05}.npy"))
    }

    fn tile_dim(&self, i: usize, j: usize) -> (usize, usize) {
        let rows = |index| self.manifest.range(index).len() * self.manifest.outputs;
        (rows(i), rows(j))
    }

    /// True if the tile is there, with the right number of bytes.
    pub fn has(&self, i: usize, j: usize) -> bool {
        let (rows, columns) = self.tile_dim(i, j);
        fs::metadata(self.tile_path(i, j)).is_ok_and(|m| m.len() == HEADER + 8 * (rows * columns) as u64)
    }

    /// Tiles that are not there.
    pub fn missing(&self) -> Vec<(usize, usize)> {
        self.manifest.tiles().filter(|&(i, j)| !self.has(i, j)).collect()
    }

    pub fn write(&self, i: usize, j: usize, tile: &Array2<f64>) -> Result<()> {
        let path = self.tile_path(i, j);
        write_whole(&path, |file| tile.write_npy(file).map_err(|e| std::io::Error::other(e.to_string())))
            .map_err(file_error(&path))
    }

    pub fn read(&self, i: usize, j: usize) -> Result<Array2<f64>> {
        let path = self.tile_path(i, j);
        if !self.has(i, j) {
            let reason = "the tile is missing or cut short; run the kernel again to complete it";
            return Err(Error::Store { path, reason: reason.into() });
        }
        let file = File::open(&path).map_err(file_error(&path))?;
        let tile = Array2::<f64>::read_npy(BufReader::new(file))
            .map_err(|e| Error::Store { path: path.clone(), reason: e.to_string() })?;
        if tile.dim() != self.tile_dim(i, j) {
            let reason = format!("expected a matrix of {:?}, got {:?}", self.tile_dim(i, j), tile.dim());
            return Err(Error::Store { path, reason });
        }
        Ok(tile)
    }
}

/// A kernel of a set of points with itself, in a folder: see the [format](crate::kernel::tiled).
///
/// It is a [`LinearOperator`], so that [Lanczos](crate::linalg::Lanczos) and
/// [conjugate gradients](crate::linalg::ConjugateGradient) run on it in the memory of one tile.
#[derive(Debug)]
pub struct TiledKernel {
    store: Tiles,
}

impl TiledKernel {
    /// Opens a complete kernel.
    ///
    /// # Errors
    /// [`Error::Store`] for a folder without a manifest or with missing tiles.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let Some(manifest) = Tiles::read_manifest(folder)? else {
            return Err(Error::Store { path: folder.into(), reason: "no manifest.json in it".into() });
        };
        Self::complete(Tiles { folder: folder.into(), manifest, lock: None })
    }

    pub(super) fn complete(mut store: Tiles) -> Result<Self> {
        let (tiles, missing) = (store.manifest.tiles().count(), store.missing().len());
        if missing > 0 {
            let reason = format!("{missing} of {tiles} tiles are missing; run the kernel again to complete it");
            return Err(Error::Store { path: store.folder, reason });
        }
        store.lock = None;
        Ok(Self { store })
    }

    /// Number of points.
    pub fn points(&self) -> usize {
        self.store.manifest.points
    }

    /// Rows per point.
    pub fn outputs(&self) -> usize {
        self.store.manifest.outputs
    }

    /// Points per tile.
    pub fn tile_size(&self) -> usize {
        self.store.manifest.tile
    }

    /// The tile in row `i` and column `j` of tiles.
    ///
    /// # Errors
    /// [`Error::Range`] beyond the last tile; [`Error::Store`] and [`Error::File`] for a tile that cannot be read.
    pub fn tile(&self, i: usize, j: usize) -> Result<Array2<f64>> {
        let side = self.store.manifest.side();
        if let Some(&index) = [i, j].iter().find(|&&index| index >= side) {
            let what = "the index of a tile";
            let (place, legal) = ("tiled kernel", "below the number of tiles along a side");
            return Err(Error::Range { place, what, value: index as f64, legal });
        }
        if j > i { Ok(self.store.read(j, i)?.reversed_axes()) } else { self.store.read(i, j) }
    }

    /// The whole kernel in memory.
    ///
    /// # Errors
    /// [`Error::Budget`] if it does not fit; as for [`TiledKernel::tile`].
    pub fn load(&self, budget: super::Budget) -> Result<Kernel> {
        let rows = self.dim();
        let needed = 8 * (rows as u64) * (rows as u64);
        if needed > budget.0 {
            return Err(Error::Budget { place: "tiled kernel in memory", needed, budget: budget.0 });
        }
        let (outputs, size) = (self.outputs(), self.tile_size() * self.outputs());
        let mut values = Array2::zeros((rows, rows));
        for (i, j) in self.tiles() {
            let tile = self.store.read(i, j)?;
            let (r, c) = (i * size, j * size);
            values.slice_mut(s![r..r + tile.nrows(), c..c + tile.ncols()]).assign(&tile);
            values.slice_mut(s![c..c + tile.ncols(), r..r + tile.nrows()]).assign(&tile.t());
        }
        let said = self.store.manifest.route.as_str();
        let route = if said.starts_with("limit") { Route::Limit } else { Route::Finite };
        let precision = match said.strip_prefix(WITHIN) {
            Some(share) => Precision::Tolerance(share.parse().expect("a manifest's route was read as a number")),
            None if said.ends_with("f32") => Precision::Single,
            None => Precision::Double,
        };
        Ok(Kernel::of_outputs(values, (true, route), outputs).with_precision(precision))
    }

    fn tiles(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        self.store.manifest.tiles()
    }
}

impl LinearOperator for TiledKernel {
    fn dim(&self) -> usize {
        self.points() * self.outputs()
    }

    fn apply(&self, v: &Array2<f64>) -> Result<Array2<f64>> {
        if v.nrows() != self.dim() {
            let (expected, got) = (self.dim(), v.nrows());
            return Err(Error::Size { place: "tiled kernel", what: "rows of the vectors", expected, got });
        }
        let _blas = single_threaded_blas();
        let size = self.tile_size() * self.outputs();
        let mut product = Array2::zeros(v.dim());
        for (i, j) in self.tiles() {
            let tile = self.store.read(i, j)?;
            let (r, c) = (i * size..i * size + tile.nrows(), j * size..j * size + tile.ncols());
            let mut rows = product.slice_mut(s![r.clone(), ..]);
            rows += &tile.dot(&v.slice(s![c.clone(), ..]));
            if i != j {
                let mut columns = product.slice_mut(s![c, ..]);
                columns += &tile.t().dot(&v.slice(s![r, ..]));
            }
        }
        Ok(product)
    }
}
