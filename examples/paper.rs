//! A long run of a study from the command line: `make paper STUDY=mnist_addition`, or with `PROFILE=default` at the study's own sizes
//! instead of the paper's.
//!
//! What is finished is kept below the folder CHECKPOINTS, so that a run that is stopped goes on; tables go to `data/paper/STUDY/`, and
//! the seconds of this run are printed.

use hadamard::prelude::*;
use std::path::Path;
use std::time::Instant;

const USAGE: &str = "usage: paper STUDY PROFILE CHECKPOINTS, where PROFILE is paper or default and STUDY is spectral_bias, extrapolation, \
                     mnist_addition, visual_analogies or image_regression, or with PROFILE default kernel_equivalence or eigenvalue_decay";

type Tables = Vec<(&'static str, DataFrame)>;

/// The tables of a study; `None` for one that there is not.
fn run(study: &str, profile: &str, folder: &Path) -> Result<Option<Tables>> {
    let paper = profile == "paper";
    Ok(Some(match study {
        _ if !paper && profile != "default" => return Ok(None),
        "spectral_bias" => {
            let report = spectral_bias().paper().checkpoint(folder).run()?;
            vec![("half_lives", report.half_lives()?), ("held_out", report.held_out()?)]
        }
        "kernel_equivalence" if !paper => {
            let report = kernel_equivalence().checkpoint(folder).run()?;
            vec![("convergence", report.convergence()?), ("regime", report.regime()?)]
        }
        "eigenvalue_decay" if !paper => {
            let report = eigenvalue_decay().run()?;
            vec![("exponents", report.exponents()?), ("grams", report.grams()?)]
        }
        "extrapolation" => {
            let study = if paper { extrapolation().paper() } else { extrapolation() };
            let report = study.checkpoint(folder).run()?;
            vec![("errors", report.errors()?), ("ray_fits", report.ray_fits()?)]
        }
        "mnist_addition" => {
            let study = if paper { mnist_addition().paper() } else { mnist_addition() };
            let report = study.checkpoint(folder).run()?;
            vec![("table", report.table()?), ("by_fold", report.by_fold()?)]
        }
        "visual_analogies" => {
            let study = if paper { visual_analogies().paper() } else { visual_analogies() };
            let report = study.checkpoint(folder).run()?;
            vec![("table", report.table()?), ("by_region", report.by_region()?), ("by_run", report.by_run()?)]
        }
        "image_regression" => {
            let study = if paper { image_regression().paper() } else { image_regression() };
            vec![("table", study.checkpoint(folder).run()?.table()?)]
        }
        _ => return Ok(None),
    }))
}

fn main() -> Result<()> {
    hadamard::linalg::keep_freed_memory();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let start = Instant::now();
    let tables = match arguments.as_slice() {
        [study, profile, checkpoints] => {
            let folder = Path::new(checkpoints).join(format!("{study}-{profile}"));
            run(study, profile, &folder)?.map(|tables| (study, tables))
        }
        _ => None,
    };
    let Some((study, tables)) = tables else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    for (name, table) in tables {
        let path = Path::new("data/paper").join(study).join(name).with_extension("csv");
        write_table(&table, &path)?;
        println!("{}\n{table}", path.display());
    }
    println!("{:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}
