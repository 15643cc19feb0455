//! Readers of data files: what they read, and what they say of files that are damaged.

#[path = "data_readers/csv.rs"]
mod csv;
#[path = "data_readers/npy.rs"]
mod npy;

use flate2::{Compression, write::GzEncoder};
use hadamard::prelude::*;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder of this test's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("data-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// IDX of unsigned bytes.
fn idx(sizes: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// The fault, after a check that the message begins with the file and has all of `parts`.
fn fault<T: std::fmt::Debug>(result: Result<T>, file: &Path, parts: &[&str]) -> Fault {
    let error = result.unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&format!("{}: ", file.display())), "{message}");
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    match error {
        Error::Data { fault, .. } => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn idx_files_are_read_plain_and_gzipped() -> Result<()> {
    let folder = Folder::new("idx");
    let bytes = idx(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    for (name, bytes) in [("plain.idx", bytes.clone()), ("packed.idx.gz", gzip(&bytes))] {
        let array = read_idx(folder.file(name, &bytes))?;
        assert_eq!(array.shape(), [2, 3]);
        assert_eq!(array[[1, 0]], 4);
    }
    assert_eq!(read_idx(folder.file("none", &idx(&[0, 5], &[])))?.shape(), [0, 5]);
    assert_eq!(read_idx(folder.file("one", &idx(&[], &[7])))?.shape(), [0usize; 0]);
    Ok(())
}

#[test]
fn damaged_idx_files_are_refused_with_the_place() {
    let folder = Folder::new("damaged");
    let good = idx(&[2, 3], &[1, 2, 3, 4, 5, 6]);
    let read = |name: &str, bytes: &[u8], parts: &[&str]| {
        let path = folder.file(name, bytes);
        fault(read_idx(&path), &path, parts)
    };
    let missing = folder.0.join("not-here.idx");
    assert!(matches!(fault(read_idx(&missing), &missing, &["no such file"]), Fault::Missing { .. }));
    assert_eq!(read("empty.idx", b"", &["empty"]), Fault::Empty);

    let mut magic = good.clone();
    magic[0] = 0x89;
    assert_eq!(read("magic.idx", &magic, &["89", "00"]), Fault::Magic { got: vec![0x89, 0, 8, 2] });
    assert_eq!(read("short-magic.idx", &[0, 0, 8], &["00, 00, 08"]), Fault::Magic { got: vec![0, 0, 8] });
    let mut floats = good.clone();
    floats[2] = 0x0d;
    assert_eq!(read("floats.idx", &floats, &["0x0d", "0x08"]), Fault::ValueType { code: 0x0d });

    let sizes = Fault::Short { what: "the sizes", expected: 8, got: 3 };
    assert_eq!(read("sizes.idx", &good[..7], &["8 bytes", "got 3"]), sizes);
    let values = Fault::Short { what: "the values", expected: 6, got: 5 };
    assert_eq!(read("values.idx", &good[..17], &["6 bytes", "got 5"]), values);
    assert_eq!(read("values.idx.gz", &gzip(&good[..17]), &["6 bytes", "got 5"]), values);

    let longer = [&good[..], &[7, 8]].concat();
    let end = good.len() as u64;
    let trailing = |of| Fault::Trailing { what: "values", offset: end, of };
    assert_eq!(read("longer.idx", &longer, &["byte 18 of the file"]), trailing("the file"));
    let packed = read("longer.idx.gz", &gzip(&longer), &["byte 18 of the decompressed"]);
    assert_eq!(packed, trailing("the decompressed contents"));
}

#[test]
fn damaged_gzip_streams_are_refused_with_the_byte() {
    let folder = Folder::new("gzip");
    let values: Vec<u8> = (0..2000u32).map(|i| (i * i % 251) as u8).collect();
    let good = gzip(&idx(&[2000], &values));
    for length in [2, 9, 12, good.len() / 2, good.len() - 9, good.len() - 1] {
        let path = folder.file("cut.idx.gz", &good[..length]);
        let found = fault(read_idx(&path), &path, &[&format!("byte {length},")]);
        assert_eq!(found, Fault::CutOff { offset: length as u64 });
    }
    let mut sum = good.clone();
    sum[good.len() - 8] ^= 1;
    let path = folder.file("sum.idx.gz", &sum);
    assert!(matches!(fault(read_idx(&path), &path, &["damaged", "checksum"]), Fault::Damaged { .. }));
    let longer = [&good[..], b"more"].concat();
    let path = folder.file("longer.idx.gz", &longer);
    let end = good.len() as u64;
    let found = fault(read_idx(&path), &path, &[&format!("byte {end} of the file")]);
    assert_eq!(found, Fault::Trailing { what: "gzip stream", offset: end, of: "the file" });
}

#[test]
fn sizes_that_a_header_claims_are_not_allocated() {
    let folder = Folder::new("claims");
    for sizes in [vec![u32::MAX; 2], vec![u32::MAX; 255], vec![1 << 31, 1 << 10]] {
        for (name, bytes) in [("huge.idx", idx(&sizes, &[1, 2])), ("huge.idx.gz", gzip(&idx(&sizes, &[1, 2])))] {
            let path = folder.file(name, &bytes);
            assert!(matches!(fault(read_idx(&path), &path, &["got 2"]), Fault::Short { got: 2, .. }));
        }
    }
    // A product of zero whose other factors overflow.
    let path = folder.file("zero.idx", &idx(&[0, u32::MAX, u32::MAX, u32::MAX], &[]));
    assert!(matches!(fault(read_idx(&path), &path, &[]), Fault::Short { .. }));
    // Decompressed, this has 64 MiB more than its header says; the reader stops after the first byte too many.
    let path = folder.file("bomb.idx.gz", &gzip(&idx(&[3], &vec![0; 1 << 26])));
    assert!(matches!(fault(read_idx(&path), &path, &[]), Fault::Trailing { offset: 11, .. }));
}

/// A grey image as a program of one's own would write it: chunks with their sums around a stored deflate stream.
fn png(width: u32, height: u32, kind: [u8; 2], pixels: &[u8]) -> Vec<u8> {
    let crc = |bytes: &[u8]| {
        !bytes.iter().fold(!0u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    };
    let chunk = |name: &[u8], data: &[u8]| {
        let body = [name, data].concat();
        [&(data.len() as u32).to_be_bytes()[..], &body, &crc(&body).to_be_bytes()].concat()
    };
    let rows: Vec<u8> = pixels.chunks(width as usize).flat_map(|row| [&[0], row].concat()).collect();
    let (a, b) =
        rows.iter().fold((1u32, 0u32), |(a, b), &v| ((a + u32::from(v)) % 65521, (a + b + u32::from(v)) % 65521));
    let length = rows.len() as u16;
    let stream =
        [&[0x78, 1, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), &rows, &(b << 16 | a).to_be_bytes()];
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[kind[0], kind[1], 0, 0, 0]].concat();
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &stream.concat()), chunk(b"IEND", b"")].concat();
    [b"\x89PNG\r\n\x1a\n", &chunks[..]].concat()
}

/// Depth 8, colour type 0.
const GREY: [u8; 2] = [8, 0];

#[test]
fn png_images_are_read_and_averaged_over_blocks() -> Result<()> {
    let folder = Folder::new("png");
    let pixels: Vec<u8> = (0..16).map(|i| 10 * i + i % 3).collect();
    let path = folder.file("grey.png", &png(4, 4, GREY, &pixels));
    assert_eq!(read_png(&path)?.into_raw_vec_and_offset().0, pixels);
    assert_eq!(read_png(folder.file("wide.png", &png(8, 2, GREY, &pixels)))?.dim(), (2, 8));
    let image = GreyImage::read(&path)?;
    let half = image.averaged(2)?;
    // The block at the right of the top: 20 + 2, 30 + 0, 60 + 0, 70 + 1.
    assert!((half.pixels[[0, 1]] - (22.0 + 30.0 + 60.0 + 71.0) / 4.0 / 255.0).abs() <= 1e-15);
    assert!((half.pixels.sum() / 4.0 - image.pixels.sum() / 16.0).abs() <= 1e-15);
    assert_eq!(half.coordinates(), array![[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]);
    assert_eq!(half.values().to_vec(), [[0, 0], [0, 1], [1, 0], [1, 1]].map(|at| half.pixels[at]));
    for side in [0, 3, 8] {
        assert!(matches!(image.averaged(side), Err(Error::Range { .. })));
    }
    assert!(matches!(GreyImage { pixels: Array2::zeros((2, 4)) }.averaged(2), Err(Error::Size { .. })));
    Ok(())
}

#[test]
fn damaged_png_images_are_refused_and_say_what_is_wrong() {
    let folder = Folder::new("png-damaged");
    let pixels: Vec<u8> = (0..=255).collect();
    let good = png(16, 16, GREY, &pixels);
    let read = |bytes: &[u8], parts: &[&str]| {
        let path = folder.file("image.png", bytes);
        fault(read_png(&path), &path, parts)
    };
    let missing = folder.0.join("none.png");
    assert!(matches!(fault(read_png(&missing), &missing, &["no such file"]), Fault::Missing { .. }));
    assert_eq!(read(b"", &["empty"]), Fault::Empty);
    assert_eq!(read(b"GIF89a-----", &["47, 49, 46", "89 50"]), Fault::NotPng { got: b"GIF89a--".to_vec() });
    assert_eq!(read(&good[..5], &[]), Fault::NotPng { got: good[..5].to_vec() });
    for length in [8, 20, 33, 60, 200, good.len() - 13, good.len() - 1] {
        let found = read(&good[..length], &["cut off", &format!("byte {length},")]);
        assert_eq!(found, Fault::CutOffImage { offset: length as u64 });
    }
    // A pixel, for which the sum of the stream is wrong, and the sum of the chunk around it.
    for (at, sum) in [(100, "WrongChecksum"), (good.len() - 13, "CRC")] {
        let mut damaged = good.clone();
        damaged[at] ^= 1;
        assert!(matches!(read(&damaged, &["damaged", sum]), Fault::DamagedImage { .. }));
    }
    for (kind, parts) in
        [([8, 2], "Rgb"), ([8, 4], "GrayscaleAlpha"), ([8, 6], "Rgba"), ([16, 0], "16 bits"), ([1, 0], "1 bits")]
    {
        assert!(matches!(read(&png(16, 16, kind, &pixels), &[parts, "only grey"]), Fault::Colour { .. }));
    }
    let longer = [&good[..], b"more"].concat();
    let trailing = Fault::Trailing { what: "PNG image", offset: good.len() as u64, of: "the file" };
    assert_eq!(read(&longer, &["PNG image"]), trailing);
    // What a header claims is not believed.
    assert!(matches!(read(&png(u32::MAX >> 1, u32::MAX >> 1, GREY, &[1]), &[]), Fault::TooLarge { .. }));
    assert!(matches!(read(&png(1 << 13, 1 << 13, GREY, &[1]), &[]), Fault::DamagedImage { .. }));
}

#[test]
fn the_photograph_is_that_of_its_readme() -> Result<()> {
    let image = camera()?;
    assert_eq!(image.pixels.dim(), (512, 512));
    // The file decompressed by Python's zlib, with the filters of the format written out in Python.
    assert_eq!(image.pixels.iter().map(|v| (255.0 * v).round() as u64).sum::<u64>(), 33_832_495);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/images/camera.png");
    assert_eq!(GreyImage::read(&path)?, image);
    assert_eq!(image.pixels[[100, 200]], 54.0 / 255.0);
    Ok(())
}

#[test]
fn folders_and_homes_are_not_files() {
    let folder = Folder::new("no-files");
    let readers: [fn(&Path) -> Option<Error>; 6] = [
        |path| read_csv(path).err(),
        |path| read_idx(path).err(),
        |path| read_png(path).err(),
        |path| read_npy(path).err(),
        |path| read_npy_vector(path).err(),
        |path| read_npz(path).err(),
    ];
    for reader in readers {
        let fault_of = |path: &Path, parts: &[&str]| fault(reader(path).map_or(Ok(()), Err), path, parts);
        assert_eq!(fault_of(&folder.0, &["a folder"]), Fault::Folder);
        assert!(matches!(fault_of(Path::new("~/x.csv"), &["whole path"]), Fault::Missing { .. }));
        assert!(matches!(fault_of(&folder.0.join("none"), &["check the path"]), Fault::Missing { .. }));
        assert_eq!(fault_of(&folder.file("empty", b""), &["empty"]), Fault::Empty);
        // Below a file there is nothing.
        assert!(matches!(reader(&folder.file("file", b"x").join("below")), Some(Error::File { .. })));
    }
}

#[test]
fn no_bytes_make_a_reader_panic() {
    let folder = Folder::new("any");
    let good = idx(&[4, 5], &(0..20).collect::<Vec<u8>>());
    let table = b"a,b\n1,2\n3,4\n";
    let seeds = [
        good.clone(),
        gzip(&good),
        table.to_vec(),
        gzip(table),
        vec![0xff; 40],
        b"\xef\xbb\xbf,\n".to_vec(),
        b"# a\nx;\"y \"\"z\"\n0,5;1.234,5\n#b\n1;NA\n".to_vec(),
        b"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x002\x00".to_vec(),
        png(4, 4, GREY, &[7; 16]),
    ];
    let mut state = 1u64;
    let mut draw = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for round in 0..1800 {
        let mut bytes = seeds[round % seeds.len()].clone();
        for _ in 0..=draw(4) {
            let at = draw(bytes.len());
            match draw(3) {
                0 => bytes[at] ^= 1 << draw(8),
                1 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, draw(256) as u8),
            }
        }
        let path = folder.file("any", &bytes);
        let settings = Csv::new().decimal_comma().thousands('.').no_header().skip_incomplete_rows().windows_1252();
        for message in [read_idx(&path).err(), read_csv(&path).err(), settings.read(&path).err(), read_png(&path).err()]
            .into_iter()
            .flatten()
            .map(|e| e.to_string())
        {
            assert!(message.contains("any") && message.len() < 600, "{message}");
        }
    }
}

#[test]
fn the_digits_are_those_of_their_readme() -> Result<()> {
    let digits = digits()?;
    assert_eq!(digits.images.dim(), (10_000, 784));
    let counts: Vec<usize> = (0..10).map(|digit| digits.indices(digit).len()).collect();
    assert_eq!(counts, [1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    assert!(digits.images.iter().all(|v| (0.0..=1.0).contains(v)));
    let mean = digits.images.mean().unwrap();
    assert!((mean - 0.13113).abs() <= 5e-6, "{mean}");
    for (digit, (first, others)) in digits.split(0.8)?.iter().enumerate() {
        assert_eq!(first.len(), counts[digit] * 4 / 5);
        assert_eq!(first.len() + others.len(), counts[digit]);
        assert!(first.last() < others.first());
    }
    assert!(matches!(digits.split(1.5), Err(Error::Range { .. })));
    Ok(())
}

#[test]
fn other_digits_are_refused_before_they_are_read() -> Result<()> {
    let folder = Folder::new("digits");
    let images = folder.0.join("images.idx.gz");
    let missing = fault(Digits::read(&folder.0), &images, &["HADAMARD_DATA"]);
    assert!(matches!(missing, Fault::Missing { .. }));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist");
    let mut bytes = fs::read(source.join("images.idx.gz")).unwrap();
    bytes[1000] ^= 1;
    fs::write(&images, &bytes).unwrap();
    match fault(Digits::read(&folder.0), &images, &["sha256", "expected 6147811c"]) {
        Fault::Checksum { expected, got } => assert!(got != expected && got.len() == 64),
        other => panic!("{other:?}"),
    }
    bytes[1000] ^= 1;
    fs::write(&images, &bytes).unwrap();
    fault(Digits::read(&folder.0), &folder.0.join("labels.idx.gz"), &["no such file"]);
    fs::copy(source.join("labels.idx.gz"), folder.0.join("labels.idx.gz")).unwrap();
    assert_eq!(Digits::read(&folder.0)?, digits()?);
    Ok(())
}
