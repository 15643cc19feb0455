//! Kernels computed tile by tile into a folder: the values, the budget, resuming, and folders that cannot be used.

use hadamard::prelude::*;
use std::path::PathBuf;

/// A folder of its own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hadamard-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn tile_files(&self) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(self.0.join("tiles")).unwrap().map(|e| e.unwrap());
        let mut files: Vec<_> =
            entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap())).collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn points(n: usize) -> Matrix {
    sphere(n, 5, Seed(1)).unwrap() * 1.5
}

fn relative(got: &Matrix, expected: &Matrix) -> f64 {
    let largest = |a: &Matrix| a.iter().fold(0.0, |m: f64, v| if v.is_nan() { f64::NAN } else { m.max(v.abs()) });
    assert_eq!(got.dim(), expected.dim());
    largest(&(got - expected)) / largest(expected)
}

fn nets() -> Vec<Network> {
    let two = network("two outputs", serial([dense(9), tanh(), dense(2)])).input(5);
    let image = network("image", serial([conv(3, 2), relu(), global_average_pool(), dense(1)])).image(1, 5, 1);
    let streamed = ccp(3).width(1100).input(5);
    [two, image, mlp(2).width(20).input(5), streamed].map(|net| net.init(Seed(2)).unwrap()).into()
}

/// A budget so small that there are several tiles.
fn tight(run: TiledRun<'_>) -> TiledRun<'_> {
    let plan = run.plan().unwrap();
    assert_eq!(plan.tiles, 1);
    (1..)
        .map(|k| Budget(plan.memory_bytes * (40 - k) / 40))
        .find(|b| b.0 < plan.memory_bytes / 2)
        .map_or_else(|| unreachable!(), |budget| run.budget(budget))
}

#[test]
fn tiles_make_up_the_kernel() {
    let x = points(230);
    for network in nets() {
        let expected = network.kernel(&x).unwrap();
        for (nngp, expected) in [(false, expected.ntk()), (true, expected.nngp())] {
            let folder = Folder::new("whole");
            let run = tight(network.tiled_kernel(&x, &folder.0)).quiet();
            let kernel = if nngp { run.nngp().run() } else { run.run() }.unwrap();
            assert!(kernel.tile_size() < 230, "{}", network.net().name());
            let loaded = kernel.load(Budget::gib(1.0)).unwrap();
            let error = relative(loaded.values(), expected.values());
            assert!(error <= 1e-12, "{}: {error:e}", network.net().name());
            assert!(loaded.is_symmetric() && loaded.outputs() == network.outputs_count());
            let v = Array2::from_shape_fn((kernel.dim(), 3), |(i, j)| ((i * 7 + j * 3) % 11) as f64 - 5.0);
            let error = relative(&kernel.apply(&v).unwrap(), &expected.values().dot(&v));
            assert!(error <= 1e-12, "{}: {error:e}", network.net().name());
            let above = kernel.tile(0, 1).unwrap();
            let size = kernel.tile_size() * kernel.outputs();
            let block = expected.values().slice(s![..size, size..size + above.ncols()]).to_owned();
            assert!(relative(&above, &block) <= 1e-11);
        }
    }
}

#[test]
fn limit_kernels_too() {
    let x = points(300);
    let net = network("limit", serial([hidden(), tanh(), dense(1)]));
    let folder = Folder::new("limit");
    let kernel = tight(net.tiled_limit_kernel(&x, &folder.0)).quiet().run().unwrap();
    let error = relative(kernel.load(Budget::gib(1.0)).unwrap().values(), net.limit_kernel(&x).unwrap().ntk().values());
    assert!(error <= 1e-13, "{error:e}");
}

#[test]
fn a_run_goes_on_where_it_stopped_with_the_same_bits() {
    let x = points(230);
    let network = &nets()[2];
    let (whole, resumed) = (Folder::new("at-once"), Folder::new("resumed"));
    tight(network.tiled_kernel(&x, &whole.0)).quiet().run().unwrap();
    let run = || tight(network.tiled_kernel(&x, &resumed.0)).quiet();
    let status = run().at_most(2).run().unwrap();
    assert!(status.kernel.is_none() && status.done == 2 && status.total > 2);
    assert_eq!(status.to_string(), format!("2 of {} tiles", status.total));
    assert_eq!(resumed.tile_files().len(), 2);
    assert!(matches!(TiledKernel::open(&resumed.0), Err(Error::Store { .. })));
    // What a kill leaves behind: a part of a tile, and here a tile cut short.
    let (name, bytes) = resumed.tile_files().remove(0);
    std::fs::write(resumed.0.join("tiles").join(&name), &bytes[..bytes.len() / 2]).unwrap();
    std::fs::write(resumed.0.join("tiles/00007-00003.npy.1.0.partial"), b"half").unwrap();
    let untouched = resumed.tile_files()[1].0.clone();
    let written = |name: &str| std::fs::metadata(resumed.0.join("tiles").join(name)).unwrap().modified().unwrap();
    let before = written(&untouched);
    // A folder keeps the tile size that it was begun with, whatever the budget.
    network.tiled_kernel(&x, &resumed.0).quiet().run().unwrap();
    assert_eq!(written(&untouched), before);
    assert!(whole.tile_files() == resumed.tile_files());
    // Nothing is left to do: the kernel is there, and a status says so.
    let status = network.tiled_kernel(&x, &resumed.0).quiet().at_most(0).run().unwrap();
    assert_eq!((status.done, status.total), (whole.tile_files().len(), whole.tile_files().len()));
    assert_eq!(status.kernel.map(|kernel| kernel.points()), Some(230));
}

#[test]
fn plans_are_kept_to_and_refuse_what_does_not_fit() {
    let x = points(400);
    let network = mlp(3).width(60).input(5).init(Seed(0)).unwrap();
    let folder = Folder::new("plan");
    let run = network.tiled_kernel(&x, &folder.0);
    let plan = run.plan().unwrap();
    assert_eq!((plan.points, plan.outputs, plan.tile, plan.tiles), (400, 1, 400, 1));
    assert!(plan.seconds > 0.0 && plan.disk_bytes >= 8 * 400 * 400);
    assert!(plan.to_string().contains("400 × 400 kernel in 1 tiles"), "{plan}");
    assert!(!folder.0.exists(), "a plan leaves nothing behind");
    let small = run.budget(Budget(1000)).run();
    let Err(Error::Budget { needed, budget: 1000, .. }) = small else { panic!("{:?}", small.err()) };
    assert!(needed > 1000);
    assert!(!folder.0.exists(), "a refused run leaves nothing behind");
    let kernel = network.tiled_kernel(&x, &folder.0).quiet().run().unwrap();
    assert!(matches!(kernel.load(Budget(1000)), Err(Error::Budget { needed: 1_280_000, .. })));
    assert!(matches!(kernel.tile(1, 0), Err(Error::Range { value: 1.0, .. })));
    assert!(matches!(kernel.apply(&Array2::ones((3, 1))), Err(Error::Size { expected: 400, got: 3, .. })));
}

#[test]
fn folders_that_cannot_be_used_are_refused() {
    let x = points(50);
    let network = mlp(1).width(20).input(5).init(Seed(0)).unwrap();
    let folder = Folder::new("refused");
    assert!(matches!(TiledKernel::open(&folder.0), Err(Error::Store { .. })));
    network.tiled_kernel(&x, &folder.0).quiet().run().unwrap();
    assert!(TiledKernel::open(&folder.0).is_ok());
    std::fs::remove_file(folder.0.join("tiles/00000-00000.npy")).unwrap();
    assert!(matches!(TiledKernel::open(&folder.0), Err(Error::Store { .. })));
    for manifest in ["", "{}", "[1, 2", "{\"format\": \"other\"}"] {
        std::fs::write(folder.0.join("manifest.json"), manifest).unwrap();
        assert!(matches!(TiledKernel::open(&folder.0), Err(Error::Store { .. })), "{manifest}");
    }
    // 128 TiB of tiles; the points are all the same, which is no matter here.
    let many = Array2::<f64>::ones((6_000_000, 1));
    let huge = Folder::new("huge");
    let refused = network_of_one().tiled_limit_kernel(&many, &huge.0).run();
    let Err(Error::Disk { needed, available, .. }) = refused else { panic!("{:?}", refused.err()) };
    assert!(needed > available && needed > 100 << 40 && !huge.0.exists());
    let bad = Array2::from_elem((3, 5), f64::NAN);
    let nowhere = Folder::new("bad-input");
    assert!(matches!(network.tiled_kernel(&bad, &nowhere.0).run(), Err(Error::NotFinite { .. })));
    assert!(!nowhere.0.exists());
}

fn network_of_one() -> Net {
    network("one", serial([hidden(), relu(), dense(1)]))
}

/// What a run of a folder says when it is refused; the folder stays as it was.
fn refusal(folder: &Folder, run: impl Fn() -> Result<TiledKernel>) -> String {
    let before = folder.tile_files();
    let message = run().map(|_| ()).expect_err("it must be refused").to_string();
    assert!(message.ends_with("choose another folder or delete this one"), "{message}");
    assert!(folder.tile_files() == before);
    message
}

fn tower(sigma: f64, bias: f64, activation: Layer) -> Net {
    network("tower", serial([Dense::hidden().sigma_w(sigma).bias(bias).into(), activation, Dense::new(1).into()]))
}

#[test]
fn a_limit_kernel_with_any_ingredient_changed_is_refused_and_told_which() {
    let x = points(40);
    let ramp = || Elementwise::new("u", |u| u, |_| 1.0).tolerance(0.5).into();
    let cut = || Elementwise::new("u", |u: f64| u.min(5.0), |u| if u < 5.0 { 1.0 } else { 0.0 }).tolerance(0.5).into();
    let net = || tower(1.5, 0.5, ramp()).width(64).input(5);
    let folder = Folder::new("ingredients");
    let run = |net: Net, x: &Matrix| net.tiled_limit_kernel(x, &folder.0).quiet().run();
    let first = run(net(), &x).unwrap().load(Budget::gib(1.0)).unwrap();
    let standard = || net().parametrisation(Parametrisation::Standard);
    let mut other_last = x.clone();
    other_last[[39, 4]] = f64::from_bits(other_last[[39, 4]].to_bits() + 1);
    let next = |value: f64| f64::from_bits(value.to_bits() + 1);
    for (net, x, words) in [
        (standard(), &x, "the parametrisation is NTK there and standard here"),
        (net().parametrisation(Parametrisation::MuP), &x, "the parametrisation is NTK there and maximal update here"),
        (tower(next(1.5), 0.5, ramp()).input(5), &x, "the layers differ"),
        (tower(1.5, next(0.5), ramp()).input(5), &x, "the layers differ"),
        (tower(1.5, 0.5, cut()).input(5), &x, "the layers differ"),
        (tower(1.5, 0.5, relu()).input(5), &x, "the layers differ"),
        (net(), &other_last, "the points differ"),
        (net(), &x.slice(s![..39, ..]).to_owned(), "the number of points is 40 there and 39 here"),
    ] {
        let message = refusal(&folder, || run(net.clone(), x));
        assert!(
            message.contains(&format!("it holds another kernel: {words}")) || message.contains(&format!("; {words}")),
            "{message}"
        );
    }
    let nngp = refusal(&folder, || net().tiled_limit_kernel(&x, &folder.0).nngp().quiet().run());
    assert!(nngp.contains("the kernel is ntk there and nngp here"), "{nngp}");
    let network = net().init(Seed(0)).unwrap();
    let finite = refusal(&folder, || network.tiled_kernel(&x, &folder.0).quiet().run());
    assert!(finite.contains("the route is limit within 5e-1 there and finite here"), "{finite}");
    // The name, and without a share in the kernel the width, do not count.
    for same in [net(), net().named("another name"), net().width(65), tower(1.5, 0.5, ramp())] {
        assert_eq!(run(same, &x).unwrap().load(Budget::gib(1.0)).unwrap(), first);
    }
}

#[test]
fn the_width_counts_where_it_has_a_share_in_the_limit() {
    let x = points(30);
    let branch = |layer| serial([layer, relu()]);
    let wide = network("concat", serial([concat([branch(hidden()), branch(dense(5))]), dense(1)])).input(5);
    let images = network("images", serial([conv(3, 2), relu(), flatten(), dense(1)])).image(1, 5, 1);
    let standard = tower(1.0, 0.5, relu()).input(5).parametrisation(Parametrisation::Standard);
    for (index, (one, other, words)) in [
        (standard.clone().width(64), standard.width(65), "the width is 64 there and 65 here"),
        (wide.clone().width(64), wide.width(65), "the width is 64 there and 65 here"),
        (images.clone(), images.image(5, 1, 1), "the input shape is [1, 5, 1] there and [5, 1, 1] here"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = Folder::new(&format!("wide-{index}"));
        let run = |net: &Net| net.tiled_limit_kernel(&x, &folder.0).quiet().run();
        run(&one).unwrap();
        let message = refusal(&folder, || run(&other));
        assert!(message.contains(words), "{message}");
        run(&one).unwrap();
    }
}

#[test]
fn a_finite_kernel_with_any_ingredient_changed_is_refused_and_told_which() {
    let x = points(40);
    let net = |activation, outputs: usize| {
        network("finite", serial([dense(7), activation, dense(outputs)])).input(5).width(3)
    };
    let network = net(tanh(), 2).init(Seed(0)).unwrap();
    let folder = Folder::new("finite-ingredients");
    network.tiled_kernel(&x, &folder.0).quiet().run().unwrap();
    let with_values = |net: Net, from: &Network| {
        let mut other = net.init(Seed(0)).unwrap();
        for (to, from) in other.parameters_mut().iter_mut().zip(from.parameters()) {
            to.values = from.values.clone();
        }
        other
    };
    let standard = with_values(net(tanh(), 2).parametrisation(Parametrisation::Standard), &network);
    let other_function = with_values(net(elementwise("tanh", f64::tanh, |u: f64| 1.0 - u.tanh().powi(2)), 2), &network);
    let mut moved = network.clone();
    moved.parameters_mut()[1].values[[6, 1]] *= 1.0 + f64::EPSILON;
    let one_output = net(tanh(), 1).init(Seed(0)).unwrap();
    let refused = |other: &Network| refusal(&folder, || other.tiled_kernel(&x, &folder.0).quiet().run());
    for (other, words) in [
        (&standard, "the parametrisation is NTK there and standard here"),
        (&other_function, "the layers differ"),
        (&moved, "the parameters differ"),
        (&one_output, "the number of outputs is 2 there and 1 here"),
    ] {
        let message = refused(other);
        assert!(message.contains(words), "{message}");
    }
    let single = refusal(&folder, || network.cast::<f32>().tiled_kernel(&x, &folder.0).quiet().run());
    assert!(single.contains("the number of bits of a parameter is 64 there and 32 here"), "{single}");
    let renamed = with_values(net(tanh(), 2).named("another"), &network);
    renamed.tiled_kernel(&x, &folder.0).quiet().run().unwrap();
    // In another order in memory the points are the same.
    let turned = x.t().as_standard_layout().into_owned().reversed_axes();
    network.tiled_kernel(&turned, &folder.0).quiet().run().unwrap();
}

#[test]
fn folders_of_older_versions_and_changed_manifests_are_refused() {
    let x = points(40);
    let net = mlp(1).input(5);
    let folder = Folder::new("versions");
    let run = || net.tiled_limit_kernel(&x, &folder.0).quiet().run();
    run().unwrap();
    let path = folder.0.join("manifest.json");
    let whole = std::fs::read_to_string(&path).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(whole.contains(from), "{whole}");
        std::fs::write(&path, whole.replace(from, to)).unwrap();
        refusal(&folder, run)
    };
    let older = changed("\"version\": 2", "\"version\": 1");
    assert!(older.contains("an older version of hadamard wrote it (format hadamard-gram 1, here 2)"), "{older}");
    let newer = changed("\"version\": 2", "\"version\": 3");
    assert!(newer.contains("a newer version of hadamard wrote it"), "{newer}");
    let crate_version = format!("\"version of hadamard\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let other = changed(&crate_version, "\"version of hadamard\": \"0.0.1\"");
    assert!(other.contains("the version of hadamard is 0.0.1 there and"), "{other}");
    let tile = changed("\"number of points of a tile\": \"40\"", "\"number of points of a tile\": \"20\"");
    assert!(tile.contains("the number of points of a tile is 20 there and 40 here"), "{tile}");
    std::fs::write(&path, &whole).unwrap();
    run().unwrap();
}
