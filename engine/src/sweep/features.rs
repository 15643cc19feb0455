//! What a tangent Gram is made of: for every parameter and sample, the pair `(h, δ)` or the gradient itself.

use super::{Directions, Model, Slices, Sweep, row_blocks};
use crate::linalg::{Element, Scalar, single_threaded_blas};
use crate::op::{Parameter, ParameterView, Role, Sink, VectorVisit, WeightVisit};
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
    /// `Σ_{p, p'} (h_p·h'_p')(δ_p·δ'_p')` over pairs of positions, those of all visits of the weight.
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
    let sweep = Sweep::new(model, x);
    features.sweep(&sweep, &sweep.whole(), (request.directions, request.sides), model.block());
    features
}

/// The forms and sizes of the features of `views`.
pub(crate) fn forms<F: Scalar>(model: &Model<'_, F>, views: &[ParameterView<'_, F>]) -> Vec<(Form, (usize, usize))> {
    let form = |(parameter, view): (&Parameter<F>, &ParameterView<'_, F>)| {
        let slot = parameter.slot();
        let dim = view.dim().unwrap_or((0, 0));
        let form = Form::of(slot.role, dim, slot.positions);
        (form, form.columns(dim))
    };
    model.parameters.iter().zip(views).map(form).collect()
}

/// Numbers held per sample by features of all parameters.
pub(crate) fn per_sample<F: Scalar>(model: &Model<'_, F>, directions: Directions) -> usize {
    let outputs = directions.per_sample() * directions.side_by_side();
    let views = Slices::whole(model).view(model, None, &(0..0));
    forms(model, &views).iter().map(|(_, (input, cotangent))| input + outputs * cotangent).sum()
}

impl<F: Element> Features<F> {
    pub fn new() -> Self {
        Self { entries: Vec::new(), samples: 0 }
    }

    /// Sweeps with `views` of the parameters, in blocks of `rows` samples. Buffers of the right size are used again.
    pub(super) fn sweep<'a>(
        &mut self,
        sweep: &Sweep<'a, F>,
        views: &[ParameterView<'a, F::Real>],
        (directions, sides): (Directions, &[Sides]),
        rows: usize,
    ) {
        self.samples = sweep.samples();
        let (per_sample, wide) = (directions.per_sample(), directions.side_by_side());
        let forms = forms(sweep.model, views);
        self.entries.resize_with(views.len(), || Feature { form: Form::Pair, input: None, cotangent: None });
        for ((entry, (form, columns)), side) in self.entries.iter_mut().zip(forms).zip(sides) {
            let present = columns.1 > 0;
            entry.form = form;
            fit(&mut entry.input, (side.0 && present && columns.0 > 0).then_some((self.samples, columns.0)));
            let size = (self.samples * per_sample, columns.1 * wide);
            fit(&mut entry.cotangent, (side.1 && present).then_some(size));
        }
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
        let jobs: Vec<_> = row_blocks(self.samples, rows)
            .into_iter()
            .map(|block| {
                let count = block.len();
                let targets: Vec<_> = rest.iter_mut().map(|t| t.cut(count, per_sample)).collect();
                (block, targets)
            })
            .collect();
        jobs.into_par_iter().for_each(|(block, targets)| {
            let seen = vec![0; targets.len()];
            let mut sink = Rows { targets, directions, index: 0, seen };
            let cotangents = directions.outputs().map(|output| sweep.model.pick(block.len(), output));
            sweep.reverse(sweep.taped(views, &block), cotangents, &mut sink);
        });
    }
}

/// Makes a buffer of the size asked for, or none.
fn fit<F: Element>(buffer: &mut Option<Array2<F>>, size: Option<(usize, usize)>) {
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

impl<'a, F: Element> Target<'a, F> {
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

/// The sink that writes one block's features to its rows of the buffers.
struct Rows<'a, F> {
    targets: Vec<Target<'a, F>>,
    directions: Directions,
    /// Which of the directions is being swept.
    index: usize,
    /// Positions at which each parameter was visited in this pass.
    seen: Vec<usize>,
}

impl<F: Element> Rows<'_, F> {
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

impl<F: Element> Sink<F> for Rows<'_, F> {
    fn start(&mut self, index: usize) {
        self.index = index;
        self.seen.fill(0);
    }

    fn weight(&mut self, visit: WeightVisit<'_, F>) {
        let (parameter, positions, cotangent) = (visit.parameter, visit.positions, visit.cotangent);
        let before = self.seen[parameter];
        self.seen[parameter] += positions;
        let form = self.targets[parameter].form;
        if self.index == 0
            && let Some(input) = self.targets[parameter].input.as_mut()
        {
            let columns = visit.input.ncols();
            let own = before * columns..(before + positions) * columns;
            let mut lines = input.slice_mut(s![.., own]);
            for (mut line, rows) in lines.rows_mut().into_iter().zip(visit.input.axis_chunks_iter(Axis(0), positions)) {
                for (mut target, row) in line.exact_chunks_mut(columns).into_iter().zip(rows.rows()) {
                    target.assign(&row);
                }
            }
        }
        match form {
            Form::Pair => self.write(parameter, |i, mut target| target.row_mut(0).assign(&cotangent.row(i))),
            Form::Positions(_) => self.write(parameter, |i, mut target| {
                let own = cotangent.slice(s![i * positions..(i + 1) * positions, ..]);
                target.slice_mut(s![before..before + positions, ..]).assign(&own);
            }),
            Form::Gradient => {
                let dim = (visit.input.ncols(), cotangent.ncols());
                let add = if before == 0 { F::zero() } else { F::one() };
                self.write(parameter, |i, target| {
                    let rows = s![i * positions..(i + 1) * positions, ..];
                    let mut gradient = target.into_shape_with_order(dim).expect("a block of a row is contiguous");
                    let (input, cotangent) = (visit.input.slice(rows), cotangent.slice(rows));
                    general_mat_mul(F::one(), &input.t(), &cotangent, add, &mut gradient);
                });
            }
        }
    }

    fn vector(&mut self, visit: VectorVisit<'_, F>) {
        let first = std::mem::replace(&mut self.seen[visit.parameter], 1) == 0;
        self.write(visit.parameter, |i, mut target| {
            let mut target = target.row_mut(0);
            if first {
                target.assign(&visit.gradient.row(i));
            } else {
                target += &visit.gradient.row(i);
            }
        });
    }
}
