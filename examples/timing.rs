use hadamard::prelude::*;
use std::time::Instant;
fn main() -> Result<()> {
    let x = sphere(1000, 10, Seed(0))?;
    let x2 = sphere(10000, 10, Seed(1))?;
    for net in [mlp(1), ccp(9), pnn(9)] {
        let t = Instant::now();
        let k = net.limit_kernel(&x)?;
        let a = t.elapsed();
        let t = Instant::now();
        let e = SymmetricEigen::new(k.ntk().values())?;
        let b = t.elapsed();
        let t = Instant::now();
        let _ = net.limit_kernel_between(&x2, &x)?;
        println!("limit {a:?} eigen {b:?} cross {:?} {}", t.elapsed(), e.smallest());
    }
    for (n, m) in [(3, 4096), (9, 32768)] {
        let t = Instant::now();
        let network = ccp(n).input(10).width(m).init(Seed(0))?;
        let a = t.elapsed();
        for _ in 0..3 {
            let t = Instant::now();
            let _ = network.kernel(&x)?;
            println!("init {a:?} finite {n} {m} {:?}", t.elapsed());
        }
    }
    let y = x.column(0).to_owned();
    let mut network = ccp(3).input(10).width(4096).init(Seed(0))?;
    let t = Instant::now();
    FullBatch::new(0.0016, 50).train(&mut network, &x, &y)?;
    println!("train f64 {:?} per step", t.elapsed() / 50);
    let mut network = ccp(3).input(10).width(4096).init(Seed(0))?.cast::<f32>();
    let t = Instant::now();
    FullBatch::new(0.0016, 50).train(&mut network, &x, &y)?;
    println!("train f32 {:?} per step", t.elapsed() / 50);
    Ok(())
}
