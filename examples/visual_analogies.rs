//! The study of visual analogies from the command line, with its tables as CSV files:
//! `cargo run --release --example visual_analogies -- PROFILE FOLDER [STEPS RUNS]`, where PROFILE is `quick`, `default` or `paper`.
//! The folder also holds the checkpoint, so that the same command goes on where it was.

use hadamard::prelude::polars::prelude::{CsvWriter, SerWriter};
use hadamard::prelude::*;
use std::fs::{File, create_dir_all};
use std::path::Path;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [profile, folder, numbers @ ..] = &arguments[..] else { return Err("PROFILE FOLDER [STEPS RUNS]".into()) };
    let folder = Path::new(folder);
    let mut study = match profile.as_str() {
        "quick" => visual_analogies().quick(),
        "default" => visual_analogies(),
        "paper" => visual_analogies().paper(),
        other => return Err(format!("no profile {other}").into()),
    };
    if let [steps, runs] = numbers {
        study = study.steps(steps.parse()?).runs(runs.parse()?);
    }
    create_dir_all(folder)?;
    let report = study.checkpoint(folder.join("checkpoint")).run()?;
    println!("{}{}", report.table()?, report.verdicts().frame()?);
    for (name, mut frame) in
        [("table", report.table()?), ("by_region", report.by_region()?), ("by_run", report.by_run()?)]
    {
        CsvWriter::new(File::create(folder.join(format!("{name}.csv")))?).finish(&mut frame)?;
    }
    Ok(())
}
