//! What every op and every named network must satisfy.

use hadamard::op::Op;
use hadamard::prelude::*;

/// Networks that between them hold every op, every combinator and both kinds of gain, with and without bias.
fn cases() -> Vec<Net> {
    let act = |activation: Layer| serial([Dense::new(6).plain_gain(1.0).into(), activation]);
    let biased = |width| -> Layer { Dense::new(width).sigma_w(1.3).bias(0.4).into() };
    let scalar = |name: &str, layers: Vec<Layer>| network(name, serial(layers));
    vec![
        mlp(1).width(7),
        mlp(3).width(5),
        pnn(1).width(7),
        pnn(4).width(6),
        ccp(1).width(7),
        ccp(4).width(6),
        scalar("linear", vec![dense(1)]),
        scalar("linear with bias", vec![biased(1)]),
        scalar("tanh", vec![act(tanh()), dense(1)]),
        scalar("erf with bias", vec![biased(6), erf(), biased(1)]),
        scalar("identity product", vec![hadamard([act(identity()), act(identity())]), dense(1)]),
        scalar("gated", vec![hadamard([dense(5), serial([dense(5), tanh()])]), biased(1)]),
        scalar("residual", vec![dense(5), sum([identity(), serial([relu(), biased(5)])]), tanh(), dense(1)]),
        scalar(
            "product of deep branches",
            vec![
                hadamard_skip([serial([biased(4), relu(), biased(5), tanh()]), act5(erf()), act5(relu())]),
                dense(6),
                relu(),
                biased(1),
            ],
        ),
        scalar("product after a layer", vec![dense(5), hadamard([identity(), serial([dense(5), relu()])]), dense(1)]),
        scalar("sum of products", vec![sum([hadamard([act(relu()), act(tanh())]), act(erf())]), dense(1)]),
    ]
}

fn act5(activation: Layer) -> Layer {
    serial([dense(5), activation])
}

fn points(n: usize, seed: u64) -> Matrix {
    sphere(n, 3, Seed(seed)).unwrap() * 1.4
}

fn largest(a: &Matrix) -> f64 {
    a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) })
}

fn network_of(net: &Net) -> Network {
    net.clone().input(3).init(Seed(5)).unwrap()
}

#[test]
fn jacobian_equals_central_differences() {
    let x = points(4, 1);
    for net in cases() {
        let network = network_of(&net);
        let exact = network.jacobian(&x).unwrap();
        let step = 1e-6;
        let mut column = 0;
        for index in 0..network.parameters().len() {
            let (rows, columns) = network.parameters()[index].values.dim();
            for p in 0..rows * columns {
                let moved = |by: f64| {
                    let mut moved = network.clone();
                    moved.parameters_mut()[index].values[[p / columns, p % columns]] += by;
                    moved.outputs(&x).unwrap()
                };
                let difference = (moved(step) - moved(-step)) / (2.0 * step);
                let error =
                    (&difference.column(0) - &exact.column(column)).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
                assert!(error <= 1e-7, "{}: parameter {index}, entry {p}: {error}", net.name());
                column += 1;
            }
        }
        assert_eq!(column, exact.ncols(), "{}", net.name());
        assert_eq!(column, net.clone().input(3).parameters().unwrap());
    }
}

#[test]
fn tangent_gram_equals_the_jacobian_contraction() {
    let (x, other) = (points(9, 1), points(6, 2));
    for net in cases() {
        let network = network_of(&net);
        let (j, j_other) = (network.jacobian(&x).unwrap(), network.jacobian(&other).unwrap());
        let kernels = network.kernel(&x).unwrap();
        let between = network.kernel_between(&x, &other).unwrap();
        for (name, got, expected) in
            [("own", kernels.ntk().values(), j.dot(&j.t())), ("between", between.ntk().values(), j.dot(&j_other.t()))]
        {
            let error = largest(&(got - &expected)) / largest(&expected);
            assert!(error <= 1e-12, "{} ({name}): {error}", net.name());
        }
        let asymmetry = largest(&(kernels.ntk().values() - &kernels.ntk().values().t()));
        assert!(asymmetry == 0.0, "{}", net.name());
        let eigen = SymmetricEigen::new(kernels.ntk().values()).unwrap();
        assert!(eigen.smallest() >= -10.0 * eigen.noise(), "{}: {}", net.name(), eigen.smallest());
    }
}

#[test]
fn wide_networks_are_streamed_without_changing_the_kernel() {
    // Widths beyond one slice, sample counts beyond one block.
    let x = points(131, 3);
    for net in [mlp(1), pnn(3), ccp(3)] {
        let network = net.input(3).width(1100).init(Seed(2)).unwrap();
        let j = network.jacobian(&x).unwrap();
        let expected = j.dot(&j.t());
        let error = largest(&(network.kernel(&x).unwrap().ntk().values() - &expected)) / largest(&expected);
        assert!(error <= 1e-12, "{}: {error}", network.net().name());
    }
}

#[test]
fn a_step_of_training_follows_the_jacobian() {
    let x = points(140, 4);
    let y = Array1::from_shape_fn(140, |i| x[[i, 0]] * x[[i, 1]]);
    for net in cases().into_iter().chain([ccp(3).width(1100)]) {
        let before = net.clone().input(3).init(Seed(5)).unwrap();
        let mut after = before.clone();
        let rate = 1e-3;
        FullBatch::new(rate, 1).train(&mut after, &x, &y).unwrap();
        let residual = &y - &before.outputs(&x).unwrap().column(0);
        let expected = before.jacobian(&x).unwrap().t().dot(&residual) * (2.0 / 140.0 * rate);
        let flat = |network: &Network| -> Vector {
            network.parameters().iter().flat_map(|p| p.values.iter().copied().collect::<Vec<_>>()).collect()
        };
        let step = flat(&after) - flat(&before);
        let error = (&step - &expected).iter().fold(0.0, |m: f64, e| m.max(e.abs()));
        assert!(error <= 1e-13, "{}: {error}", net.name());
    }
}

#[test]
fn same_seed_same_bits_on_one_thread_and_on_two() {
    let x = points(300, 6);
    let y = Array1::from_shape_fn(300, |i| x[[i, 0]]);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let net = ccp(3).input(3).width(1100);
            let mut network = net.init(Seed(9)).unwrap();
            let finite = network.kernel(&x).unwrap();
            let limit = net.limit_kernel(&x).unwrap();
            let history = FullBatch::new(1e-3, 3).train(&mut network, &x, &y).unwrap();
            let eigen = SymmetricEigen::new(limit.ntk().values()).unwrap();
            (finite, limit, history, network, eigen.values, eigen.vectors)
        })
    };
    assert!(run(1) == run(2));
    assert!(ccp(2).input(3).width(8).init(Seed(1)).unwrap() != ccp(2).input(3).width(8).init(Seed(2)).unwrap());
}

#[test]
fn limit_rules_equal_monte_carlo() {
    let x = ndarray::array![[1.0, 0.2, -0.3], [0.4, -0.9, 0.5], [-0.1, 0.8, 1.1]];
    let act = |activation: Layer| serial([Dense::hidden().plain_gain(0.8).bias(0.3).into(), activation]);
    let deep = |activation: Layer| serial([hidden(), activation]);
    let nets = [
        network("tanh", serial([act(tanh()), dense(1)])),
        network("erf, two layers", serial([act(erf()), Dense::hidden().bias(0.2).into(), erf(), dense(1)])),
        network("gated", serial([hadamard([act(identity()), act(tanh())]), dense(1)])),
        network(
            "residual",
            serial([act(relu()), hidden(), sum([identity(), deep(relu())]), hidden(), relu(), dense(1)]),
        ),
        network("sum with means", serial([sum([act(relu()), act(relu()), act(tanh())]), dense(1)])),
        network("skip with means", serial([hadamard_skip([act(relu()), act(erf()), act(relu())]), dense(1)])),
        network(
            "product after a layer",
            serial([act(tanh()), hidden(), hadamard([identity(), deep(tanh())]), dense(1)]),
        ),
    ];
    for net in nets {
        let width = 1024;
        let mc = net.clone().width(width).monte_carlo_kernel(&x, 60, Seed(11)).unwrap();
        let exact = net.limit_kernel(&x).unwrap();
        let z = largest(&mc.z_scores(&exact).unwrap());
        assert!(z <= 4.5, "{}: z = {z}", net.name());
        // The standard error is small, so that the z-score has the power to see a missing term.
        let error = mc.standard_error();
        for (error, exact) in [(error.ntk(), exact.ntk()), (error.nngp(), exact.nngp())] {
            let share = largest(error.values()) / largest(exact.values());
            assert!(share <= 0.02, "{}: {share}", net.name());
        }
        let nngp = largest(&((mc.mean().nngp().values() - exact.nngp().values()) / error.nngp().values()));
        assert!(nngp <= 4.5, "{}: NNGP z = {nngp}", net.name());
    }
}

#[test]
fn limit_kernel_between_sets_is_a_block_of_the_whole() {
    let (x1, x2) = (points(40, 1), points(23, 2));
    let both = ndarray::concatenate(Axis(0), &[x1.view(), x2.view()]).unwrap();
    for net in [mlp(2), pnn(3), ccp(3), network("tanh", serial([hidden(), tanh(), dense(1)]))] {
        let whole = net.limit_kernel(&both).unwrap();
        let between = net.limit_kernel_between(&x1, &x2).unwrap();
        let block = whole.ntk().values().slice(s![..40, 40..]).to_owned();
        let error = largest(&(between.ntk().values() - &block)) / largest(&block);
        assert!(error <= 1e-13, "{}: {error}", net.name());
    }
}

#[test]
fn trees_print_names_sizes_and_parameter_counts() {
    let text = ccp(3).input(10).width(4).to_string();
    assert!(text.contains("124 parameters") && text.contains("3 × serial") && text.contains("ReLU"), "{text}");
    assert_eq!(ccp(3).layer().slot_count(), 4);
}
