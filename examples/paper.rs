//! A long run of a study from the command line: `make paper STUDY=mnist_addition`, or with `PROFILE=default` at the study's own sizes
//! instead of the paper's.
//!
//! What is finished is kept below the folder CHECKPOINTS, so that a run that is stopped goes on; tables go to `data/paper/STUDY/`, and
//! the seconds of this run are printed.

use hadamard::prelude::*;
use std::path::Path;
use std::time::Instant;

/// How it is called, with the studies that there are.
fn usage() -> String {
    let names = |paper: bool| {
        let studies = STUDIES.iter().filter(|study| study.paper == paper);
        studies.map(|study| study.name).collect::<Vec<_>>().join(", ")
    };
    format!(
        "usage: paper STUDY PROFILE CHECKPOINTS, where PROFILE is paper or default and STUDY is one of {}, or with PROFILE default of {}",
        names(true),
        names(false)
    )
}

fn main() -> Result<()> {
    hadamard::linalg::keep_freed_memory();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let chosen = match arguments.as_slice() {
        [name, profile, folder] => {
            let profile = [("paper", Profile::Paper), ("default", Profile::Full)].into_iter().find(|p| p.0 == profile);
            let study = STUDIES.iter().find(|study| study.name == name);
            study.zip(profile).filter(|(study, profile)| study.paper || profile.1 == Profile::Full).map(|c| (c, folder))
        }
        _ => None,
    };
    let Some(((study, (word, profile)), folder)) = chosen else {
        eprintln!("{}", usage());
        std::process::exit(2);
    };
    let start = Instant::now();
    let checkpoint = Some(Path::new(folder).join(format!("{}-{word}", study.name)).into());
    let report = study.run(RunOptions { profile, checkpoint, ..RunOptions::default() })?;
    for (name, table) in report.tables()? {
        let path = Path::new("data/paper").join(study.name).join(name).with_extension("csv");
        write_table(&table, &path)?;
        println!("{}\n{table}", path.display());
    }
    println!("{:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}
