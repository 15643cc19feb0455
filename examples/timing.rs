//! Seconds of training of the quick profile, three times.
use hadamard::prelude::*;
fn main() -> Result<()> {
    hadamard::linalg::keep_freed_memory();
    for _ in 0..3 {
        let table = visual_analogies().quick().quiet().run()?.by_run()?;
        println!("{:?}", table.column("seconds")?.f64()?.into_no_null_iter().collect::<Vec<f64>>());
        println!("{:?}", table.column("last loss")?.f64()?.into_no_null_iter().collect::<Vec<f64>>());
    }
    Ok(())
}
