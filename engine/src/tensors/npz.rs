//! NumPy's archives: a zip file with one array per entry, which is called by the array's name and `.npy`.

use super::npy::{self, Npy};
use super::numbers::{self, NumberType};
use super::{Header, Stored, Tensors, broken};
use crate::number::Number;
use flate2::read::DeflateDecoder;
use ndarray::ArrayD;
use rawzip::{
    CompressionMethod, FileReader, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ZipArchive, ZipArchiveEntryWayfinder,
    ZipArchiveWriter,
};
use std::fs::File;
use std::io::{self, Read, Write};

/// An open archive.
pub(crate) struct Npz {
    archive: ZipArchive<FileReader>,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    method: CompressionMethod,
    place: ZipArchiveEntryWayfinder,
}

impl Npz {
    /// Reads the list of entries.
    pub fn open(file: File) -> io::Result<Self> {
        // Any entry of a list fits in.
        let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer).map_err(zip)?;
        let mut entries = Vec::new();
        let mut list = archive.entries(&mut buffer);
        while let Some(entry) = list.next_entry().map_err(zip)? {
            let path = entry.file_path();
            let name = std::str::from_utf8(path.as_bytes()).map_err(broken)?;
            let name = name.strip_suffix(".npy").unwrap_or(name).to_string();
            entries.push(Entry { name, method: entry.compression_method(), place: entry.wayfinder() });
        }
        if entries.len() as u64 != archive.entries_hint() {
            return Err(broken(format!("{} entries are listed, not {}", entries.len(), archive.entries_hint())));
        }
        Ok(Self { archive, entries })
    }

    /// Reads from the start of an array to the end, where its checksum is verified.
    fn reader(&self, index: usize) -> io::Result<impl Read> {
        let Entry { method, place, .. } = &self.entries[index];
        let entry = self.archive.get_entry(*place).map_err(zip)?;
        let stored: Box<dyn Read> = match *method {
            CompressionMethod::STORE => Box::new(entry.reader()),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(entry.reader())),
            _ => return Err(broken("it is compressed by a method that NumPy does not use")),
        };
        Ok(entry.verifying_reader(stored))
    }
}

impl Tensors for Npz {
    fn names(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    fn header(&self, index: usize) -> io::Result<Header> {
        Ok(Npy::open(self.reader(index)?)?.header)
    }

    fn values(&self, index: usize, shape: &[usize], number: NumberType) -> io::Result<ArrayD<f64>> {
        Npy::open(self.reader(index)?)?.values(shape, number)
    }
}

/// Writes an archive as `numpy.savez` does.
pub(crate) fn write<F: Number>(file: impl Write, tensors: &[Stored<'_, F>]) -> io::Result<()> {
    let mut writer = Writer::new(file);
    tensors.iter().try_for_each(|tensor| writer.array(&tensor.name, &tensor.shape, tensor.values))?;
    writer.finish()
}

/// An archive that is written array by array.
pub(super) struct Writer<W>(ZipArchiveWriter<W>);

impl<W: Write> Writer<W> {
    pub fn new(file: W) -> Self {
        Self(ZipArchiveWriter::new(file))
    }

    /// Adds an array, whose values come row by row.
    pub fn array<'a, F: Number>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: impl IntoIterator<Item = &'a F>,
    ) -> io::Result<()> {
        let (mut entry, config) = self.0.new_file(format!("{name}.npy")).start().map_err(zip)?;
        let mut writer = config.wrap(&mut entry);
        npy::write(&mut writer, shape, numbers::is_double::<F>())?;
        numbers::write(values, &mut writer)?;
        let (_, descriptor) = writer.finish().map_err(zip)?;
        entry.finish(descriptor).map_err(zip)?;
        Ok(())
    }

    pub fn finish(self) -> io::Result<()> {
        self.0.finish().map_err(zip)?;
        Ok(())
    }
}

/// What went wrong in the archive, without a wrapping around what went wrong in the file.
fn zip(error: rawzip::Error) -> io::Error {
    match error.into_kind() {
        rawzip::ErrorKind::IO(error) => error,
        kind => broken(rawzip::Error::from(kind)),
    }
}
