//! Safetensors: eight bytes with the length of a JSON header, the header, the values.

use super::numbers::{self, Kind, NumberType};
use super::{Header, Stored, Tensors, broken};
use crate::number::Number;
use ndarray::{ArrayD, IxDyn};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// The longest header that the format allows.
const LONGEST: u64 = 100_000_000;

/// An open file.
pub(crate) struct Safetensors {
    file: File,
    /// Where the values begin.
    start: u64,
    tensors: Vec<(String, TensorInfo)>,
}

impl Safetensors {
    /// Reads the header.
    pub fn open(mut file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        let mut header = [0; 8];
        file.read_exact(&mut header).map_err(|_| broken("not a safetensors file: it has no header"))?;
        let header = u64::from_le_bytes(header);
        let Some(values) = length.checked_sub(8).and_then(|rest| rest.checked_sub(header)) else {
            return Err(broken(format!("the header claims {header} bytes; the file has {length}")));
        };
        if header > LONGEST {
            return Err(broken(format!("the header has {header} bytes; at most {LONGEST} are allowed")));
        }
        let mut text = vec![0; header as usize];
        file.read_exact(&mut text)?;
        let Listing(mut tensors) = serde_json::from_slice(&text).map_err(broken)?;
        // The library adds to these numbers before it checks them.
        if tensors.iter().any(|(_, info)| info.data_offsets.1 as u64 > values) {
            return Err(broken("the header places a tensor behind the end of the file"));
        }
        tensors.sort_by_key(|(_, info)| info.data_offsets);
        let metadata = Metadata::new(None, tensors.clone()).map_err(broken)?;
        if metadata.data_len() as u64 != values {
            return Err(broken(format!(
                "the tensors have {} bytes; the file has {values} for them",
                metadata.data_len()
            )));
        }
        Ok(Self { file, start: 8 + header, tensors })
    }
}

/// The tensors of a header in its order, repeated names included.
struct Listing(Vec<(String, TensorInfo)>);

impl<'de> Deserialize<'de> for Listing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Listing;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the tensors by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Listing, A::Error> {
                let mut tensors = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        tensors.push((name, map.next_value()?));
                    }
                }
                Ok(Listing(tensors))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

impl Tensors for Safetensors {
    fn names(&self) -> Vec<&str> {
        self.tensors.iter().map(|(name, _)| name.as_str()).collect()
    }

    fn header(&self, index: usize) -> io::Result<Header> {
        let TensorInfo { dtype, shape, .. } = &self.tensors[index].1;
        let numbers = match dtype {
            Dtype::F16 => Ok(NumberType::little_endian(Kind::Half)),
            Dtype::BF16 => Ok(NumberType::little_endian(Kind::Brain)),
            Dtype::F32 => Ok(NumberType::little_endian(Kind::Single)),
            Dtype::F64 => Ok(NumberType::little_endian(Kind::Double)),
            other => Err(other.to_string()),
        };
        Ok(Header { shape: shape.clone(), numbers })
    }

    fn values(&self, index: usize, shape: &[usize], number: NumberType) -> io::Result<ArrayD<f64>> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(self.start + self.tensors[index].1.data_offsets.0 as u64))?;
        let values = number.read(file, shape.iter().product())?;
        ArrayD::from_shape_vec(IxDyn(shape), values).map_err(broken)
    }
}

/// Writes the tensors in their order.
pub(crate) fn write<F: Number>(mut file: impl Write, tensors: &[Stored<'_, F>]) -> io::Result<()> {
    let dtype = if numbers::is_double::<F>() { Dtype::F64 } else { Dtype::F32 };
    let mut end = 0;
    let list = tensors.iter().map(|tensor| {
        let start = end;
        end += numbers::size(tensor.values);
        (tensor.name.clone(), TensorInfo { dtype, shape: tensor.shape.clone(), data_offsets: (start, end) })
    });
    let metadata = Metadata::new(None, list.collect()).map_err(broken)?;
    let mut header = serde_json::to_vec(&metadata)?;
    // The values begin at a multiple of their size.
    header.resize(header.len().next_multiple_of(8), b' ');
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(&header)?;
    tensors.iter().try_for_each(|tensor| numbers::write(tensor.values, &mut file))
}
