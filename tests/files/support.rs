//! What the tests of files share.

use hadamard::prelude::*;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A folder of its own for a test.
pub fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("files-{test}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

pub fn made(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

/// A table of numbers that NumPy wrote.
pub fn table(name: &str) -> Array2<f64> {
    let text = fs::read_to_string(made(name)).unwrap();
    let rows: Vec<Vec<f64>> = text.lines().map(|line| line.split(',').map(|v| v.parse().unwrap()).collect()).collect();
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).unwrap()
}

pub fn distance(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |max, d| if d <= max { max } else { d })
}

pub fn two_layers() -> Net {
    let layers = [Dense::new(4).bias(1.0).into(), tanh(), Dense::new(2).bias(1.0).into()];
    network("two layers", serial(layers)).input(3).parametrisation(Parametrisation::Standard)
}

pub fn bits(network: &Network) -> Vec<Vec<u64>> {
    network.parameters().iter().map(|p| p.values.iter().map(|v| v.to_bits()).collect()).collect()
}

/// A zip file with these entries.
pub fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in entries {
        let path = rawzip::path::EntryPath::verbatim(name.as_bytes());
        let (mut entry, config) = archive.new_file(path).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap()
}

/// An array in NumPy's format with this header.
pub fn npy(header: &str, values: &[f64]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

pub fn npy_of(values: &Array2<f64>) -> Vec<u8> {
    let (rows, columns) = values.dim();
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {columns}), }}\n");
    npy(&header, values.as_slice().unwrap())
}

/// The bytes of the entries of a zip file, by name.
pub fn entries(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let archive = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let read = |entry: rawzip::ZipFileHeaderRecord<'_>| {
        let name = String::from_utf8(entry.file_path().as_bytes().to_vec()).unwrap();
        let entry = archive.get_entry(entry.wayfinder()).unwrap();
        let mut bytes = Vec::new();
        entry.verifying_reader(entry.data()).read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    archive.entries().map(|entry| read(entry.unwrap())).collect()
}
