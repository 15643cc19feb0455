//! Damaged and hostile files, and writers that are killed.

use super::support::*;
use hadamard::net::Layout;
use hadamard::prelude::*;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The reason for which a file is refused; it names the file.
fn refused(net: &Net, path: &Path) -> String {
    match net.read(path) {
        Err(error @ Error::File { .. }) => {
            let message = error.to_string();
            assert!(message.starts_with(&path.display().to_string()), "{message}");
            message
        }
        other => panic!("{}: {other:?}", path.display()),
    }
}

/// Writes the bytes to a file and returns the reason for which it is refused.
fn refused_bytes(net: &Net, path: &Path, bytes: &[u8]) -> String {
    fs::write(path, bytes).unwrap();
    refused(net, path)
}

#[test]
fn files_cut_short_anywhere() {
    let (folder, net) = (folder("cut"), two_layers());
    for name in ["named.npz", "compressed.npz", "named.safetensors"] {
        let whole = fs::read(made(name)).unwrap();
        let path = folder.join(name);
        fs::write(&path, &whole).unwrap();
        assert!(net.read(&path).is_ok());
        for tenth in 0..10 {
            refused_bytes(&net, &path, &whole[..whole.len() * tenth / 10]);
        }
        refused_bytes(&net, &path, &whole[..whole.len() - 1]);
    }
    fs::remove_dir_all(folder).unwrap();
}

/// What is read of a file for each of its bytes changed in three ways, one at a time.
fn with_changed_bytes(net: &Net, name: &str, mut check: impl FnMut(usize, Result<Network, Error>)) {
    let folder = folder(&format!("changed-{name}"));
    let (path, whole) = (folder.join(name), fs::read(made(name)).unwrap());
    for place in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[place] ^= change;
            // A new file: file systems sync the ones that are overwritten.
            fs::write(&path, &bytes).unwrap();
            check(place, net.read(&path));
            fs::remove_file(&path).unwrap();
        }
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn no_changed_byte_is_read_as_another_network() {
    let net = two_layers();
    for name in ["named.npz", "compressed.npz"] {
        let network = net.read(made(name)).unwrap();
        let mut refused = 0;
        with_changed_bytes(&net, name, |place, read| match read {
            // Some bytes, such as times, mean nothing here; the checksums guard the others.
            Ok(read) => assert_eq!(bits(&read), bits(&network), "{name}: byte {place}"),
            Err(_) => refused += 1,
        });
        let all = 3 * fs::metadata(made(name)).unwrap().len();
        assert!(2 * refused > all, "{name}: {refused} of {all} changes are found");
    }
    // Safetensors have no checksums: values may change, to finite ones.
    with_changed_bytes(&net, "named.safetensors", |place, read| {
        let finite = |network: &Network| network.parameters().iter().all(|p| p.values.iter().all(|v| v.is_finite()));
        assert!(read.is_err() || read.is_ok_and(|network| finite(&network)), "byte {place}");
    });
}

#[test]
fn other_formats() {
    let (folder, net) = (folder("formats"), two_layers());
    for name in ["other.npz", "other.safetensors"] {
        let path = folder.join(name);
        for bytes in [&b""[..], b"PK", &[0; 500], &[0xff; 500], b"\x80\x02}q\x00(X\x08\x00\x00\x00fc1.bias"] {
            refused_bytes(&net, &path, bytes);
        }
    }
    // Each under the other's name.
    let swapped = [("named.npz", "swapped.safetensors"), ("named.safetensors", "swapped.npz")];
    for (from, to) in swapped {
        refused_bytes(&net, &folder.join(to), &fs::read(made(from)).unwrap());
    }
    fs::remove_dir_all(folder).unwrap();
}

/// One weight `[2, 1]`.
fn small() -> Net {
    network("small", dense(1)).input(2)
}

const NAME: &str = "0.dense.weight";

#[test]
fn arrays_whose_header_lies() {
    let (folder, net) = (folder("arrays"), small());
    let path = folder.join("array.npz");
    let array = |bytes: Vec<u8>| zip(&[(format!("{NAME}.npy"), bytes)]);
    let good = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }";
    for header in [good, &good.replace("'", "\""), "{\"shape\":(2L,1L),'fortran_order':True,'descr':'<f8'}\n"] {
        fs::write(&path, array(npy(header, &[1.0, 2.0]))).unwrap();
        assert_eq!(net.read(&path).unwrap().parameters()[0].values, array![[1.0], [2.0]], "{header}");
    }
    let headers = [
        "",
        "{",
        "}",
        "{}",
        "[]",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), } 1",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), 'more': 1}",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 1)}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, -1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999999, 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': [2, 1]}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1",
        "{'descr': '<f8' 'fortran_order': False 'shape': (2, 1)}",
        "{'descr': '<f8",
    ];
    for header in headers {
        let message = refused_bytes(&net, &path, &array(npy(header, &[1.0, 2.0])));
        assert!(message.contains(NAME), "{message}");
    }
    let nested = format!("{{'descr': {}", "(".repeat(9000));
    refused_bytes(&net, &path, &array(npy(&nested, &[])));
    // 2^60 numbers, and products that overflow.
    let large = format!("{}, 1", 1_u64 << 60);
    for shape in [large.as_str(), "4294967296, 4294967296", "9223372036854775807, 2", "2, 1, 1", "1, 2", ""] {
        fs::write(&path, array(npy(&good.replace("2, 1", shape), &[1.0, 2.0]))).unwrap();
        let result = net.read(&path);
        assert!(
            matches!(result, Err(Error::Tensor { fault: TensorFault::Shape { expected, .. }, .. }) if *expected == [2, 1]),
            "{shape}"
        );
    }
    // Too few values, and too many.
    assert!(refused_bytes(&net, &path, &array(npy(good, &[1.0]))).contains("ends before"));
    assert!(refused_bytes(&net, &path, &array(npy(good, &[1.0, 2.0, 3.0]))).contains("goes on"));
    // A version that does not exist, and a header that claims the length of the largest.
    let mut other = npy(good, &[1.0, 2.0]);
    other[6] = 9;
    assert!(refused_bytes(&net, &path, &array(other)).contains("version 9"));
    let long = [&b"\x93NUMPY\x02\x00\xff\xff\xff\xff"[..], good.as_bytes()].concat();
    assert!(refused_bytes(&net, &path, &array(long)).contains("4294967295"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn archives_with_names_that_mean_harm() {
    let (folder, net) = (folder("archives"), small());
    let path = folder.join("archive.npz");
    let array = npy_of(&array![[1.0], [2.0]]);
    let with = |names: &[&str]| {
        let entries: Vec<_> = names.iter().map(|name| (name.to_string(), array.clone())).collect();
        fs::write(&path, zip(&entries)).unwrap();
        net.read(&path)
    };
    assert!(with(&["0.dense.weight.npy"]).is_ok());
    // The name without the ending is the same tensor.
    for other in ["0.dense.weight.npy", "0.dense.weight"] {
        let twice = with(&["0.dense.weight.npy", other]);
        assert!(
            matches!(twice, Err(Error::Tensor { fault: TensorFault::Repeated { tensor, .. }, .. }) if tensor == NAME)
        );
    }
    for name in ["../x.npy", "/etc/x.npy", "..\\x.npy", "\u{1b}[2J\n.npy"] {
        match with(&[name, "0.dense.weight.npy"]) {
            Err(error @ Error::Tensor { fault: TensorFault::Names { .. }, .. }) => {
                let message = error.to_string();
                assert!(!message.contains('\u{1b}') && !message.contains('\n'), "{message:?}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    // A name is only a name, whatever a path it would be.
    with(&["../../x.npy"]).unwrap_err();
    let read = net.read_named(&path, &["../../x"], Layout::RowsIn).unwrap();
    assert_eq!(read.parameters()[0].values, array![[1.0], [2.0]]);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    let mut bytes = zip(&[("0.dense.weight.npy".into(), array.clone())]);
    // The last record counts the entries: on this disk at 8, in all at 10.
    let end = bytes.len() - 22;
    bytes[end + 8] = 3;
    bytes[end + 10] = 3;
    assert!(refused_bytes(&net, &path, &bytes).contains("not 3"));
    fs::remove_dir_all(folder).unwrap();
}

/// A safetensors file with this header.
fn safetensors(header: &str, values: &[f64]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

#[test]
fn safetensors_whose_header_lies() {
    let (folder, net) = (folder("safetensors"), small());
    let path = folder.join("small.safetensors");
    let entry = |name: &str, dtype: &str, shape: &str, from: u64, to: u64| {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":[{shape}],"data_offsets":[{from},{to}]}}"#)
    };
    let good = entry(NAME, "F64", "2,1", 0, 16);
    let meta = r#""__metadata__":{"format":"pt"}"#;
    for header in [format!("{{{good}}}"), format!("{{{meta},{good}}}  ")] {
        fs::write(&path, safetensors(&header, &[1.0, 2.0])).unwrap();
        assert_eq!(net.read(&path).unwrap().parameters()[0].values, array![[1.0], [2.0]]);
    }
    let large = 1 << 60;
    let headers = [
        String::new(),
        "{".into(),
        "[]".into(),
        "{}".into(),
        format!("{{{good}}}}}"),
        "{\"a\":".repeat(100_000),
        "[".repeat(100_000),
        format!("{{{}}}", entry(NAME, "F64", "2,1", 0, 8)),
        format!("{{{}}}", entry(NAME, "F64", "2,1", 8, 24)),
        format!("{{{}}}", entry(NAME, "F64", "2,1", 16, 0)),
        format!("{{{}}}", entry(NAME, "F64", &format!("{large},1"), 0, 8 * large)),
        format!("{{{}}}", entry(NAME, "F64", "4294967296,4294967296", 0, 16)),
        format!("{{{}}}", entry(NAME, "F64", "-2,1", 0, 16)),
        format!("{{{}}}", entry(NAME, "F99", "2,1", 0, 16)),
        format!("{{{},{}}}", entry("a", "F64", "1", 0, 8), entry("b", "F64", "2", 0, 16)),
        format!("{{{},{}}}", entry("a", "U8", &(u64::MAX / 8).to_string(), 0, u64::MAX / 8), good),
        format!("{{{good},{good}}}"),
    ];
    for header in headers {
        refused_bytes(&net, &path, &safetensors(&header, &[1.0, 2.0]));
    }
    let eighths = safetensors(&format!("{{{}}}", entry(NAME, "F8_E4M3", "16", 0, 16)), &[1.0, 2.0]);
    fs::write(&path, eighths).unwrap();
    assert!(
        matches!(net.read(&path), Err(Error::Tensor { fault: TensorFault::Type { numbers, .. }, .. }) if numbers == "F8_E4M3")
    );
    // The same name for two places; a library that keeps the last would not notice.
    let two = format!("{{{},{}}}", entry(NAME, "F64", "1,1", 0, 8), entry(NAME, "F64", "1,1", 8, 16));
    fs::write(&path, safetensors(&two, &[1.0, 2.0])).unwrap();
    assert!(
        matches!(net.read(&path), Err(Error::Tensor { fault: TensorFault::Repeated { tensor, .. }, .. }) if tensor == NAME)
    );
    // A header longer than the file.
    for length in [17, 1 << 40, u64::MAX, u64::MAX - 7] {
        let mut bytes = vec![b' '; 24];
        bytes[..8].copy_from_slice(&length.to_le_bytes());
        let message = refused_bytes(&net, &path, &bytes);
        assert!(message.contains(&length.to_string()), "{message}");
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Names the file that a copy of this process writes again and again until it is killed.
const ENDLESS: &str = "HADAMARD_TEST_WRITE_TO";

#[test]
fn a_writer_that_is_killed_leaves_the_old_file_or_the_new() {
    let net = mlp(2).input(20).width(200);
    let networks = [0, 1].map(|seed| net.init(Seed(seed)).unwrap());
    if let Some(path) = std::env::var_os(ENDLESS) {
        loop {
            networks.iter().for_each(|network| network.write(&path).unwrap());
        }
    }
    let folder = folder("killed");
    for name in ["net.npz", "net.safetensors"] {
        let path = folder.join(name);
        for round in 0..5 {
            networks[0].write(&path).unwrap();
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "damaged::a_writer_that_is_killed_leaves_the_old_file_or_the_new"])
                .env(ENDLESS, &path)
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            // The file is whole at any time, too; the other network shows that the copy is writing.
            while net.read(&path).unwrap() == networks[0] {
                std::thread::sleep(Duration::from_millis(1));
                assert!(child.try_wait().unwrap().is_none());
            }
            std::thread::sleep(Duration::from_micros(700 * round));
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(networks.contains(&net.read(&path).unwrap()));
        }
        networks[1].write(&path).unwrap();
        assert_eq!(net.read(&path).unwrap(), networks[1]);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn writers_of_one_file_do_not_mix() {
    let (folder, net) = (folder("writers"), two_layers());
    let path = folder.join("net.npz");
    let networks: Vec<_> = (0..4).map(|seed| net.init(Seed(seed)).unwrap()).collect();
    networks[0].write(&path).unwrap();
    std::thread::scope(|scope| {
        for network in &networks {
            scope.spawn(|| (0..20).for_each(|_| network.write(&path).unwrap()));
        }
        for _ in 0..100 {
            assert!(networks.contains(&net.read(&path).unwrap()));
        }
    });
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(folder).unwrap();
}
