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
    let stopped = run().at_most(2).run();
    assert!(matches!(stopped, Err(Error::Store { .. })));
    assert_eq!(resumed.tile_files().len(), 2);
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
    // Other points, another network, the other kernel.
    let other = mlp(1).width(20).input(5).init(Seed(1)).unwrap();
    for refused in [
        network.tiled_kernel(&(&x * 2.0), &folder.0).quiet().run(),
        other.tiled_kernel(&x, &folder.0).quiet().run(),
        network.tiled_kernel(&x, &folder.0).nngp().quiet().run(),
    ] {
        let message = refused.map(|_| ()).unwrap_err().to_string();
        assert!(message.contains("choose another folder"), "{message}");
    }
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

#[test]
fn a_function_of_ones_own_is_resumed_in_another_process() {
    // The fingerprint must not hold what changes from process to process, such as the address of a function.
    let layer = elementwise("sine", f64::sin, f64::cos);
    assert!(!format!("{layer:?}").contains("0x"), "{layer:?}");
}
