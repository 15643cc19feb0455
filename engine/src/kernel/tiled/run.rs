//! Computing a tiled kernel.

use super::source::{Finite, Limit, TileSource};
use super::store::{Manifest, Store};
use super::{Budget, Plan, TiledKernel};
use crate::checkpoint::{stop_file, take_stop};
use crate::error::{Error, Result};
use crate::linalg::Scalar;
use crate::net::{Net, Network, finite};
use crate::progress::Progress;
use ndarray::Array2;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// A kernel of `x` with itself that is computed tile by tile into a folder. Built by [`Network::tiled_kernel`] and
/// [`Net::tiled_limit_kernel`].
///
/// ```
/// use hadamard::prelude::*;
/// let folder = std::env::temp_dir().join(format!("hadamard-tiled-{}", std::process::id()));
/// let (net, x) = (mlp(2).input(10), sphere(100, 10, Seed(0))?);
/// println!("{}", net.tiled_limit_kernel(&x, &folder).plan()?);
/// let kernel = net.tiled_limit_kernel(&x, &folder).quiet().run()?;
/// let top = Lanczos::new(2, Seed(0)).run(&kernel)?;          // in the memory of one tile
/// let all = net.limit_kernel(&x)?.ntk().spectrum()?;
/// assert!((top.values[0] / all.values()[0] - 1.0).abs() <= 1e-10);
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub struct TiledRun<'a> {
    source: Box<dyn Fn(bool) -> Result<Box<dyn TileSource + 'a>> + 'a>,
    x: &'a Array2<f64>,
    folder: PathBuf,
    budget: Budget,
    nngp: bool,
    quiet: bool,
    most: usize,
}

/// Memory unless set otherwise.
const BUDGET: Budget = Budget(4 << 30);
/// A prediction of less than so many seconds is not worth a line.
const SHORT: f64 = 2.0;

impl<F: Scalar> Network<F> {
    /// The finite-width NTK `[n · c, n · c]` of `x: [n, d]` with itself, computed into `folder` within a budget of memory.
    pub fn tiled_kernel<'a>(&'a self, x: &'a Array2<f64>, folder: impl AsRef<Path>) -> TiledRun<'a> {
        let source = move |nngp| Ok(Box::new(Finite::new(self, x, nngp)?) as Box<dyn TileSource + 'a>);
        TiledRun::new(Box::new(source), x, folder.as_ref())
    }
}

impl Net {
    /// The limit NTK `[n, n]` of `x: [n, d]` with itself, computed into `folder` within a budget of memory.
    pub fn tiled_limit_kernel<'a>(&'a self, x: &'a Array2<f64>, folder: impl AsRef<Path>) -> TiledRun<'a> {
        let source = move |nngp| Ok(Box::new(Limit::new(self, x, nngp)?) as Box<dyn TileSource + 'a>);
        TiledRun::new(Box::new(source), x, folder.as_ref())
    }
}

impl<'a> TiledRun<'a> {
    fn new(
        source: Box<dyn Fn(bool) -> Result<Box<dyn TileSource + 'a>> + 'a>,
        x: &'a Array2<f64>,
        folder: &Path,
    ) -> Self {
        Self { source, x, folder: folder.into(), budget: BUDGET, nngp: false, quiet: false, most: usize::MAX }
    }

    /// Sets the memory that the run may take; 4 GiB unless set.
    pub fn budget(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// Computes the NNGP instead of the NTK.
    pub fn nngp(self) -> Self {
        Self { nngp: true, ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Stops after so many new tiles; a later run goes on from there.
    pub fn at_most(self, tiles: usize) -> Self {
        Self { most: tiles, ..self }
    }

    /// Predicted size and time, from a timed sample of the points.
    ///
    /// # Errors
    /// Bad input; [`Error::Budget`] if it does not fit; where the architecture has no limit kernel.
    pub fn plan(&self) -> Result<Plan> {
        self.plan_of((self.source)(self.nngp)?.as_ref())
    }

    fn plan_of(&self, source: &(dyn TileSource + 'a)) -> Result<Plan> {
        // A folder that was begun keeps its tile size.
        let begun = Store::read_manifest(&self.folder)?.map(|m| m.tile).filter(|&t| t <= self.x.nrows());
        Plan::new(self.x.nrows(), source.outputs(), &source.work()?, self.budget, begun)
    }

    /// Computes the tiles that are not in the folder yet, with [progress lines](crate::progress). A run that was killed loses
    /// the tile it was at, no other. A file called `stop` in the folder ends it after the tile that it is at.
    ///
    /// # Errors
    /// As for [`TiledRun::plan`]; [`Error::Stopped`] if a file asked for it; [`Error::Store`] for a folder of another kernel, one that another process
    /// writes to, or after [`TiledRun::at_most`] tiles; [`Error::Disk`] without room for the tiles; [`Error::File`] if a tile cannot be written;
    /// [`Error::Overflow`].
    pub fn run(&self) -> Result<TiledKernel> {
        let mut source = (self.source)(self.nngp)?;
        let plan = self.plan_of(source.as_ref())?;
        self.check_disk(&plan)?;
        let kind = [if self.nngp { "nngp" } else { "ntk" }, source.route()];
        let sizes = [plan.points, plan.outputs, plan.tile];
        let manifest = Manifest::new(kind, sizes, source.network(), self.fingerprint(source.as_ref(), &plan));
        let store = Store::create(&self.folder, manifest)?;
        let side = store.manifest.side();
        let wanted = (0..side).flat_map(|i| (0..=i).map(move |j| (i, j))).filter(|&(i, j)| !store.has(i, j));
        let missing: Vec<_> = wanted.collect();
        let (total, before) = (plan.tiles as u64, (plan.tiles - missing.len()) as u64);
        let progress = Progress::unless(self.quiet);
        progress.hint(|| format!("a file {} stops it", stop_file(&self.folder).display()));
        if plan.seconds >= SHORT && !missing.is_empty() {
            progress.say(&plan);
        }
        let task = progress.task("tiled kernel", "tiles", total).after(before);
        for (&(i, j), done) in missing.iter().take(self.most).zip(before + 1..) {
            let (rows, columns) = (store.manifest.range(i), store.manifest.range(j));
            let tile = finite("tiled kernel", source.tile(rows, columns, plan.keeps_features)?)?;
            store.write(i, j, &tile)?;
            task.advance(1);
            if done < total && take_stop(&self.folder)? {
                let (what, units) = ("tiled kernel".into(), "tiles");
                return Err(Error::Stopped { what, done, total, units, file: stop_file(&self.folder) });
            }
        }
        take_stop(&self.folder)?;
        TiledKernel::complete(store)
    }

    /// # Errors
    /// [`Error::Disk`] if the disk has no room for the tiles that are missing.
    fn check_disk(&self, plan: &Plan) -> Result<()> {
        let there: u64 = std::fs::read_dir(self.folder.join("tiles"))
            .map_or(0, |entries| entries.flatten().filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum());
        let needed = plan.disk_bytes.saturating_sub(there);
        let absolute = std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let parent = absolute.ancestors().find(|p| p.exists()).unwrap_or(Path::new("/"));
        // Where the system does not say, writing will.
        let available = fs4::available_space(parent).unwrap_or(u64::MAX);
        if needed > available {
            return Err(Error::Disk { path: self.folder.clone(), needed, available });
        }
        Ok(())
    }

    /// SHA-256 of everything that the values depend on.
    fn fingerprint(&self, source: &(dyn TileSource + 'a), plan: &Plan) -> String {
        let mut sha = Sha256::new();
        sha.update(format!("{} {} {} {:?}", source.route(), self.nngp, source.network(), self.x.dim()));
        sha.update(plan.tile.to_le_bytes());
        self.x.iter().for_each(|v| sha.update(v.to_bits().to_le_bytes()));
        source.digest(&mut sha);
        sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
