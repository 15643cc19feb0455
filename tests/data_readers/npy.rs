//! Arrays of NumPy as data; the files in `arrays` are written by `make.py` there.

use super::{Folder, fault};
use hadamard::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn made(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data_readers/arrays").join(name)
}

#[test]
fn numbers_of_every_type_and_order() -> Result<()> {
    let values = array![[0.0, 1.0, -2.0], [3.0, 100.0, 7.0]];
    let signed = ["f2", "f4", "f8", "i2", "i4", "i8"];
    let files = ["little", "big"].iter().flat_map(|order| signed.map(|kind| format!("{order}_{kind}.npy")));
    for name in files.chain(["i1.npy".into(), "fortran.npy".into()]) {
        assert_eq!(read_npy(made(&name))?, values, "{name}");
    }
    let unsigned = ["u2", "u4", "u8"];
    let files = ["little", "big"].iter().flat_map(|order| unsigned.map(|kind| format!("{order}_{kind}.npy")));
    for name in files.chain(["u1.npy".into()]) {
        assert_eq!(read_npy(made(&name))?, values.mapv(f64::abs), "{name}");
    }
    assert_eq!(read_npy(made("bool.npy"))?, values.mapv(|v| f64::from(u8::from(v > 0.0))));
    assert_eq!(read_npy(made("strided.npy"))?, array![[0.0, 1.0, 2.0], [6.0, 7.0, 8.0]]);
    Ok(())
}

#[test]
fn vectors_images_and_archives() -> Result<()> {
    let vector = array![0.5, -1.5, 2.0];
    for name in ["vector.npy", "column.npy"] {
        assert_eq!(read_npy_vector(made(name))?, vector, "{name}");
        assert_eq!(read_npy(made(name))?, vector.clone().insert_axis(Axis(1)), "{name}");
    }
    let images = read_npy_array(made("images.npy"))?;
    assert_eq!((images.shape(), images[[1, 2, 3]]), (&[2, 3, 4][..], 23.0));
    let path = made("images.npy");
    assert!(matches!(fault(read_npy(&path), &path, &["[2, 3, 4]", "read_npy_array"]), Fault::Array { .. }));
    let path = made("little_f8.npy");
    assert!(matches!(fault(read_npy_vector(&path), &path, &["[2, 3]"]), Fault::Array { .. }));
    assert_eq!(read_npy(made("none.npy"))?.dim(), (0, 3));
    assert_eq!(read_npy_array(made("scalar.npy"))?.sum(), 3.5);
    let pairs = read_npz(made("pairs.npz"))?;
    assert_eq!((pairs.names(), pairs.vector("y")?), (vec!["x", "y"], array![1.0, 2.0]));
    assert_eq!(pairs.matrix("x")?, array![[0.0, 1.0, -2.0], [3.0, 100.0, 7.0]]);
    assert!(pairs.array("z").unwrap_err().to_string().contains("x, y"));
    let compressed = read_npz(made("compressed.npz"))?;
    assert_eq!((compressed.matrix("x")?, compressed.array("images")?.shape()), (pairs.matrix("x")?, &[2, 3, 4][..]));
    Ok(())
}

#[test]
fn what_is_no_array_of_numbers_is_refused() {
    for (name, part) in [
        ("complex.npy", "<c16"),
        ("text.npy", "<U1"),
        ("objects.npy", "Python objects"),
        ("dates.npy", "<M8[D]"),
        ("structures.npy", "structures"),
        ("large.npy", "9007199254740993"),
    ] {
        let path = made(name);
        assert!(matches!(fault(read_npy_array(&path), &path, &[part]), Fault::Array { .. }), "{name}");
    }
    let path = made("nan.npy");
    assert!(matches!(fault(read_npy(&path), &path, &["[1, 0]", "NaN"]), Fault::NotFinite { .. }));
    let path = made("infinite.npy");
    assert!(matches!(fault(read_npy_vector(&path), &path, &["[1]", "inf"]), Fault::NotFinite { .. }));
    let folder = Folder::new("npy");
    let whole = fs::read(made("little_i4.npy")).unwrap();
    for length in 1..whole.len() {
        let path = folder.file("cut.npy", &whole[..length]);
        assert!(matches!(fault(read_npy(&path), &path, &[]), Fault::Array { .. }), "{length}");
    }
    let path = folder.file("longer.npy", &[&whole[..], b"x"].concat());
    fault(read_npy(&path), &path, &["goes on"]);
    let path = folder.file("text.npy", b"x,y\n1,2\n");
    fault(read_npy(&path), &path, &["NumPy"]);
    // Shapes that no memory holds, and such whose product is small only because one size is zero.
    for shape in ["1152921504606846976,", "4294967296, 4294967296", "1000000, 1000000, 1", "0, 18446744073709551615, 2"]
    {
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}\n");
        let bytes =
            [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), &[0; 16]].concat();
        let path = folder.file("huge.npy", &bytes);
        assert!(matches!(fault(read_npy_array(&path), &path, &[]), Fault::Array { .. }), "{shape}");
    }
    let path = folder.file("broken.npz", b"PK\x03\x04 and so on");
    fault(read_npz(&path), &path, &[]);
}
