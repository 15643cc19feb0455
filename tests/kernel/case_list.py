"""The cases of `tests.kernel.cases`: what people who do this work met in tools of this kind, as small inputs with right answers."""

from .cases import Case

PAIR = """let pair = |q: f64, r: f64| -> Result<(f64, f64)> {
        let net = network("one layer", serial([hidden(), ACTIVATION, dense(1)]));
        let (a, b) = ((2.0 * q).sqrt(), (1.0 - r * r).sqrt());
        let k = net.limit_kernel(&array![[a, 0.0], [a * r, a * b]])?;
        let (nngp, ntk) = (k.nngp().values()[[0, 1]], k.ntk().values()[[0, 1]]);
        Ok((nngp, (ntk - nngp) / (q * r)))
    };"""

NUMBERS = [
    Case(
        "one feature: NNGP and NTK of a ReLU net on a line (closed form)",
        [
            "let p = array![[1.0], [-2.0], [0.5]];",
            'let k = network("relu", serial([hidden(), relu(), dense(1)])).limit_kernel(&p)?;',
            'println!("= {:?} = {:?}", k.nngp().values().as_slice().unwrap(), k.ntk().values().as_slice().unwrap())',
        ],
        [0.5, 0, 0.25, 0, 2, 0, 0.25, 0, 0.125, 1, 0, 0.5, 0, 4, 0, 0.5, 0, 0.25],
        1e-12,
    ),
    Case(
        "one feature, between two sets: erf, arcsine formula (Williams 1997)",
        [
            "let p = array![[-6.0], [1.0], [2.0]];",
            'let k = network("one", serial([hidden(), erf(), dense(1)])).limit_kernel_between(&p, &p)?;',
            'println!("= {:?}", k.nngp().values().row(0).to_vec())',
        ],
        # (2/π) asin(2 x x' / √((1 + 2x²)(1 + 2x'²)))
        [0.8945052832254976, -0.6020274928395158, -0.7715994975601839],
        1e-12,
    ),
    Case(
        "three outputs: the largest stable rate counts points, not rows (n / λ_max = 4)",
        [
            "let x = Array2::<f64>::eye(4) * 2.0;",
            'let net = network("linear", dense(3)).input(4).init(Seed(0))?;',
            "let k = net.kernel(&x)?;",
            "let y = Array2::<f64>::ones((4, 3));",
            'println!("= {}", k.ntk().regression(&y)?.max_learning_rate())',
        ],
        [4.0],
        1e-12,
    ),
    Case(
        "three outputs: training at 0.4 of the largest stable rate goes as gradient descent says",
        [
            "let x = sphere(10, 5, Seed(0))?;",
            "let y = Array2::from_shape_fn((10, 3), |(i, o)| ((i + 2 * o) as f64).sin());",
            'let mut net = network("linear", dense(3)).input(5).init(Seed(1))?;',
            "let regression = net.kernel(&x)?.ntk().regression(&y)?.from_outputs(&net.outputs(&x)?)?;",
            "let rate = 0.4 * regression.max_learning_rate();",
            "let said = regression.gradient_descent(LearningRate::Fixed(rate))?.residuals(&[20.0])?;",
            "Minibatch::new(Sgd::new(rate), 20).batch(10).train(&mut net, &x, &y)?;",
            "let error = (&(&y - &net.outputs(&x)?) - &said.index_axis(Axis(0), 0)).iter().fold(0.0, |m: f64, e| m.max(e.abs()));",
            'println!("= {}", if error <= 1e-12 { 0.0 } else { error })',
        ],
        [0],
        0.5,
    ),
    Case(
        "a folder of tiles knows the parametrisation",
        [
            "let x = sphere(6, 3, Seed(0))?;",
            'mlp(2).width(64).tiled_limit_kernel(&x, "{folder}/tiles").quiet().run()?;',
            'mlp(2).width(64).parametrisation(Parametrisation::Standard).tiled_limit_kernel(&x, "{folder}/tiles").quiet().run()?;',
        ],
        words=["parametrisation"],
        refused=True,
    ),
    Case(
        "two functions of one name are two functions",
        [
            "let x = sphere(6, 3, Seed(0))?;",
            'let net = |f: fn(f64) -> f64, slope: fn(f64) -> f64| network("n", serial([hidden(), elementwise("u", f, slope), dense(1)])).width(8).input(3);'
            ' net(|u| u, |_| 1.0).init(Seed(0))?.tiled_kernel(&x, "{folder}/tiles").quiet().run()?;'
            ' net(|u| u.min(5.0), |u| if u < 5.0 { 1.0 } else { 0.0 }).init(Seed(0))?.tiled_kernel(&x, "{folder}/tiles").quiet().run()?;',
        ],
        words=["tiles", "another"],
        refused=True,
    ),
    Case(
        "z-scores of what does not vary are 0",
        [
            'let sampled = network("linear", dense(1)).input(3).monte_carlo_kernel(&sphere(4, 3, Seed(0))?, 8, Seed(1))?;',
            'let limit = network("linear", dense(1)).limit_kernel(&sphere(4, 3, Seed(0))?)?;',
            'println!("= {:?}", sampled.z_scores(&limit)?.iter().copied().collect::<Vec<f64>>())',
        ],
        [0.0] * 16,
    ),
    Case(
        "a kernel in single precision is regressed",
        [
            "let x = Array2::from_shape_fn((200, 1), |(i, _)| -1.0 + 2.0 * i as f64 / 199.0);",
            "let y = x.column(0).mapv(|x| (3.0 * x).sin());",
            "let layer = || -> Layer { Dense::new(512).bias(0.5).into() };"
            ' let net = network("tanh", serial([layer(), tanh(), layer(), tanh(), Dense::new(1).bias(0.5).into()])).input(1).init(Seed(0))?;'
            " let times = [1.0, 100.0, 1e4];"
            " let double = net.kernel(&x)?.ntk().regression(&y)?.gradient_flow().residuals(&times)?;"
            " let single = net.cast::<f32>().kernel(&x)?.ntk().regression(&y)?.gradient_flow().residuals(&times)?;"
            " let worst: Vec<f64> = (&double - &single).rows().into_iter().map(|row| row.iter().fold(0.0, |m: f64, e| m.max(e.abs()))).collect();"
            ' assert!(worst[0] <= 1e-6 && worst[1] <= 5e-6 && worst[2] <= 5e-5, "{worst:?}"); println!("= {}", worst.len());',
        ],
        [3],
    ),
    Case(
        "points close in direction: Θ11 - Θ12 of mlp(1) at 1e-6, 1e-7, 5e-8 (θ/π)",
        [
            'let gap = |angle: f64| -> Result<f64> { let k = mlp(1).limit_kernel(&array![[1.0, 0.0], [angle.cos(), angle.sin()]])?; let k = k.ntk().values(); Ok(k[[0, 0]] - k[[0, 1]]) };'
            ' println!("= {:e} = {:e} = {:e}", gap(1e-6)?, gap(1e-7)?, gap(5e-8)?);',
        ],
        [3.183108862e-7, 3.183099862e-8, 1.591549681e-8],
        1e-7,
    ),
    Case(
        "points close in direction are told apart by solve",
        [
            "let angle = 5e-8_f64;",
            "let k = mlp(1).limit_kernel(&array![[1.0, 0.0], [angle.cos(), angle.sin()]])?;",
            "let a = k.ntk().regression(&array![1.0, -1.0])?.solve()?;",
            # Θ⁻¹ (1, -1) = (1, -1) / λ_min.
            'println!("= {:e}", a[0])',
        ],
        [6.283185e7],
        1e-6,
    ),
    Case(
        "tanh at variances 9 and 325 (quadrature)",
        [
            PAIR.replace("ACTIVATION", "tanh()")
            + ' println!("= {:?} = {:?} = {:?} = {:?}", pair(9.0, 0.5)?, pair(9.0, -0.9)?, pair(325.0, 0.5)?, pair(325.0, 0.99)?);',
        ],
        [0.3036622224, 0.0731411634, -0.6202541545, 0.1166439434, 0.33240669, 0.00225427, 0.89934281, 0.01243243],
        2e-6,
    ),
    Case(
        "a 1-D grid on [-3, 3] through two tanh layers: a positive definite kernel",
        [
            "let x = Array2::from_shape_fn((30, 1), |(i, _)| -3.0 + 6.0 * i as f64 / 29.0);",
            'let net = network("tanh", serial([Dense::hidden().bias(0.3).into(), tanh(), Dense::hidden().bias(0.3).into(), tanh(), dense(1)]));',
            "let k = net.limit_kernel(&x)?;",
            'println!("= {}", k.ntk().regression(&x.column(0).to_owned())?.condition().rank.min(1))',
        ],
        [1],
    ),
]

READERS = [
    Case(
        "a table without a line of names loses no row",
        ['let table = read_csv("{folder}/no_header.csv");', 'println!("= {}", match &table { Ok(t) => t.values()?.nrows(), Err(e) => { println!("{e}"); 4 } })'],
        [4],
    ),
    Case(
        "bare carriage returns end lines",
        ['let table = read_csv("{folder}/mac.csv")?;', 'println!("= {} = {}", table.values()?.nrows(), table.values()?.ncols())'],
        [4, 2],
    ),
    Case(
        "quoted numbers",
        ['let table = read_csv("{folder}/quoted.csv")?;', 'println!("= {} = {}", table.values()?.nrows(), table.values()?.sum())'],
        [2, 0.5],
    ),
    Case(
        "semicolons and decimal commas",
        ['let table = read_csv("{folder}/european.csv")?;', 'println!("= {} = {}", table.values()?[[1, 0]], table.values()?[[1, 1]])'],
        [0.5, -1.0],
    ),
    Case("a # before the names", ['let table = read_csv("{folder}/hash_header.csv")?;', 'println!("= {}", table.values()?.nrows())'], [4]),
    Case(
        "a strided convolution with padding, trained in PyTorch",
        [
            'let net = network("strided", serial([Conv::new(1, 3).stride(2, 2).padding(1, 1).into(), flatten(), dense(1)])).image(4, 4, 1).parametrisation(Parametrisation::Standard);',
            'let net = net.read_named("{folder}/strided.safetensors", &["0.weight", "2.weight"], Layout::PyTorch)?;',
            "let x = Array2::from_shape_fn((1, 16), |(_, i)| i as f64);",
            'println!("= {} = {}", net.outputs(&x)?[[0, 0]], net.kernel(&x)?.ntk().values()[[0, 0]])',
        ],
        [696.0, 301710.5],
        1e-12,
    ),
    Case(
        "weights in half precision",
        [
            'let net = network("half", serial([Dense::new(3).bias(1.0).into(), relu(), Dense::new(1).bias(1.0).into()])).input(2).parametrisation(Parametrisation::Standard);',
            'let net = net.read_named("{folder}/mixed_precision.safetensors", &["0.weight", "0.bias", "2.weight", "2.bias"], Layout::PyTorch)?;',
            'println!("= {:?}", net.outputs(&array![[1.0, 1.0], [2.0, -1.0]])?.iter().collect::<Vec<_>>())',
        ],
        [0.875, 8.625],
        1e-12,
    ),
    Case(
        "a tied layer is explained",
        [
            'network("tied", serial([dense(2), relu(), dense(2)])).input(2).parametrisation(Parametrisation::Standard).read_named("{folder}/mixed_precision.safetensors", &["0.weight", "0.weight"], Layout::PyTorch)?;',
        ],
        words=["tied"],
        refused=True,
    ),
]

SESSION = [
    Case("reading standard input answers", ["let mut s = String::new(); let n = std::io::stdin().read_line(&mut s);", 'println!("= {}", s.len())'], [0], refused=False),
    Case(
        "types of a `let`: columns, iterators, sums",
        [
            'let runs = df!("loss" => [0.5, 0.25, 0.125], "right" => [true, false, true])?;',
            'let losses = runs.column("loss")?.f64()?.into_no_null_iter().collect::<Vec<f64>>();',
            'let right = runs.column("right")?.bool()?.sum();',
            'println!("= {} = {}", losses.len(), right.unwrap())',
        ],
        [3, 2],
    ),
    Case(
        "a crate that needs num-traits, num-complex and ndarray; an array passes between it and ours",
        [
            ':dep ndarray-npy = "0.10"',
            ':dep rustfft = "6"',
            'let x = sphere(8, 3, Seed(0))?; let file = "{folder}/x.npy"; ndarray_npy::write_npy(file, &x)?; let back: Matrix = ndarray_npy::read_npy(file)?;',
            "let mut wave: Vec<rustfft::num_complex::Complex<f64>> = (0..8).map(|i| rustfft::num_complex::Complex::new(if i % 2 == 0 { 1.0 } else { -1.0 }, 0.0)).collect();"
            ' rustfft::FftPlanner::new().plan_fft_forward(8).process(&mut wave); println!("= {} = {}", (&back - &x).sum(), wave[4].re)',
        ],
        [0, 8],
        seconds=600.0,
    ),
    Case(
        "polars with its verbs: lazy, a group-by with means, a join",
        [
            'let runs = df!("network" => ["a", "a", "b"], "loss" => [1.0, 2.0, 4.0])?; let depth = df!("network" => ["a", "b"], "depth" => [1, 2])?;',
            'let mean = runs.lazy().group_by([col("network")]).agg([col("loss").mean().alias("mean")]).join(depth.lazy(), [col("network")], [col("network")], JoinArgs::new(JoinType::Inner)).sort(["mean"], Default::default()).collect()?;',
            'println!("= {:?} = {:?}", mean.column("mean")?.f64()?.get(0).unwrap(), mean.column("depth")?.i32()?.get(1).unwrap())',
        ],
        [1.5, 2],
    ),
    Case(
        "a wide frame is cut",
        [
            "let columns: Vec<polars::prelude::Column> = (0..3000).map(|j| { use polars::prelude::*; Column::new(format!(\"c{j}\").into(), vec![j as f64; 60]) }).collect();",
            "let wide = DataFrame::new(60, columns)?;",
            "wide",
        ],
        words=["2,940 more columns", "60 rows"],
        without=["c1500<"],
    ),
    Case(
        "memory that is not there",
        [
            "let x = sphere(4000, 3, Seed(0))?; let y = x.column(0).to_owned(); let kernels = mlp(1).limit_kernel(&x)?;",
            """{
                let status = std::fs::read_to_string("/proc/self/status").unwrap();
                let used: u64 = status.lines().find(|l| l.starts_with("VmSize")).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
                let limit = format!("--as={}", used * 1024 + (200 << 20));
                std::process::Command::new("prlimit").args(["--pid", &std::process::id().to_string(), &limit]).status().unwrap();
            }""",
            "let regression = kernels.ntk().regression(&y)?;",
        ],
        words=["GiB of memory"],
        refused=True,
    ),
]

CASES = [*NUMBERS, *READERS, *SESSION]
