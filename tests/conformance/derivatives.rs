//! Outputs, Jacobians, gradients and tangents.

use crate::case::{flat, for_each, largest, noise, relative_error};
use crate::cases::cases;
use hadamard::prelude::*;

#[test]
fn sizes_agree() {
    for_each("sizes", &cases(), |case| {
        let (network, x) = (case.network(), case.points(5, 1));
        let outputs = network.outputs_count();
        assert_eq!(network.outputs(&x).unwrap().dim(), (5, outputs), "{}", case.name());
        let count = case.small().parameter_count().unwrap();
        assert_eq!(network.parameters().iter().map(|p| p.values.len()).sum::<usize>(), count, "{}", case.name());
        assert_eq!(network.jacobian(&x).unwrap().dim(), (5 * outputs, count), "{}", case.name());
        for parameter in network.parameters() {
            assert_eq!(parameter.values.dim(), parameter.slot().dim, "{}", case.name());
        }
    });
}

#[test]
fn jacobian_equals_central_differences() {
    for_each("Jacobian", &cases(), |case| {
        let (mut network, x) = (case.network(), case.points(4, 1));
        let exact = network.jacobian(&x).unwrap();
        // Rounding of the difference is about 1e-16/step, the share of the third derivative step²: 1e-10 and 1e-12 of the
        // Jacobian, more where derivatives grow. A kink closer than the step to a point would show as an error of order 1.
        let (step, tolerance) = (1e-6, 1e-7 * largest(&exact));
        let mut column = 0;
        for index in 0..network.parameters().len() {
            let (rows, columns) = network.parameters()[index].values.dim();
            let first = column;
            for p in 0..rows * columns {
                let place = [p / columns, p % columns];
                let before = network.parameters()[index].values[place];
                let mut moved = |to: f64| {
                    network.parameters_mut()[index].values[place] = to;
                    network.outputs(&x).unwrap()
                };
                let (above, below) = (moved(before + step), moved(before - step));
                moved(before);
                let difference = flat([&((above - below) / (2.0 * step))]);
                let error = largest(&(&difference - &exact.column(column)));
                assert!(error <= tolerance, "{}: parameter {index}, entry {p}: {error}", case.name());
                column += 1;
            }
            let slot = network.parameters()[index].slot();
            let block = exact.slice(s![.., first..column]);
            let off = network.parameters().iter().any(|p| p.slot().gain == 0.0);
            assert!(off || largest(block) > 0.0, "{}: {} {} does nothing", case.name(), slot.op, slot.name);
        }
        assert_eq!(column, exact.ncols(), "{}", case.name());
    });
}

#[test]
fn products_with_the_jacobian_equal_the_jacobian() {
    for_each("gradient, tangent, linear model", &cases(), |case| {
        // More samples than a block holds.
        let (network, x) = (case.network(), case.points(70, 2));
        let jacobian = network.jacobian(&x).unwrap();
        let shapes: Vec<_> = network.parameters().iter().map(|p| p.values.dim()).collect();

        let u = noise((70, network.outputs_count()), 3);
        let gradient = network.vector_jacobian(&u, &x).unwrap();
        assert_eq!(gradient.iter().map(|g| g.dim()).collect::<Vec<_>>(), shapes, "{}", case.name());
        let expected = jacobian.t().dot(&flat([&u]));
        let error = largest(&(flat(&gradient) - &expected)) / largest(&expected);
        assert!(error <= 1e-12, "{}: gradient {error}", case.name());

        let direction: Vec<Matrix> = shapes.iter().zip(10..).map(|(&dim, seed)| noise(dim, seed)).collect();
        let tangent = network.jacobian_vector(&direction, &x).unwrap();
        let expected = jacobian.dot(&flat(&direction));
        let error = largest(&(flat([&tangent]) - &expected)) / largest(&expected);
        assert!(error <= 1e-12, "{}: tangent {error}", case.name());

        let mut other = network.clone();
        for (parameter, d) in other.parameters_mut().iter_mut().zip(&direction) {
            parameter.values += d;
        }
        let linear = network.linearised_outputs(&other, &x).unwrap();
        let error = relative_error(&linear, &(network.outputs(&x).unwrap() + tangent));
        assert!(error <= 1e-12, "{}: linear model {error}", case.name());
    });
}

#[test]
fn a_step_of_training_follows_the_jacobian() {
    let one_output = cases().into_iter().filter(|case| case.network().outputs_count() == 1);
    let one_output: Vec<_> = one_output.collect();
    assert!(one_output.len() >= 90, "{} cases", one_output.len());
    for_each("training", &one_output, |case| {
        let (before, x) = (case.network(), case.points(140, 4));
        let y = x.column(0).mapv(|v| v * v);
        let (mut after, rate) = (before.clone(), 1e-4);
        let objective = Objective::new(&x, &y, SquaredError).unwrap();
        Trainer::steps(1, Sgd::new(rate)).train(&mut after, &objective).unwrap();
        let residual = &y - &before.outputs(&x).unwrap().column(0);
        let mut expected = before.jacobian(&x).unwrap().t().dot(&residual) * (2.0 / 140.0 * rate);
        let rates = before.parameters().iter().flat_map(|p| vec![p.slot().rate; p.values.len()]);
        expected.iter_mut().zip(rates).for_each(|(step, rate)| *step *= rate);
        let values = |network: &Network| flat(network.parameters().iter().map(|p| &p.values));
        let error = largest(&(values(&after) - values(&before) - &expected));
        // The parameters themselves are rounded.
        let step = largest(&expected);
        assert!(step >= 1e-6 && error <= 1e-14 + 1e-12 * step, "{}: {error} of {step}", case.name());
    });
}
