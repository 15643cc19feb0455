//! What observers bring back.

use super::{Memory, Quantity, State};
use crate::checkpoint::Arrays;
use crate::error::{Error, Result};
use crate::net::Network;
use crate::train::Training;
use ndarray::{Array1, Array2, ArrayD, Axis, IxDyn};

/// What an [`Observer`](super::Observer) recorded: when, and a series for each quantity.
#[derive(Clone, PartialEq)]
pub struct Records {
    /// Steps taken before each record.
    pub steps: Vec<u64>,
    /// Passes over the samples before each record.
    pub epochs: Vec<f64>,
    /// The sum of the learning rates of all steps before each record, `η t`.
    pub times: Vec<f64>,
    /// In the order in which the observer was given them.
    pub series: Vec<Series>,
}

/// A quantity in all records.
#[derive(Clone, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// `[records, …]`: its own axes after that of the records.
    pub values: ArrayD<f64>,
}

impl Records {
    /// A quantity in all records, `[records, …]`.
    ///
    /// # Errors
    /// [`Error::NoColumn`] for a name that there is not.
    pub fn array(&self, name: &str) -> Result<&ArrayD<f64>> {
        let found = self.series.iter().find(|series| series.name == name);
        let names = || self.series.iter().map(|series| series.name.clone()).collect();
        found.map(|series| &series.values).ok_or_else(|| Error::NoColumn { name: name.into(), names: names() })
    }

    /// The network as it was in a record, counted from 0, of an observer of [parameters](super::Observer::parameters): of the architecture of
    /// the one given, which was trained or drawn alike. What is trained on goes from where training was then.
    ///
    /// ```
    /// use hadamard::prelude::*;
    /// let (x, start) = (sphere(20, 4, Seed(0))?, mlp(2).width(32).input(4).init(Seed(1))?);
    /// let objective = Objective::new(&x, &x.column(0).to_owned(), SquaredError)?;
    /// let mut network = start.clone();
    /// let observer = Observer::new(When::Every(50)).parameters();
    /// let run = Trainer::steps(100, Sgd::new(0.1)).observe(observer).train(&mut network, &objective)?;
    /// // The kernel of step 50, held fixed, in training on its own.
    /// let mut spawned = run.records[0].network(&start, 1)?.linearised().centred();
    /// Trainer::steps(100, Sgd::new(0.1)).train(&mut spawned, &objective)?;
    /// assert_eq!(run.records[0].network(&start, 2)?.outputs(&x)?, network.outputs(&x)?);
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoColumn`] without recorded parameters; [`Error::Range`] for a record that there is not; [`Error::Size`] for a network of
    /// another number of parameters.
    pub fn network<F: Training>(&self, like: &Network<F>, record: usize) -> Result<Network<F>> {
        let place = "network of a record";
        let all = self.array(super::PARAMETERS)?;
        if record >= self.steps.len() {
            let (what, legal) = ("the record, counted from 0,", "below the number of records");
            return Err(Error::Range { place, what, value: record as f64, legal });
        }
        let mut values = all.index_axis(Axis(0), record).into_iter().copied().collect::<Vec<_>>().into_iter();
        let (expected, got) = (values.len(), like.parameters().iter().map(|p| p.values.len()).sum());
        if expected != got {
            return Err(Error::Size { place, what: "parameters, those recorded", expected, got });
        }
        let mut network = like.clone();
        for parameter in network.parameters_mut() {
            parameter.values.iter_mut().for_each(|v| *v = F::of(values.next().expect("as many were counted")));
        }
        Ok(network)
    }

    /// A number in all records.
    ///
    /// # Errors
    /// As for [`Records::array`]; [`Error::Size`] for a quantity of more than one number.
    pub fn values(&self, name: &str) -> Result<Vec<f64>> {
        let array = self.array(name)?;
        match array.len() == self.steps.len() {
            true => Ok(array.iter().copied().collect()),
            false => {
                let got = array.len() / self.steps.len().max(1);
                Err(Error::Size { place: "records", what: "number in each record", expected: 1, got })
            }
        }
    }
}

impl std::fmt::Debug for Records {
    /// How many, of which steps, of what.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends = [self.steps.first(), self.steps.last()].map(|step| step.copied().unwrap_or(0));
        write!(f, "{} records, steps {} to {}:", self.steps.len(), ends[0], ends[1])?;
        self.series.iter().take(12).try_for_each(|series| write!(f, " {series:?};"))
    }
}

impl std::fmt::Debug for Series {
    /// Name and shape.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.64} {:?}", self.name, self.values.shape())
    }
}

/// Records that grow.
#[derive(Clone, Debug, Default)]
pub(in crate::train) struct Recorder {
    steps: Vec<u64>,
    epochs: Vec<f64>,
    times: Vec<f64>,
    columns: Vec<Column>,
    /// One per quantity, from the first record on.
    memories: Vec<Memory>,
}

#[derive(Clone, Debug)]
struct Column {
    /// Of one record.
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Recorder {
    /// Adds a record.
    ///
    /// # Errors
    /// Those of the quantities; [`Error::Size`] for one of another shape than before.
    pub fn record(&mut self, quantities: &[Quantity], state: &State<'_>) -> Result<()> {
        self.memories.resize_with(quantities.len(), Memory::default);
        let kept = quantities.iter().zip(&mut self.memories);
        let measured = kept.map(|(quantity, memory)| {
            let measured = (quantity.measure)(state, memory);
            memory.records += 1;
            measured
        });
        let measured = measured.collect::<Result<Vec<_>>>()?;
        if self.columns.is_empty() {
            self.columns =
                measured.iter().map(|array| Column { shape: array.shape().to_vec(), values: Vec::new() }).collect();
        }
        for (column, array) in self.columns.iter().zip(&measured) {
            if column.shape != array.shape() {
                let (place, what) = ("observer", "numbers in a record, in the shape of the first one");
                return Err(Error::Size { place, what, expected: column.shape.iter().product(), got: array.len() });
            }
        }
        self.steps.push(state.step);
        self.epochs.push(state.epoch);
        self.times.push(state.time);
        self.columns.iter_mut().zip(measured).for_each(|(column, array)| column.values.extend(array.iter()));
        Ok(())
    }

    pub fn finish(self, quantities: &[Quantity]) -> Records {
        let records = self.steps.len();
        let series = quantities.iter().zip(self.columns).map(|(quantity, column)| {
            let shape: Vec<usize> = std::iter::once(records).chain(column.shape).collect();
            let values = ArrayD::from_shape_vec(IxDyn(&shape), column.values).expect("every record has the same shape");
            Series { name: quantity.name.clone(), values }
        });
        let series = series.collect();
        Records { steps: self.steps, epochs: self.epochs, times: self.times, series }
    }

    /// Adds itself to what a checkpoint holds, under a number.
    pub fn save(&self, arrays: Arrays, number: usize) -> Arrays {
        let name = |what: &str| format!("observer.{number}.{what}");
        let records = self.steps.len();
        let arrays = arrays
            .number(&name("records"), records as f64)
            .with(&name("steps"), self.steps.iter().map(|&step| step as f64).collect::<Array1<f64>>())
            .with(&name("epochs"), Array1::from(self.epochs.clone()))
            .with(&name("times"), Array1::from(self.times.clone()));
        let memories = self.memories.iter().enumerate();
        let arrays = memories.fold(arrays, |arrays, (index, memory)| {
            let name = |what: &str| name(&format!("{index}.{what}"));
            // None is an array without rows, and read as none.
            let vectors = memory.vectors.clone().unwrap_or_default();
            let (rows, columns) = vectors.dim();
            let arrays =
                arrays.number(&name("remembered"), rows as f64).number(&name("remembered.length"), columns as f64);
            arrays.with(&name("memory"), vectors)
        });
        self.columns.iter().enumerate().fold(arrays, |arrays, (index, column)| {
            let name = |what: &str| name(&format!("{index}.{what}"));
            let numbers = column.shape.iter().product();
            let values = Array2::from_shape_vec((records, numbers), column.values.clone());
            arrays
                .number(&name("axes"), column.shape.len() as f64)
                .with(&name("shape"), column.shape.iter().map(|&size| size as f64).collect::<Array1<f64>>())
                .with(&name("values"), values.expect("every record has the same shape"))
        })
    }

    /// What was saved.
    ///
    /// # Errors
    /// [`Error::Store`] for arrays that no such recorder has saved.
    pub fn restore(saved: &mut Arrays, number: usize, quantities: usize, steps: u64) -> Result<Self> {
        const AXES: u64 = 64;
        let name = |what: &str| format!("observer.{number}.{what}");
        let records = saved.take_count(&name("records"), steps.saturating_add(1))? as usize;
        let columns = if records == 0 { 0 } else { quantities };
        let found: Array1<f64> = saved.take(&name("steps"), records)?;
        let epochs = saved.take(&name("epochs"), records)?.to_vec();
        let times = saved.take(&name("times"), records)?.to_vec();
        let columns = (0..columns).map(|index| {
            let name = |what: &str| name(&format!("{index}.{what}"));
            let axes = saved.take_count(&name("axes"), AXES)? as usize;
            let shape: Vec<usize> = saved.take(&name("shape"), axes)?.iter().map(|&size: &f64| size as usize).collect();
            let numbers = shape.iter().fold(1, |product: usize, &size| product.saturating_mul(size));
            let values: Array2<f64> = saved.take(&name("values"), (records, numbers))?;
            Ok(Column { shape, values: values.iter().copied().collect() })
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        let memories = (0..columns.len()).map(|index| {
            let name = |what: &str| name(&format!("{index}.{what}"));
            let count = |saved: &mut Arrays, what| {
                saved.take_count(&name(what), u64::from(u32::MAX)).map(|count| count as usize)
            };
            let dim = (count(saved, "remembered")?, count(saved, "remembered.length")?);
            let vectors: Array2<f64> = saved.take(&name("memory"), dim)?;
            Ok(Memory { records: records as u64, vectors: (!vectors.is_empty()).then_some(vectors) })
        });
        let memories = memories.collect::<Result<_>>()?;
        Ok(Self { memories, steps: found.iter().map(|&step| step as u64).collect(), epochs, times, columns })
    }
}
