//! Settings of a build that keep functions of a few instructions from being inlined change no result, and make the loops over the elements
//! of arrays several times as long.

use hadamard::prelude::*;
use std::time::Instant;

/// Seconds of the fastest of some runs, which other work on the machine disturbs least.
fn fastest(mut run: impl FnMut()) -> f64 {
    let seconds = (0..15).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}

/// The measure are products of matrices so small that BLAS computes them in one thread. With 10 features the elements are most of a step:
/// of the time of 2³¹ operations a step takes 0.16 to 0.21, and 0.67 where functions of up to ten instructions alone are inlined.
#[test]
fn elements_of_a_training_step_cost_less_than_products() {
    let x = sphere(256, 10, Seed(0)).unwrap();
    let y = x.column(0).to_owned();
    let square = Array2::<f64>::eye(64);
    let products = 16.0 * fastest(|| (0..256).for_each(|_| assert!(square.dot(&square)[[0, 0]] == 1.0)));
    let mut network = ccp(3).width(1024).input(10).init(Seed(1)).unwrap();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let step = 0.25 * one.install(|| fastest(|| drop(FullBatch::new(1e-6, 4).train(&mut network, &x, &y).unwrap())));
    println!("{step:.5} s a step, {products:.5} s of products, ratio {:.3}", step / products);
    assert!(step <= 0.4 * products, "{step} s a step, {products} s of products");
}

/// Of the time that the standard library's tanh takes one by one, layers of tanh take 0.05 where their loops are of vectors, and 0.87 where
/// functions of `libm` are called for each element.
#[test]
fn elements_of_tanh_are_computed_side_by_side() {
    const LAYERS: usize = 8;
    let x = sphere(512, 256, Seed(0)).unwrap().mapv(|v| 30.0 * v);
    let network =
        network("tanh", serial((repeat(LAYERS, tanh()), dense(1)))).input(256).init(Seed(1)).unwrap().cast::<f32>();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let layers = one.install(|| fastest(|| drop(network.outputs(&x).unwrap())));
    let single = x.mapv(|v| v as f32);
    let calls = fastest(|| {
        let values = (0..LAYERS).fold(single.clone(), |x, _| x.mapv_into(f32::tanh));
        assert!(values.iter().all(|v| v.is_finite()));
    });
    println!("{layers:.5} s, {calls:.5} s of calls, ratio {:.3}", layers / calls);
    assert!(layers <= 0.3 * calls, "{layers} s, {calls} s of calls");
}
