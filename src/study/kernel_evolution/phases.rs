//! A network in training, and linearisations of it that go on from there.

use super::{KernelEvolution, Kind, SECOND};
use crate::names::*;
use crate::saved_fields;
use crate::study::digit_sample::DigitSample;
use crate::study::hardening::{Schooling, TrainedOn, accuracies, ten_classes};

/// The class whose pictures are made, and their number of steps.
const CLASS: usize = 0;
const PICTURE_STEPS: usize = 100;
const PICTURE_STEP: f64 = 0.006;
/// Pictures of so many eigenvectors.
const PICTURES: usize = 2;

/// One network of the first phase.
#[derive(Clone)]
pub(super) struct Phase {
    /// Passes over the images before each record.
    pub epochs: Vec<f64>,
    /// The kernel of the mean output at each, `[records, points²]`.
    pub kernels: Matrix,
    /// Of it: effective rank, alignment with the classes, the same centred.
    pub effective_rank: Vec<f64>,
    pub alignment: Vec<f64>,
    pub centred_alignment: Vec<f64>,
    /// The mean diagonal of the kernels' specialisation; 1 for none.
    pub specialisation: Vec<f64>,
    /// Shares of unseen images right: as they are, attacked.
    pub clean: Vec<f64>,
    pub robust: Vec<f64>,
    /// What the second phase ends with: by epoch of the spawn and model, shares right as they are and attacked, `[spawns · models, 2]`; NaN where training diverged.
    pub spawned: Matrix,
    /// Inputs whose tangent features are along an eigenvector of the kernel of one class after training, `[pictures, 784]`.
    pub pictures: Matrix,
}
saved_fields!(Phase {
    epochs,
    kernels,
    effective_rank,
    alignment,
    centred_alignment,
    specialisation,
    clean,
    robust,
    spawned,
    pictures
});

impl Phase {
    pub fn measure(
        study: &KernelEvolution,
        on: TrainedOn,
        [train, test]: &[DigitSample; 2],
        seed: Seed,
    ) -> Result<Self> {
        let schooling = study.schooling();
        let start = ten_classes(study.width, train.x.ncols()).init(seed.child(0))?.cast::<f32>();
        let at = study.recorded();
        let networks = schooling.networks(&start, on, train, study.epochs, &at, seed.child(1))?;
        let count = study.points;
        let (points, y) = (test.first(count), test.one_hot()?.slice(s![..count, ..]).to_owned());
        let mut phase = Self {
            epochs: networks.iter().map(|(epoch, _)| *epoch).collect(),
            kernels: Matrix::zeros((networks.len(), count * count)),
            effective_rank: Vec::new(),
            alignment: Vec::new(),
            centred_alignment: Vec::new(),
            specialisation: Vec::new(),
            clean: Vec::new(),
            robust: Vec::new(),
            spawned: spawned(study, &networks, [train, test], seed.child(2))?,
            pictures: pictures(&networks.last().expect("a record or more").1.cast::<f64>(), &points)?,
        };
        for ((_, network), mut row) in networks.iter().zip(phase.kernels.rows_mut()) {
            let exact = network.cast::<f64>();
            let heads = (0..y.ncols()).map(|class| Ok(exact.kernel_of(Outputs::One(class), &points)?.ntk().clone()));
            let heads: Vec<Kernel> = heads.collect::<Result<_>>()?;
            let kernel = exact.kernel_of(Outputs::Averaged, &points)?.ntk().clone();
            row.assign(&kernel.values().iter().copied().collect::<Vector>());
            phase.effective_rank.push(kernel.spectrum()?.effective_rank()?);
            phase.alignment.push(kernel.target_alignment(&y)?);
            phase.centred_alignment.push(kernel.centred_target_alignment(&y)?);
            let matrix = class_specialisation(&heads, &y)?;
            phase.specialisation.push(matrix.diag().sum() / matrix.nrows() as f64);
            let (clean, robust) = accuracies(network, test, schooling.radius)?;
            phase.clean.push(clean);
            phase.robust.push(robust);
        }
        Ok(phase)
    }

    /// The kernel of a record.
    pub fn kernel(&self, record: usize) -> Kernel {
        let side = (self.kernels.ncols() as f64).sqrt() as usize;
        let values = self.kernels.row(record).to_owned().into_shape_with_order((side, side)).expect("a square");
        Kernel::of_outputs(values, (true, Route::Finite), 1)
    }
}

/// The second phase from some epochs of the first.
fn spawned(
    study: &KernelEvolution,
    networks: &[(f64, Network<f32>)],
    [train, test]: [&DigitSample; 2],
    seed: Seed,
) -> Result<Matrix> {
    let schooling = Schooling { rate: study.second_rate, ..study.schooling() };
    let mut rows = Vec::new();
    for (number, &epoch) in study.spawns.iter().enumerate() {
        let (_, network) =
            networks.iter().find(|(at, _)| *at >= epoch - 1e-9).expect("a record at or after every spawn");
        for (kind, on) in SECOND {
            let linear = network.linearised();
            let model = if kind == Kind::Centred { linear.centred() } else { linear };
            let seed = seed.child(number as u64);
            rows.push(match schooling.linearised(model, on, train, study.second_epochs, seed) {
                Ok(model) => accuracies(&model, test, schooling.radius)?,
                Err(Error::TrainingDiverged { .. }) => (f64::NAN, f64::NAN),
                Err(error) => return Err(error),
            });
        }
    }
    Ok(Matrix::from_shape_fn((rows.len(), 2), |(row, column)| if column == 0 { rows[row].0 } else { rows[row].1 }))
}

/// Inputs that are like an eigenvector of the kernel of one class: from grey, steps of the sign of the gradient of
/// `cos(∂f(x)/∂θ, Σ_j u_j ∂f(x_j)/∂θ)`, or rather of its logarithm, `g(x) = Σ_j Θ(x, x_j) u_j` over the root of `Θ(x, x)`.
fn pictures(network: &Network, points: &Matrix) -> Result<Matrix> {
    let spectrum = network.kernel_of(Outputs::One(CLASS), points)?.ntk().spectrum()?;
    let classes = network.outputs_count();
    let of_class = |values: Vector| {
        let mut all = Matrix::zeros((values.len(), classes));
        all.column_mut(CLASS).assign(&values);
        all
    };
    let (one, mut found) = (of_class(Vector::ones(1)), Matrix::zeros((PICTURES.min(points.nrows()), points.ncols())));
    for (mut row, vector) in found.rows_mut().into_iter().zip(spectrum.vectors().rows()) {
        let along = network.kernel_predictor(&of_class(vector.to_owned()), points)?;
        let mut x = Matrix::from_elem((1, points.ncols()), 0.5);
        for _ in 0..PICTURE_STEPS {
            let value = along.outputs(&x)?[[0, CLASS]];
            let own = network.kernel_of(Outputs::One(CLASS), &x)?.ntk().values()[[0, 0]];
            if value == 0.0 || own == 0.0 {
                // No unit is active there: no direction is better than another.
                break;
            }
            // Θ(x, x) moves in both of its points.
            let slope =
                along.input_gradient(&one, &x)? / value - network.kernel_input_gradient(&one, &x, &one, &x)? / own;
            // Of an eigenvector either sign is as good.
            let sign = |v: f64| if v == 0.0 { 0.0 } else { v.signum() };
            x = (x + slope.mapv(|v| PICTURE_STEP * sign(v))).mapv(|v| v.clamp(0.0, 1.0));
        }
        row.assign(&x.row(0));
    }
    Ok(found)
}
