//! One network on one image.

use super::ImageRegression;
use super::bands::{BANDS, Bands, trained};
use crate::names::*;
use crate::saved_fields;
use crate::study::frame::*;

/// What is recorded at a step: the mean squared errors on trained and on held-out pixels, then the bands of the first.
const COLUMNS: usize = 2 + BANDS;
/// The last step of the closed form.
pub(super) const HORIZON: u64 = 100_000_000;
/// The step of the closed form whose picture is kept: much later every kernel that can has all trained pixels.
pub(super) const SHOWN: u64 = 10_000;

/// The least mean square of the image in a band of frequency: rounding leaves less.
const FLOOR: f64 = 1e-20;

/// Steps of records: 0, then 20 a power of ten, and the last.
pub(super) fn records(last: u64) -> Vec<u64> {
    let grid = (0..).map(|i| 10f64.powf(f64::from(i) / 20.0).round() as u64);
    let mut steps: Vec<u64> = std::iter::once(0).chain(grid.take_while(|&step| step < last)).chain([last]).collect();
    steps.dedup();
    steps
}

/// The pixels of an image, those to train on apart from those held out.
pub(super) struct Data {
    pub image: GreyImage,
    /// `(x, y, 1)`, `[n, 3]`.
    inputs: [Array2<f64>; 2],
    /// Grey values less the mean of the trained ones, `[n]`.
    values: [Array1<f64>; 2],
    mean: f64,
    bands: Bands,
}

impl Data {
    pub fn new(image: GreyImage) -> Result<Self> {
        let grey = image.pixels.iter().copied().find(|v| !(0.0..=1.0).contains(v));
        let requires = ImageRegression::requires();
        requires.that(grey.is_none(), "a grey value", grey.unwrap_or(0.0), "from 0 to 1")?;
        let (height, width) = image.pixels.dim();
        let pixels = || (0..height).flat_map(|i| (0..width).map(move |j| (i, j)));
        let part = |wanted: bool| -> Vec<usize> {
            pixels().enumerate().filter(|(_, (i, j))| trained(*i, *j) == wanted).map(|(pixel, _)| pixel).collect()
        };
        let parts = [part(true), part(false)];
        let (points, greys) = (image.coordinates(), image.values());
        let inputs = |pixels: &Vec<usize>| {
            Array2::from_shape_fn(
                (pixels.len(), 3),
                |(row, axis)| if axis < 2 { points[[pixels[row], axis]] } else { 1.0 },
            )
        };
        let mean = parts[0].iter().map(|&pixel| greys[pixel]).sum::<f64>() / parts[0].len() as f64;
        let values = |pixels: &Vec<usize>| greys.select(Axis(0), pixels) - mean;
        let (inputs, values) = (parts.each_ref().map(inputs), parts.each_ref().map(values));
        let bands = Bands::new(height);
        // Shares of a band in which there is nothing would not be numbers.
        for (index, value) in bands.energies(values[0].view()).into_iter().enumerate() {
            if !(value > FLOOR) {
                let (place, what) = ("image regression", "the mean square in the frequency band");
                return Err(Error::TooSmall { place, what, index, value, floor: FLOOR });
            }
        }
        Ok(Self { bands, image, inputs, values, mean })
    }

    /// A record of what was learned, `f_t - f_0` on both parts of the pixels.
    fn record(&self, learned: &[Array1<f64>; 2]) -> [f64; COLUMNS] {
        let [seen, unseen] = [0, 1].map(|part| &self.values[part] - &learned[part]);
        let square = |residual: &Array1<f64>| residual.dot(residual) / residual.len() as f64;
        let mut record = [square(&seen), square(&unseen), 0.0, 0.0, 0.0, 0.0];
        record[2..].copy_from_slice(&self.bands.energies(seen.view()));
        record
    }

    /// The image that what was learned makes.
    fn picture(&self, learned: &[Array1<f64>; 2]) -> Array2<f64> {
        let mut parts = learned.each_ref().map(|values| values.iter());
        Array2::from_shape_fn(self.image.pixels.dim(), |(i, j)| {
            let part = usize::from(!trained(i, j));
            self.mean + parts[part].next().copied().unwrap_or(f64::NAN)
        })
    }
}

/// One way of learning: records against steps, and the last picture.
#[derive(Clone)]
pub(super) struct Learned {
    pub steps: Vec<u64>,
    /// `[records, COLUMNS]`.
    records: Matrix,
    /// The step of the picture.
    shown: u64,
    pub picture: Matrix,
}
saved_fields!(Learned { steps, records, shown, picture });

impl Learned {
    /// The mean squared error of a record on trained or on held-out pixels.
    pub fn error(&self, record: usize, held_out: bool) -> f64 {
        self.records[[record, usize::from(held_out)]]
    }

    /// The share of a band's root mean square that is left at a record.
    pub fn left(&self, record: usize, band: usize) -> f64 {
        (self.records[[record, 2 + band]] / self.records[[0, 2 + band]]).sqrt()
    }

    /// The index of the last record up to a step.
    pub fn until(&self, step: u64) -> usize {
        self.steps.partition_point(|&at| at <= step).saturating_sub(1)
    }

    /// The index of the record of the picture.
    pub fn shown(&self) -> usize {
        self.steps.iter().position(|&step| step == self.shown).expect("the step of the picture is recorded")
    }

    fn fits(&self, (last, shown): (u64, u64), dim: (usize, usize)) -> bool {
        let steps = records(last);
        self.records.dim() == (steps.len(), COLUMNS)
            && self.steps == steps
            && self.shown == shown
            && self.picture.dim() == dim
    }
}

/// What one network did.
#[derive(Clone)]
pub(super) struct Found {
    pub parameters: usize,
    pub rate: f64,
    /// The kernel below is that of infinite width, not of this network.
    pub limit: bool,
    pub trained: Learned,
    /// What the NTK, held fixed, would do.
    pub kernel: Learned,
}
saved_fields!(Found { parameters, rate, limit, trained, kernel });

impl Found {
    /// Whether it is of so many steps and an image of these sizes.
    pub fn fits(&self, steps: u64, dim: (usize, usize)) -> bool {
        self.trained.fits((steps, steps), dim) && self.kernel.fits((HORIZON, SHOWN), dim)
    }
}

impl ImageRegression {
    /// Trains a network, and computes what its NTK would do.
    pub(super) fn train(&self, net: &Net, data: &Data, seed: Seed) -> Result<Found> {
        let net = net.clone().width(self.width).input(3);
        let network = net.init(seed)?;
        network.require_one_output(Self::TITLE)?;
        let parameters = network.parameters().iter().map(|p| p.values.len()).sum();
        let [seen, unseen] = &data.inputs;
        let own = network.kernel(seen)?;
        let rate = self.matched_rate * own.ntk().regression(&data.values[0])?.max_learning_rate() / 2.0;
        // Without a limit the kernels are those of this network.
        let (limit, ntk, cross) = match net.limit_kernel(seen) {
            Ok(kernels) => (true, kernels, net.limit_kernel_between(unseen, seen)?),
            Err(error) if error.says_no_limit() => (false, own, network.kernel_between(unseen, seen)?),
            Err(error) => return Err(error),
        };
        let regression = ntk.ntk().regression(&data.values[0])?;
        let trajectory = regression.gradient_descent(LearningRate::MatchTop(self.matched_rate))?;
        let steps = records(HORIZON);
        let times: Vec<f64> = steps.iter().map(|&step| step as f64).collect();
        let start = Array1::zeros(unseen.nrows());
        let outputs = [trajectory.predict(&times)?, trajectory.predict_on(cross.ntk(), &start, &times)?];
        let learned = (0..times.len()).map(|time| outputs.each_ref().map(|values| values.row(time).to_owned()));
        let kernel = self.learned(data, (steps, SHOWN), learned.map(Ok))?;
        let trained = self.descend(network, rate, data)?;
        Ok(Found { parameters, rate, limit, trained, kernel })
    }

    fn descend(&self, network: Network, rate: f64, data: &Data) -> Result<Learned> {
        let mut network = network.cast::<f32>();
        let outputs = |network: &Network<f32>| {
            let [seen, unseen] = data.inputs.each_ref().map(|x| network.outputs(x).map(|y| y.column(0).to_owned()));
            Ok::<_, Error>([seen?, unseen?])
        };
        let first = outputs(&network)?;
        let target = &data.values[0] + &first[0];
        let (steps, [seen, unseen]) = (records(self.steps), &data.inputs);
        let watch = Observer::new(When::Steps(steps.clone())).outputs("seen", seen).outputs("unseen", unseen);
        let objective = Objective::new(seen, &target, SquaredError)?;
        let run = Trainer::steps(self.steps, Sgd::new(rate)).observe(watch).train(&mut network, &objective)?;
        let recorded = [run.records[0].array("seen")?, run.records[0].array("unseen")?];
        let learned = (0..steps.len()).map(|record| {
            let outputs =
                |side: usize| recorded[side].index_axis(Axis(0), record).iter().copied().collect::<Array1<f64>>();
            Ok([outputs(0) - &first[0], outputs(1) - &first[1]])
        });
        self.learned(data, (run.records[0].steps.clone(), self.steps), learned)
    }

    fn learned(
        &self,
        data: &Data,
        (steps, shown): (Vec<u64>, u64),
        learned: impl Iterator<Item = Result<[Array1<f64>; 2]>>,
    ) -> Result<Learned> {
        let (mut records, mut picture) = (Array2::zeros((steps.len(), COLUMNS)), data.image.pixels.clone());
        for (index, (mut record, learned)) in records.rows_mut().into_iter().zip(learned).enumerate() {
            let learned = learned?;
            record.assign(&Array1::from(data.record(&learned).to_vec()));
            if steps[index] == shown {
                picture = data.picture(&learned);
            }
        }
        Ok(Learned { steps, records, shown, picture })
    }
}
