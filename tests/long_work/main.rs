//! Long work: runs that are stopped, killed and continued give the same bits as one that never was, and folders that cannot be
//! used say why.

mod damaged;
mod killed;
mod refused;
mod stopped;

use hadamard::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of its own for a test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("long-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Asks the run to stop.
    fn stop(&self) {
        fs::create_dir_all(&self.0).unwrap();
        fs::write(self.file("stop"), "").unwrap();
    }

    /// Names and contents of all files.
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap());
        let mut files: Vec<_> =
            entries.map(|e| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap_or_default())).collect();
        files.sort();
        files
    }

    fn names(&self) -> Vec<String> {
        self.files().into_iter().map(|file| file.0).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A network and what it is trained on.
struct Problem {
    network: Network,
    x: Matrix,
    y: Vector,
}

impl Problem {
    fn new(width: usize, points: usize) -> Self {
        let x = sphere(points, 6, Seed(1)).unwrap();
        let y = x.column(0).mapv(|v| (3.0 * v).sin());
        let tree =
            serial([hadamard([Dense::new(width).bias(0.1).into(), hidden()]), tanh(), Dense::new(1).bias(0.1).into()]);
        Self { network: network("a small net", tree).width(width).input(6).init(Seed(2)).unwrap(), x, y }
    }

    fn objective(&self) -> Objective {
        Objective::new(&self.x, &self.y, SquaredError).unwrap()
    }

    fn train(&self, training: &Trainer) -> Result<(Network, TrainingRun)> {
        let mut network = self.network.clone();
        training.train(&mut network, &self.objective()).map(|run| (network, run))
    }
}

/// Full-batch descent whose outputs are recorded now and then.
fn recorded(rate: f64, steps: u64, every: u64) -> Trainer {
    Trainer::steps(steps, Sgd::new(rate)).observe(Observer::new(When::Every(every)).training_outputs())
}

fn descent(rate: f64, steps: u64) -> Trainer {
    recorded(rate, steps, 10)
}

/// Everything of a run, bit by bit.
fn bits(network: &Network, run: &TrainingRun) -> (Vec<Vec<u64>>, Vec<Vec<u64>>, String) {
    let bits = |values: &mut dyn Iterator<Item = &f64>| values.map(|v| v.to_bits()).collect::<Vec<u64>>();
    let parameters = network.parameters().iter().map(|p| bits(&mut p.values.iter())).collect();
    let series = run.records.iter().flat_map(|records| {
        let arrays = records.series.iter().map(|series| bits(&mut series.values.iter()));
        arrays.chain([records.steps.clone(), bits(&mut records.epochs.iter()), bits(&mut records.times.iter())])
    });
    (parameters, series.chain([bits(&mut run.losses.iter())]).collect(), format!("{} {:?}", run.steps, run.stopped))
}

/// The reason of an error of a folder, which must name the file or folder.
fn reason<T>(result: Result<T>, at: &Path) -> String {
    match result {
        Err(Error::Store { path, reason }) => {
            assert_eq!(path, at);
            reason
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{} was used", at.display()),
    }
}
