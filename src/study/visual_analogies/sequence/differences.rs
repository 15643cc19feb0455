//! Central differences, for tests.

use ndarray::Array2;

/// Checks `found`, the derivatives of `value` by each of its inputs, against central differences. Their error is of the order of
/// `step²` times a third derivative and of the rounding of `value` over the step.
pub(in super::super) fn assert_derivative(
    inputs: &[Array2<f64>],
    value: impl Fn(&[Array2<f64>]) -> f64,
    found: &[Array2<f64>],
) {
    assert_eq!(inputs.len(), found.len());
    let step = 1e-5;
    let mut inputs = inputs.to_vec();
    for (which, found) in found.iter().enumerate() {
        assert_eq!(inputs[which].dim(), found.dim());
        for (place, &derivative) in found.indexed_iter() {
            let start = inputs[which][place];
            let [above, below] = [start + step, start - step].map(|moved| {
                inputs[which][place] = moved;
                value(&inputs)
            });
            inputs[which][place] = start;
            let error = ((above - below) / (2.0 * step) - derivative).abs();
            assert!(error <= 1e-7, "input {which} at {place:?}: {derivative} is off by {error}");
        }
    }
}
