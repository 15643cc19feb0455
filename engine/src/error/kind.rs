//! What an error says, and how it is shown.

use super::Error;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// True if it says that the architecture has no limit kernel in closed form, so that one of finite width can stand for it; false for
    /// what went wrong otherwise, as a shortage of memory or an input that is not finite.
    pub fn says_no_limit(&self) -> bool {
        matches!(
            self,
            Self::NoLimitRule { .. }
                | Self::NoClosedForm { .. }
                | Self::NoLimit { .. }
                | Self::DependentBranches { .. }
                | Self::NoReadout { .. }
                | Self::SeriesTail { .. }
                | Self::OwnRates { .. }
        )
    }
}

impl std::fmt::Debug for Error {
    /// The message: it is what `unwrap` and a notebook show.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use crate::data::sphere;
    use crate::error::Error;
    use crate::net::network;
    use crate::op::{dense, max_pool, monomial, relu, serial};
    use crate::random::Seed;
    use ndarray::Array2;

    #[test]
    fn what_has_no_limit_is_told_from_what_went_wrong() {
        let x = sphere(4, 3, Seed(0)).expect("points");
        let images = Array2::ones((2, 16));
        let refused = network("pool", serial([max_pool(2), dense(1)])).image(4, 4, 1).limit_kernel(&images);
        assert!(refused.is_err_and(|error| error.says_no_limit()));
        let refused = network("ReLU", serial([dense(8), relu(), relu(), dense(1)])).limit_kernel(&x);
        assert!(refused.is_err_and(|error| error.says_no_limit()));
        let rates = network("rates", serial([dense(8), dense(1)])).learning_rates(&[1.0, 2.0]).limit_kernel(&x);
        assert!(rates.is_err_and(|error| error.says_no_limit()));
        let net = network("MLP", serial([dense(8), relu(), dense(1)]));
        for x in [Array2::zeros((0, 3)), Array2::from_elem((1, 3), f64::NAN)] {
            assert!(net.limit_kernel(&x).is_err_and(|error| !error.says_no_limit()));
        }
        let overflow = network("power", serial([dense(8), monomial(150), dense(1)])).limit_kernel(&(x * 3.0));
        assert!(matches!(&overflow, Err(error @ Error::Overflow { .. }) if !error.says_no_limit()), "{overflow:?}");
    }
}
