//! Damaged files of a checkpoint are named; taking them away mends the folder.

use super::{Folder, Problem, bits, descent, reason, recorded};
use hadamard::prelude::*;
use ndarray_npy::{NpzReader, NpzWriter};
use std::fs::{self, File};
use std::path::Path;

/// A folder with a run that was stopped after a step.
fn begun(test: &str, problem: &Problem) -> (Folder, Trainer) {
    let folder = Folder::new(test);
    let training = recorded(0.02, 8, 2).checkpoint(&folder.0);
    folder.stop();
    assert!(matches!(problem.train(&training), Err(Error::Stopped { done: 1, .. })));
    (folder, training)
}

#[test]
fn a_damaged_state_is_named_and_left_alone() {
    let problem = Problem::new(9, 12);
    let (expected, expected_history) = problem.train(&recorded(0.02, 8, 2)).unwrap();
    let (folder, training) = begun("damaged", &problem);
    let path = folder.file("state.npz");
    let whole = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = vec![Vec::new(), b"not an archive".to_vec(), vec![0; 5000]];
    damaged.extend([1, whole.len() / 3, whole.len() / 2, whole.len() - 1].map(|length| whole[..length].to_vec()));
    for bytes in damaged {
        fs::write(&path, &bytes).unwrap();
        let words = reason(problem.train(&training), &path);
        assert!(words.ends_with("delete it to do this part again"), "{words}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "what may be someone's results is never replaced");
    }
    fs::remove_file(&path).unwrap();
    let (network, history) = problem.train(&training).unwrap();
    assert!(bits(&network, &history) == bits(&expected, &expected_history));
}

#[test]
fn a_flipped_bit_is_found_or_does_not_matter() {
    let problem = Problem::new(9, 12);
    let (expected, expected_history) = problem.train(&recorded(0.02, 8, 2)).unwrap();
    let (folder, training) = begun("flipped", &problem);
    let path = folder.file("state.npz");
    let whole = fs::read(&path).unwrap();
    let (mut found, mut places) = (0, 0);
    for place in (0..whole.len()).step_by(37) {
        let mut flipped = whole.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&path, &flipped).unwrap();
        places += 1;
        match problem.train(&training) {
            // A time or another thing that says nothing about the values.
            Ok((network, history)) => {
                assert!(bits(&network, &history) == bits(&expected, &expected_history), "{place}")
            }
            error => {
                reason(error, &path);
                found += 1;
            }
        }
    }
    assert!(found > places / 2, "{found} of {places}");
}

#[test]
fn the_state_of_another_run_is_refused() {
    let (problem, mut other) = (Problem::new(9, 12), Problem::new(9, 12));
    other.y = -other.y;
    let ((folder, training), (foreign, _)) = (begun("own", &problem), begun("foreign", &other));
    let path = folder.file("state.npz");
    fs::copy(foreign.file("state.npz"), &path).unwrap();
    let words = reason(problem.train(&training), &path);
    assert!(words.contains("a checkpoint of other settings"), "{words}");
}

/// The arrays of a state with one changed; `None` leaves it out.
fn rewritten(path: &Path, name: &str, values: Option<Matrix>) {
    let mut reader = NpzReader::new(File::open(path).unwrap()).unwrap();
    let names = reader.names().unwrap();
    let arrays: Vec<ndarray::ArrayD<f64>> = names.iter().map(|name| reader.by_name(name).unwrap()).collect();
    let mut writer = NpzWriter::new(File::create(path).unwrap());
    for (each, array) in names.iter().zip(arrays) {
        match &values {
            _ if each != name => writer.add_array(each.as_str(), &array).unwrap(),
            Some(values) => writer.add_array(name, values).unwrap(),
            None => {}
        }
    }
    writer.finish().unwrap();
}

#[test]
fn arrays_that_do_not_fit_are_named() {
    let problem = Problem::new(9, 12);
    let (folder, training) = begun("shapes", &problem);
    let path = folder.file("state.npz");
    let whole = fs::read(&path).unwrap();
    let names: Vec<String> = NpzReader::new(File::open(&path).unwrap()).unwrap().names().unwrap();
    for name in &names {
        for values in [None, Some(Array2::ones((2, 5))), Some(Array2::zeros((0, 3)))] {
            fs::write(&path, &whole).unwrap();
            rewritten(&path, name, values);
            let words = reason(problem.train(&training), &path);
            assert!(words.contains(&format!("expected an array {name} of ")), "{words}");
        }
    }
    // Numbers of steps that cannot be.
    for step in [-1.0, 0.5, 9.0, 1e300, f64::NAN] {
        fs::write(&path, &whole).unwrap();
        let mut reader = NpzReader::new(File::open(&path).unwrap()).unwrap();
        let arrays: Vec<(String, ndarray::ArrayD<f64>)> =
            names.iter().map(|name| (name.clone(), reader.by_name(name).unwrap())).collect();
        let mut writer = NpzWriter::new(File::create(&path).unwrap());
        for (name, array) in arrays {
            let array = if name == "step" { array.mapv(|_| step) } else { array };
            writer.add_array(name, &array).unwrap();
        }
        writer.finish().unwrap();
        let words = reason(problem.train(&training), &path);
        assert!(words.starts_with(&format!("step is {step}; it must be whole and at most 8")), "{words}");
    }
}

#[test]
fn a_manifest_that_is_none_is_named() {
    let problem = Problem::new(9, 12);
    let (folder, training) = begun("manifest", &problem);
    let path = folder.file("manifest.json");
    let whole = fs::read_to_string(&path).unwrap();
    let half = &whole[..whole.len() / 2];
    let version = whole.replace("\"version\": 2", "\"version\": 1");
    for text in ["", "{}", "[1, 2]", "7", "{\"format\": \"hadamard-gram\", \"version\": 1}", half, &version] {
        fs::write(&path, text).unwrap();
        let words = reason(problem.train(&training), &path);
        assert!(words.ends_with("choose another folder or delete this one"), "{words}");
    }
    fs::write(&path, &version).unwrap();
    let words = reason(problem.train(&training), &path);
    assert!(words.contains("an older version of hadamard wrote it (format hadamard-checkpoint 1, here 2)"), "{words}");
    fs::write(&path, "{\"format\": \"hadamard-checkpoint\", \"version\": 2}").unwrap();
    assert!(reason(problem.train(&training), &path).contains("missing field"));
    // A kernel's folder is not a run's.
    let kernels = Folder::new("manifest-tiles");
    problem.network.tiled_kernel(&problem.x, &kernels.0).quiet().run().unwrap();
    let before = kernels.files();
    let refused = problem.train(&descent(0.02, 8).checkpoint(&kernels.0));
    assert!(reason(refused, &kernels.file("manifest.json")).contains("got hadamard-gram"));
    assert!(kernels.files() == before);
    assert!(TiledKernel::open(&kernels.0).is_ok());
}

#[test]
fn halves_of_files_are_cleared_and_places_that_cannot_be_written_are_named() {
    let problem = Problem::new(9, 12);
    let (folder, training) = begun("halves", &problem);
    for name in ["state.npz.1.0.partial", "manifest.json.77.3.partial"] {
        fs::write(folder.file(name), b"half").unwrap();
    }
    let others = ["film.mp4.partial", "partial", "notes.1.2.partial"];
    others.iter().for_each(|name| fs::write(folder.file(name), b"someone's").unwrap());
    problem.train(&training).unwrap();
    others.iter().for_each(|name| fs::remove_file(folder.file(name)).unwrap());
    assert_eq!(folder.names(), ["lock", "manifest.json", "state.npz"]);
    // A file where the folder should be, a folder where the file should be.
    let in_the_way = folder.file("lock");
    let refused = problem.train(&descent(0.02, 8).checkpoint(&in_the_way));
    assert!(matches!(&refused, Err(Error::File { path, .. }) if *path == in_the_way), "{refused:?}");
    fs::remove_file(folder.file("state.npz")).unwrap();
    fs::create_dir_all(folder.file("state.npz").join("x")).unwrap();
    let words = reason(problem.train(&training), &folder.file("state.npz"));
    assert!(words.contains("delete it"), "{words}");
    assert_eq!(folder.names(), ["lock", "manifest.json", "state.npz"]);
}
