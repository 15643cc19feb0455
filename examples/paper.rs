//! A long run of a study from the command line: `make paper STUDY=mnist_addition`, or with `PROFILE=default` at the study's own sizes
//! instead of the paper's.
//!
//! What is finished is kept below the folder CHECKPOINTS, so that a run that is stopped goes on; tables go to `data/paper/STUDY/`.

use hadamard::prelude::*;
use std::path::Path;

const USAGE: &str = "usage: paper STUDY PROFILE CHECKPOINTS, where STUDY is mnist_addition, visual_analogies or image_regression and \
                     PROFILE is paper or default";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [study, profile, checkpoints] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        std::process::exit(2);
    };
    let folder = Path::new(checkpoints).join(format!("{study}-{profile}"));
    let tables = match (study.as_str(), profile.as_str()) {
        ("mnist_addition", "paper" | "default") => {
            let study = if profile == "paper" { mnist_addition().paper() } else { mnist_addition() };
            let report = study.checkpoint(&folder).run()?;
            vec![("table", report.table()?), ("by_fold", report.by_fold()?)]
        }
        ("visual_analogies", "paper" | "default") => {
            let study = if profile == "paper" { visual_analogies().paper() } else { visual_analogies() };
            let report = study.checkpoint(&folder).run()?;
            vec![("table", report.table()?), ("by_region", report.by_region()?), ("by_run", report.by_run()?)]
        }
        ("image_regression", "paper" | "default") => {
            let study = if profile == "paper" { image_regression().paper() } else { image_regression() };
            vec![("table", study.checkpoint(&folder).run()?.table()?)]
        }
        _ => {
            eprintln!("{USAGE}");
            std::process::exit(2);
        }
    };
    for (name, table) in tables {
        let path = Path::new("data/paper").join(study).join(name).with_extension("csv");
        write_table(&table, &path)?;
        println!("{}\n{table}", path.display());
    }
    Ok(())
}
