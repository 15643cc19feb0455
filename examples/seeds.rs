//! The claims of every study in its quick profile at three seeds, from the command line: `make seeds` writes `data/paper/seeds.csv`.

use hadamard::prelude::*;
use std::collections::BTreeSet;

const SEEDS: [u64; 3] = [0, 1, 2];

/// The claims of one study at one seed.
type Measure = fn(Seed) -> Result<Verdicts>;

/// Studies with a seed, by the name of their verdicts.
const STUDIES: [(&str, Measure); 13] = [
    ("spectral_bias", |seed| Ok(spectral_bias().seed(seed).run()?.verdicts())),
    ("kernel_limits", |seed| Ok(kernel_limits().seed(Seed(1 + seed.0)).run()?.verdicts())),
    ("trained_network", |seed| Ok(trained_network().steps(1000).seed(seed).run()?.verdicts())),
    ("kernel_equivalence", |seed| Ok(kernel_equivalence().quick().seed(seed).run()?.verdicts())),
    ("eigenvalue_decay", |seed| Ok(eigenvalue_decay().quick().seed(seed).run()?.verdicts())),
    ("extrapolation", |seed| Ok(extrapolation().quick().seed(seed).run()?.verdicts())),
    ("extrapolation_claims", |seed| Ok(extrapolation().quick().seed(seed).run()?.claims())),
    ("mnist_addition", |seed| Ok(mnist_addition().quick().seed(seed).run()?.verdicts())),
    ("image_regression", |seed| Ok(image_regression().quick().seed(seed).run()?.verdicts())),
    ("scale_and_shape", |seed| Ok(scale_and_shape().quick().seed(seed).run()?.verdicts())),
    ("held_out_projections", |seed| Ok(held_out_projections().quick().seed(seed).run()?.verdicts())),
    ("gegenbauer_index", |seed| Ok(gegenbauer_index().seed(seed).run()?.verdicts())),
    ("skip_diagram", |seed| Ok(skip_diagram().quick().seed(seed).run()?.verdicts())),
];

fn main() -> Result<()> {
    hadamard::linalg::keep_freed_memory();
    let (mut studies, mut claims, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
    let (mut measured, mut holds) = (Vec::new(), Vec::new());
    let mut changed = BTreeSet::new();
    for (study, measure) in STUDIES {
        let mut first: Vec<bool> = Vec::new();
        for seed in SEEDS {
            let verdicts = measure(Seed(seed))?;
            for (index, row) in verdicts.rows().iter().enumerate() {
                studies.push(study);
                claims.push(row.claim.clone());
                seeds.push(seed);
                measured.push(row.measured);
                holds.push(row.holds());
                if seed == SEEDS[0] {
                    first.push(row.holds());
                } else if first.get(index) != Some(&row.holds()) {
                    changed.insert(format!("{study}: {}", row.claim));
                }
            }
        }
        println!("{study}: {} claims", first.len());
    }
    let count = claims.len() / SEEDS.len();
    let frame = df!("study" => studies, "claim" => claims, "seed" => seeds, "measured" => measured, "holds" => holds)?;
    write_table(&frame, "data/paper/seeds.csv")?;
    println!("{count} claims at seeds {SEEDS:?}; {} change their verdict", changed.len());
    changed.iter().for_each(|claim| println!("  {claim}"));
    Ok(())
}
