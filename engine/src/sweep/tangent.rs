//! Jacobian-vector products.

use super::{Model, WHOLE_ROWS, row_blocks};
use crate::linalg::{Scalar, single_threaded_blas};
use crate::op::{Op, ParameterView};
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

/// Outputs and their derivative along a direction in the parameters, each `[n, out]`; `direction` holds one array per
/// parameter, of its shape.
pub(super) fn tangent<F: Scalar>(
    model: &Model<'_, F>,
    direction: &[Array2<F>],
    x: ArrayView2<'_, F>,
) -> (Array2<F>, Array2<F>) {
    let _blas = single_threaded_blas();
    let views = model.whole();
    let along: Vec<_> = direction.iter().zip(&views).map(|(d, view)| ParameterView::whole(d, view.gain)).collect();
    let (values, tangents): (Vec<Array2<F>>, Vec<Array2<F>>) = row_blocks(x.nrows(), WHOLE_ROWS)
        .into_par_iter()
        .map(|rows| {
            let batch = model.batch(&x, rows);
            let (scope, along) = (model.scope(&views, &batch), model.scope(&along, &batch));
            let (y, dy) = model.layer.tangent(scope, along, batch.clone(), None);
            let shape = y.shape;
            let y = y.into_rows().into_owned();
            let dy = dy.map(|dy| crate::op::Batch::new(dy, shape).into_rows().into_owned());
            let dy = dy.unwrap_or_else(|| Array2::zeros(y.dim()));
            (y, dy)
        })
        .unzip();
    let stack = |blocks: &[Array2<F>]| {
        let views: Vec<_> = blocks.iter().map(|b| b.view()).collect();
        ndarray::concatenate(Axis(0), &views).expect("blocks have the same number of columns")
    };
    (stack(&values), stack(&tangents))
}
