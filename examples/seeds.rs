//! The claims of every study at three seeds, at the sizes that notebooks show, from the command line: `make seeds` writes `data/paper/seeds.csv`.

use hadamard::prelude::*;
use std::collections::BTreeSet;

const SEEDS: [u64; 3] = [0, 1, 2];

fn main() -> Result<()> {
    hadamard::linalg::keep_freed_memory();
    let mut rows: Vec<(String, u64, Verdict)> = Vec::new();
    for study in STUDIES.iter().filter(|study| study.seeded) {
        for seed in SEEDS {
            let report = study.run_shown(RunOptions { seed: Seed(seed), ..RunOptions::default() })?;
            for verdicts in report.all_verdicts() {
                rows.extend(verdicts.rows().iter().map(|row| (verdicts.study().into(), seed, row.clone())));
            }
        }
        println!("{study:?}: {} claims", rows.iter().filter(|row| row.0 == study.name && row.1 == SEEDS[0]).count());
    }
    let table = frame(&rows)
        .text("study", |r| &r.0)
        .text("claim", |r| &r.2.claim)
        .count("seed", |r| r.1 as usize)
        .number("measured", |r| r.2.measured)
        .flag("holds", |r| r.2.holds())
        .table()?;
    write_table(&table, "data/paper/seeds.csv")?;
    // Against the first row of the same claim.
    let first = |row: &(String, u64, Verdict)| rows.iter().find(|r| (&r.0, &r.2.claim) == (&row.0, &row.2.claim));
    let changes = rows.iter().filter(|row| first(row).is_some_and(|first| first.2.holds() != row.2.holds()));
    let changed: BTreeSet<String> = changes.map(|row| format!("{}: {}", row.0, row.2.claim)).collect();
    println!("{} claims at seeds {SEEDS:?}; {} change their verdict", rows.len() / SEEDS.len(), changed.len());
    changed.iter().for_each(|claim| println!("  {claim}"));
    Ok(())
}
