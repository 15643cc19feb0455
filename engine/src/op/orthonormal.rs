//! Coefficients of functions in orthonormal polynomials, as sums over nodes that are the same for all functions.

/// The polynomials of a density times its root, which stay bounded where the polynomials overflow, by
/// `p_{k+1}(t) = (α_k + β_k t) p_k(t) - γ_k p_{k-1}(t)`.
pub struct Recurrence {
    /// `α_k, β_k, γ_k`.
    factors: Vec<[f64; 3]>,
}

impl Recurrence {
    /// Of `terms` polynomials, with `[α_k, β_k, γ_k]` at every `k`.
    pub fn new(terms: usize, factors: impl Fn(f64) -> [f64; 3]) -> Self {
        Self { factors: (0..terms).map(|k| factors(k as f64)).collect() }
    }

    /// All of them at `t`, where the one of degree 0 is `first`.
    pub fn at(&self, t: f64, first: f64) -> impl Iterator<Item = f64> + '_ {
        let (mut before, mut current) = (0.0, first);
        self.factors.iter().map(move |&[shift, slope, back]| {
            let value = current;
            (before, current) = (current, (shift + slope * t) * current - back * before);
            value
        })
    }
}

/// A node of an integral of a function times a polynomial and the density.
pub struct Node {
    /// Where the function is evaluated.
    pub place: f64,
    /// Where the polynomial is.
    pub t: f64,
    /// The polynomial of degree 0 times the root of the density.
    pub first: f64,
    /// The weight times what the polynomial lacks of the density.
    pub weight: f64,
}

/// The polynomials at nodes, each times the weight of its node.
pub struct Nodes {
    places: Vec<f64>,
    terms: usize,
    /// `[nodes, terms]`.
    functions: Vec<f64>,
}

impl Nodes {
    pub fn new(recurrence: &Recurrence, nodes: impl Iterator<Item = Node>) -> Self {
        let (mut places, mut functions) = (Vec::new(), Vec::new());
        for node in nodes {
            places.push(node.place);
            functions.extend(recurrence.at(node.t, node.first).map(|value| node.weight * value));
        }
        Self { places, terms: recurrence.factors.len(), functions }
    }

    /// Their places, in order.
    pub fn places(&self) -> &[f64] {
        &self.places
    }

    /// Adds a function's value at a node to its coefficients.
    pub fn add(&self, node: usize, value: f64, coefficients: &mut [f64]) {
        let functions = &self.functions[node * self.terms..(node + 1) * self.terms];
        coefficients.iter_mut().zip(functions).for_each(|(sum, function)| *sum += value * function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hermite polynomials under `e^{-g²/2}/√(2π)`, whose first are 1, g, (g² - 1)/√2 and (g³ - 3g)/√6.
    #[test]
    fn a_recurrence_has_its_polynomials_and_nodes_sum_their_coefficients() {
        let hermite = Recurrence::new(4, |j| [0.0, 1.0 / (j + 1.0).sqrt(), (j / (j + 1.0)).sqrt()]);
        let node = |k: i32| {
            let g = f64::from(k) / 16.0 + 0.03;
            let root = (-g * g / 4.0).exp() / std::f64::consts::TAU.powf(0.25);
            Node { place: g, t: g, first: root, weight: root / 16.0 }
        };
        for (place, first) in (-20..20).map(node).map(|node| (node.place, node.first)) {
            let exact = [1.0, place, (place * place - 1.0) / 2f64.sqrt(), (place.powi(3) - 3.0 * place) / 6f64.sqrt()];
            for (value, exact) in hermite.at(place, first).zip(exact) {
                assert!((value - exact * first).abs() <= 1e-14, "{place}: {value}");
            }
        }
        // The coefficients of 2 - 3 h_3.
        let (nodes, mut sums) = (Nodes::new(&hermite, (-200..200).map(node)), [0.0; 4]);
        for (index, &g) in nodes.places().iter().enumerate() {
            nodes.add(index, 2.0 - 3.0 * (g.powi(3) - 3.0 * g) / 6f64.sqrt(), &mut sums);
        }
        for (sum, exact) in sums.into_iter().zip([2.0, 0.0, 0.0, -3.0]) {
            assert!((sum - exact).abs() <= 1e-13, "{sum} {exact}");
        }
    }
}
