//! The anchor paper's spectral-bias study from the command line: `cargo run --release --example spectral_bias`.

use hadamard::prelude::*;

fn main() -> Result<()> {
    hadamard::linalg::keep_freed_memory();
    let report = spectral_bias().networks([mlp(1), pnn(3), ccp(3), ccp(9)]).run()?;
    println!("{}", report.table()?);
    println!("{}", report.verdicts().frame()?);
    Ok(())
}
