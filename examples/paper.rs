//! A study at the sizes of the paper, from the command line: `make paper STUDY=mnist_addition`.
//!
//! What is finished is kept in the folder CHECKPOINT, so that a run that is stopped goes on; tables go to `data/paper/STUDY/`.

use hadamard::prelude::*;
use std::path::Path;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [study, checkpoint] = arguments.as_slice() else {
        eprintln!("usage: paper STUDY CHECKPOINT");
        std::process::exit(2);
    };
    let checkpoint = Path::new(checkpoint).join(study);
    let tables = match study.as_str() {
        "mnist_addition" => {
            let report = mnist_addition().paper().checkpoint(&checkpoint).run()?;
            vec![("table", report.table()?), ("by_fold", report.by_fold()?)]
        }
        other => {
            eprintln!("paper: no study called {other}; there is mnist_addition");
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
