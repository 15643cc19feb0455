//! Computing a tiled kernel.

use super::source::{Finite, Limit, TileSource};
use super::store::{Manifest, Tiles};
use super::{Budget, Plan, TiledKernel};
use crate::checkpoint::{stop_file, take_stop};
use crate::error::{Error, Result};
use crate::kernel::FiniteKernels;
use crate::net::{Net, Network, finite};
use crate::progress::Progress;
use ndarray::Array2;
use std::fmt;
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
}

/// Some tiles of a kernel that is computed in several runs. Built by [`TiledRun::at_most`].
///
/// ```
/// use hadamard::prelude::*;
/// let folder = std::env::temp_dir().join(format!("hadamard-tiled-part-{}", std::process::id()));
/// let (net, x) = (mlp(2).input(10), sphere(100, 10, Seed(0))?);
/// let status = net.tiled_limit_kernel(&x, &folder).quiet().at_most(1).run()?;
/// assert_eq!((status.done, status.total), (1, 1));
/// assert_eq!(status.kernel.map(|kernel| kernel.points()), Some(100));
/// # std::fs::remove_dir_all(folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
pub struct TiledPart<'a> {
    run: TiledRun<'a>,
    most: usize,
}

/// How far a tiled kernel has come.
#[derive(Debug)]
pub struct TiledStatus {
    /// Tiles that are there.
    pub done: usize,
    /// Tiles of the kernel.
    pub total: usize,
    /// The kernel, once all tiles are there.
    pub kernel: Option<TiledKernel>,
}

impl fmt::Display for TiledStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} tiles", self.done, self.total)
    }
}

/// Memory unless set otherwise.
const BUDGET: Budget = Budget(4 << 30);
/// A prediction of less than so many seconds is not worth a line.
const SHORT: f64 = 2.0;

impl<F: FiniteKernels> Network<F> {
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
        Self { source, x, folder: folder.into(), budget: BUDGET, nngp: false, quiet: false }
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

    /// Computes at most so many new tiles, and says how far the kernel has come; a later run goes on from there.
    pub fn at_most(self, tiles: usize) -> TiledPart<'a> {
        TiledPart { run: self, most: tiles }
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
        let begun = Tiles::read_manifest(&self.folder)?.map(|m| m.tile).filter(|&t| t <= self.x.nrows());
        Plan::new(self.x.nrows(), source.outputs(), &source.work()?, self.budget, begun)
    }

    /// Computes the tiles that are not in the folder yet, with [progress lines](crate::progress). A run that was killed loses
    /// the tile it was at, no other. A file called `stop` in the folder ends it after the tile that it is at.
    ///
    /// # Errors
    /// As for [`TiledRun::plan`]; [`Error::Stopped`] if a file asked for it; [`Error::Store`] for a folder of another kernel, which says
    /// what differs, or one that another process writes to; [`Error::Disk`] without room for the tiles; [`Error::File`] if a tile cannot be
    /// written; [`Error::Overflow`].
    pub fn run(&self) -> Result<TiledKernel> {
        TiledKernel::complete(self.compute(usize::MAX)?)
    }

    /// Computes tiles that are not there, at most so many.
    fn compute(&self, most: usize) -> Result<Tiles> {
        let mut source = (self.source)(self.nngp)?;
        let plan = self.plan_of(source.as_ref())?;
        self.check_disk(&plan)?;
        let route = source.route();
        let kind = [if self.nngp { "nngp" } else { "ntk" }, route.as_str()];
        let sizes = [plan.points, plan.outputs, plan.tile];
        let manifest = Manifest::new(kind, sizes, source.network(), source.settings().digest("points", self.x));
        let store = Tiles::create(&self.folder, manifest)?;
        let missing = store.missing();
        let (total, before) = (plan.tiles as u64, (plan.tiles - missing.len()) as u64);
        let progress = Progress::unless(self.quiet);
        progress.hint(|| format!("a file {} stops it", stop_file(&self.folder).display()));
        if plan.seconds >= SHORT && !missing.is_empty() {
            progress.say(&plan);
        }
        let task = progress.task("tiled kernel", "tiles", total).after(before);
        for (&(i, j), done) in missing.iter().take(most).zip(before + 1..) {
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
        Ok(store)
    }

    /// # Errors
    /// [`Error::Disk`] if the disk has no room for the tiles that are missing.
    fn check_disk(&self, plan: &Plan) -> Result<()> {
        // What cannot be read counts for nothing: the run itself will say why.
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
}

impl TiledPart<'_> {
    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { run: self.run.quiet(), ..self }
    }

    /// Computes the tiles.
    ///
    /// # Errors
    /// As for [`TiledRun::run`].
    pub fn run(&self) -> Result<TiledStatus> {
        let store = self.run.compute(self.most)?;
        let (total, missing) = (store.manifest.tiles().count(), store.missing().len());
        let kernel = (missing == 0).then(|| TiledKernel::complete(store)).transpose()?;
        Ok(TiledStatus { done: total - missing, total, kernel })
    }
}
