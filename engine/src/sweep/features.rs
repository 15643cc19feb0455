//! What a tangent Gram is made of: for every parameter and sample, the pair `(h, δ)` or the gradient itself.

use super::{Directions, Model, WHOLE_ROWS, row_blocks};
use crate::linalg::{Scalar, single_threaded_blas};
use crate::op::{Op, ParameterView, Role, Sink, VectorVisit, WeightVisit};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

/// How a parameter's share of the tangent kernel is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `(h·h')(δ·δ')`: a weight used at one position.
    Pair,
    /// `g·g'` for gradients of `columns` numbers.
    Gradient,
    /// `Σ_{p, p'} (h_p·h'_p')(δ_p·δ'_p')` over pairs of positions.
    Positions(usize),
}

impl Form {
    /// The cheapest form for a parameter of `[k, m]` numbers: per pair of samples, gradients cost `k m` and pairs of positions
    /// `p² (k + m)`.
    fn of(role: Role, (k, m): (usize, usize), positions: usize) -> Self {
        match (role, positions) {
            (Role::Vector, _) => Form::Gradient,
            (Role::Weight, 1) => Form::Pair,
            (Role::Weight, p) if p.saturating_mul(p).saturating_mul(k + m) < k * m => Form::Positions(p),
            (Role::Weight, _) => Form::Gradient,
        }
    }

    /// Columns of the input side and of the cotangent side.
    fn columns(self, (k, m): (usize, usize)) -> (usize, usize) {
        match self {
            Form::Pair => (k, m),
            Form::Gradient => (0, k * m),
            Form::Positions(p) => (p * k, p * m),
        }
    }
}

/// One parameter's features of a set of samples.
pub struct Feature<F> {
    pub form: Form,
    /// `h`, `[n, columns]`; `None` where the form has none or it was not asked for.
    pub input: Option<Array2<F>>,
    /// `δ` or `g`, `[n · rows per sample, columns · side by side]`.
    pub cotangent: Option<Array2<F>>,
}

/// The features of a set of samples, one entry per parameter.
pub struct Features<F> {
    pub entries: Vec<Feature<F>>,
    pub samples: usize,
}

/// Which sides of each parameter's features are asked for: input, cotangent.
pub type Sides = (bool, bool);

/// What is asked of a network's features.
pub struct Request<'a> {
    pub directions: Directions,
    /// One entry per parameter.
    pub sides: &'a [Sides],
}

/// The features of `x: [n, inputs]`, no parameter cut.
pub(super) fn of<F: Scalar>(model: &Model<'_, F>, request: &Request<'_>, x: ArrayView2<'_, F>) -> Features<F> {
    let _blas = single_threaded_blas();
    let mut features = Features::new();
    features.sweep(model, &model.whole(), (request.directions, request.sides), x, WHOLE_ROWS);
    features
}

/// The forms and sizes of the features of `views`.
pub(crate) fn forms<F: Scalar>(model: &Model<'_, F>, views: &[ParameterView<'_, F>]) -> Vec<(Form, (usize, usize))> {
    let form = |(parameter, view): (&crate::op::Parameter<F>, &ParameterView<'_, F>)| {
        let slot = parameter.slot();
        let dim = view.dim().unwrap_or((0, 0));
        let form = Form::of(slot.role, dim, slot.positions);
        (form, form.columns(dim))
    };
    model.parameters.iter().zip(views).map(form).collect()
}

impl<F: Scalar> Features<F> {
    pub fn new() -> Self {
        Self { entries: Vec::new(), samples: 0 }
    }

    /// Numbers held per sample by features of all parameters.
    pub fn per_sample(model: &Model<'_, F>, directions: Directions) -> usize {
        let outputs = directions.per_sample() * directions.side_by_side();
        forms(model, &model.whole()).iter().map(|(_, (input, cotangent))| input + outputs * cotangent).sum()
    }

    /// Sweeps `x: [n, inputs]` with `views` of the parameters, in blocks of `rows` samples. Buffers of the right size are
    /// used again.
    pub fn sweep(
        &mut self,
        model: &Model<'_, F>,
        views: &[ParameterView<'_, F>],
        (directions, sides): (Directions, &[Sides]),
        x: ArrayView2<'_, F>,
        rows: usize,
    ) {
        self.samples = x.nrows();
        let (per_sample, wide) = (directions.per_sample(), directions.side_by_side());
        let forms = forms(model, views);
        self.entries.resize_with(views.len(), || Feature { form: Form::Pair, input: None, cotangent: None });
        for ((entry, (form, columns)), side) in self.entries.iter_mut().zip(forms).zip(sides) {
            let present = columns.1 > 0;
            entry.form = form;
            fit(&mut entry.input, (side.0 && present && columns.0 > 0).then_some((self.samples, columns.0)));
            let size = (self.samples * per_sample, columns.1 * wide);
            fit(&mut entry.cotangent, (side.1 && present).then_some(size));
        }
        let present: Vec<usize> = (0..views.len()).filter(|&i| views[i].dim().is_some()).collect();
        // Every block writes to rows of its own.
        let mut rest: Vec<Target<'_, F>> = self
            .entries
            .iter_mut()
            .map(|e| Target {
                form: e.form,
                input: e.input.as_mut().map(|a| a.view_mut()),
                cotangent: e.cotangent.as_mut().map(|a| a.view_mut()),
            })
            .collect();
        let jobs: Vec<_> = row_blocks(x.nrows(), rows)
            .into_iter()
            .map(|block| {
                let count = block.len();
                let targets: Vec<_> = rest.iter_mut().map(|t| t.cut(count, per_sample)).collect();
                (block, targets)
            })
            .collect();
        jobs.into_par_iter().for_each(|(block, targets)| {
            let count = block.len();
            let batch = model.batch(&x, block);
            let scope = model.scope(views, &batch);
            let (_, saved) = model.layer.forward(scope, batch.clone(), true);
            let mut sink = Rows { targets, directions, index: 0, left: Vec::new() };
            for (index, output) in directions.outputs().enumerate() {
                (sink.index, sink.left) = (index, present.clone());
                model.layer.reverse(scope, saved.clone(), model.pick(count, output), &mut sink, false);
            }
        });
    }
}

/// Makes a buffer of the size asked for, or none.
fn fit<F: Scalar>(buffer: &mut Option<Array2<F>>, size: Option<(usize, usize)>) {
    if buffer.as_ref().map(|b| b.dim()) != size {
        *buffer = size.map(Array2::zeros);
    }
}

/// One parameter's rows of the buffers.
struct Target<'a, F> {
    form: Form,
    input: Option<ArrayViewMut2<'a, F>>,
    cotangent: Option<ArrayViewMut2<'a, F>>,
}

impl<'a, F: Scalar> Target<'a, F> {
    /// Cuts off the rows of the next `samples`.
    fn cut(&mut self, samples: usize, per_sample: usize) -> Self {
        let cut = |side: &mut Option<ArrayViewMut2<'a, F>>, rows: usize| {
            let (own, rest) = side.take()?.split_at(Axis(0), rows);
            *side = Some(rest);
            Some(own)
        };
        Self {
            form: self.form,
            input: cut(&mut self.input, samples),
            cotangent: cut(&mut self.cotangent, samples * per_sample),
        }
    }
}

/// Why a parameter is left at a visit.
const VISITED: &str = "every parameter of the slice is visited once";

/// The sink that writes one block's features to its rows of the buffers.
struct Rows<'a, F> {
    targets: Vec<Target<'a, F>>,
    directions: Directions,
    /// Which of the directions is being swept.
    index: usize,
    /// Parameters not visited yet; the last comes next.
    left: Vec<usize>,
}

impl<F: Scalar> Rows<'_, F> {
    /// Calls `write` with every sample's row of the cotangent buffer, the direction's block of it.
    fn write(&mut self, parameter: usize, mut write: impl FnMut(usize, ArrayViewMut2<'_, F>)) {
        let (row, block) = self.directions.place(self.index);
        let (per_sample, wide) = (self.directions.per_sample(), self.directions.side_by_side());
        let target = &mut self.targets[parameter];
        let positions = if let Form::Positions(p) = target.form { p } else { 1 };
        // Not asked for.
        let Some(buffer) = target.cotangent.as_mut() else { return };
        for (sample, line) in buffer.slice_mut(s![row..;per_sample, ..]).rows_mut().into_iter().enumerate() {
            // Positions stay outermost, so that each holds its blocks side by side.
            let width = line.len() / positions;
            let part = width / wide;
            let by_position = line.into_shape_with_order((positions, width)).expect("rows are contiguous");
            write(sample, by_position.slice_move(s![.., block * part..(block + 1) * part]));
        }
    }
}

impl<F: Scalar> Sink<F> for Rows<'_, F> {
    fn weight(&mut self, visit: WeightVisit<'_, F>) {
        let parameter = self.left.pop().expect(VISITED);
        let positions = visit.positions;
        if self.index == 0
            && let Some(input) = self.targets[parameter].input.as_mut()
        {
            for (mut line, rows) in input.rows_mut().into_iter().zip(visit.input.axis_chunks_iter(Axis(0), positions)) {
                for (mut target, row) in line.exact_chunks_mut(rows.ncols()).into_iter().zip(rows.rows()) {
                    target.assign(&row);
                }
            }
        }
        let cotangent = visit.cotangent;
        match self.targets[parameter].form {
            Form::Pair => self.write(parameter, |i, mut target| target.row_mut(0).assign(&cotangent.row(i))),
            Form::Positions(p) => {
                self.write(parameter, |i, mut target| target.assign(&cotangent.slice(s![i * p..(i + 1) * p, ..])));
            }
            Form::Gradient => {
                let dim = (visit.input.ncols(), cotangent.ncols());
                self.write(parameter, |i, target| {
                    let rows = s![i * positions..(i + 1) * positions, ..];
                    let mut gradient = target.into_shape_with_order(dim).expect("a block of a row is contiguous");
                    let (input, cotangent) = (visit.input.slice(rows), cotangent.slice(rows));
                    general_mat_mul(F::one(), &input.t(), &cotangent, F::zero(), &mut gradient);
                });
            }
        }
    }

    fn vector(&mut self, visit: VectorVisit<'_, F>) {
        let parameter = self.left.pop().expect(VISITED);
        self.write(parameter, |i, mut target| target.row_mut(0).assign(&visit.gradient.row(i)));
    }
}
