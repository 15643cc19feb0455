//! What the combinators take: layers of one type in a list, ops of several types in a tuple.

use crate::op::{Layer, serial};

/// Layers or ops, in order: what [`serial`], [`hadamard`](crate::op::hadamard), [`hadamard_skip`](crate::op::hadamard_skip),
/// [`sum`](crate::op::sum) and [`concat`](crate::op::concat) take.
///
/// A list (array, `Vec`, iterator) holds [`Layer`]s; a tuple of up to 12 holds whatever becomes one, each of its own type: an op that
/// was built with numbers, [`Dense`](crate::op::Dense) say, a layer, or a tuple again. A tuple where one layer is wanted is its parts one
/// after the other.
///
/// ```
/// use hadamard::prelude::*;
/// let with_biases = serial((Dense::hidden().bias(0.1), relu(), dense(1)));
/// assert_eq!(with_biases, serial([Dense::hidden().bias(0.1).into(), relu(), dense(1)]));
/// let gate = hadamard((Dense::hidden().bias(0.1), (Dense::hidden().bias(0.1), tanh())));
/// assert_eq!(gate, hadamard([Dense::hidden().bias(0.1).into(), serial([Dense::hidden().bias(0.1).into(), tanh()])]));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a list of layers nor a tuple of ops",
    note = "a list holds layers, `[relu(), dense(1)]`; a tuple of up to 12 mixes them with ops, `(Dense::new(10).bias(0.1), relu())`"
)]
pub trait IntoLayers<Form> {
    /// The layers.
    fn into_layers(self) -> Vec<Layer>;
}

/// Layers come as a list.
#[derive(Debug)]
pub enum Listed {}

/// Ops come as a tuple.
#[derive(Debug)]
pub enum Mixed {}

// `Item = Layer`, not `Into<Layer>`: a list of `op.into()` must say what they become.
impl<I: IntoIterator<Item = Layer>> IntoLayers<Listed> for I {
    fn into_layers(self) -> Vec<Layer> {
        self.into_iter().collect()
    }
}

macro_rules! tuples {
    ($($op:ident)+) => {
        impl<$($op: Into<Layer>),+> IntoLayers<Mixed> for ($($op,)+) {
            fn into_layers(self) -> Vec<Layer> {
                #[allow(non_snake_case)]
                let ($($op,)+) = self;
                vec![$($op.into()),+]
            }
        }

        impl<$($op: Into<Layer>),+> From<($($op,)+)> for Layer {
            fn from(ops: ($($op,)+)) -> Self {
                serial(ops)
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);
tuples!(A B C D E);
tuples!(A B C D E F);
tuples!(A B C D E F G);
tuples!(A B C D E F G H);
tuples!(A B C D E F G H I);
tuples!(A B C D E F G H I J);
tuples!(A B C D E F G H I J K);
tuples!(A B C D E F G H I J K L);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{
        Conv, Dense, concat, dense, flatten, hadamard, hadamard_skip, hidden, relu, repeat, residual, sum,
    };

    fn biased() -> Dense {
        Dense::hidden().bias(0.1)
    }

    #[test]
    fn tuples_and_lists_of_the_same_layers_are_the_same() {
        let listed = || [biased().into(), relu()];
        assert_eq!(serial((biased(), relu())), serial(listed()));
        assert_eq!(hadamard((biased(), relu())), hadamard(listed()));
        assert_eq!(hadamard_skip((biased(), relu())), hadamard_skip(listed()));
        assert_eq!(sum((biased(), relu())), sum(listed()));
        assert_eq!(concat((biased(), relu())), concat(listed()));
        assert_eq!(residual(biased()), residual(Layer::from(biased())));
        assert_eq!(residual((biased(), relu())), residual(serial(listed())));
        assert_eq!(repeat(3, (biased(), relu())), repeat(3, serial(listed())));
        assert_eq!(serial((biased(),)), serial([biased().into()]));
        let op = || Conv::new(2, 3);
        let twelve =
            serial((op(), relu(), op(), relu(), op(), relu(), op(), relu(), op(), relu(), flatten(), biased()));
        let mut listed: Vec<Layer> = (0..5).flat_map(|_| [op().into(), relu()]).collect();
        listed.extend([flatten(), biased().into()]);
        assert_eq!(twelve, serial(listed));
    }

    /// What compiled when lists were all that there was.
    #[test]
    fn lists_of_every_kind_say_what_their_items_become() {
        assert_eq!(serial([]), serial(Vec::new()));
        let all = serial([biased().into(), Dense::new(1).into()]);
        assert_eq!(all, serial(vec![Layer::from(biased()), dense(1)]));
        assert_eq!(all, serial(std::iter::once(biased().into()).chain([dense(1)])));
        assert_eq!(serial((0..2).map(|_| hidden())), serial([hidden(), hidden()]));
        let nested: Vec<Layer> = vec![vec![relu()]].into_iter().map(serial).collect();
        assert_eq!(nested, [serial([relu()])]);
    }
}
