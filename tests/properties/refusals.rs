//! What is refused is refused alike by all calls, and nothing falls over or answers with what is not a number.

use crate::ground::{Folder, Ground, Outcome, Relation, Verdict, or_silent, require};
use crate::sample::Sample;
use hadamard::prelude::*;
use std::mem::discriminant;

pub const RELATIONS: &[Relation] = &[
    Relation { name: "a limit is refused alike by all calls", check: no_limit },
    Relation { name: "bad points are errors", check: bad_points },
    Relation { name: "points of extreme size are computed or refused", check: extremes },
    Relation { name: "a network that is read is the one that was written", check: written },
];

fn no_limit(ground: &Ground) -> Outcome {
    let error = or_silent!(ground.limits().err());
    let refused = |what: &str, result: std::result::Result<(), Error>| {
        let alike = result.as_ref().is_err_and(|other| discriminant(other) == discriminant(error));
        require(alike, || format!("{what}: {result:?}, the limit kernel: {error}"))
    };
    let (net, x) = (&ground.net, &ground.x);
    refused("between", net.limit_kernel_between(x, x).map(|_| ()))?;
    refused("by layer", net.limit_kernel_by_layer(x).map(|_| ()))?;
    let folder = Folder::new("refused");
    refused("in tiles", net.tiled_limit_kernel(x, &folder.0).quiet().run().map(|_| ()))?;
    require(!folder.0.exists(), || "a refused run left a folder".into())?;
    require(!error.to_string().contains('\n'), || format!("more than one line: {error}"))?;
    Ok(Verdict::Held)
}

fn bad_points(ground: &Ground) -> Outcome {
    let (net, network, x) = (&ground.net, &ground.network, &ground.x);
    let mut broken = x.clone();
    let at = usize::from(ground.sample.choice) % x.len();
    *broken.iter_mut().nth(at).expect("an index below the length") = f64::NAN;
    let wide = Matrix::zeros((x.nrows(), x.ncols() + 1));
    let none = Matrix::zeros((0, x.ncols()));
    let kind = |error: &Error| {
        (
            matches!(error, Error::NotFinite { .. }),
            matches!(error, Error::Size { .. }),
            matches!(error, Error::NoRows { .. }),
        )
    };
    for (bad, expected) in [(broken, (true, false, false)), (wide, (false, true, false)), (none, (false, false, true))]
    {
        let u = Matrix::ones((bad.nrows(), network.outputs_count()));
        let answers = [
            ("outputs", network.outputs(&bad).err()),
            ("kernel", network.kernel(&bad).err()),
            ("between", network.kernel_between(x, &bad).err()),
            ("gradient", network.vector_jacobian(&u, &bad).err()),
            ("limit", net.limit_kernel(&bad).err()),
            ("limit between", net.limit_kernel_between(&bad, x).err()),
            ("sampled", net.monte_carlo_kernel(&bad, 2, Seed(0)).err()),
        ];
        for (what, error) in answers {
            require(error.as_ref().is_some_and(|error| kind(error) == expected), || format!("{what}: {error:?}"))?;
        }
    }
    Ok(Verdict::Held)
}

fn extremes(ground: &Ground) -> Outcome {
    let (net, network) = (&ground.net, &ground.network);
    let (sizes, choice) = ([1e-300, 1e-160, 1e-20, 1e4, 1e30, 1e80, 1e160, 1e300], usize::from(ground.sample.choice));
    // Of each network two, one of them small.
    for size in [sizes[choice % 3], sizes[3 + choice % 5]] {
        let x = &ground.rows(&ground.few()) * size;
        let finite = |what: &str, values: Result<Vec<f64>>| match values {
            Ok(values) => {
                require(values.iter().all(|v| v.is_finite()), || format!("{what} of points of size {size:e}"))
            }
            Err(error) => require(!error.to_string().contains('\n'), || format!("{what}: {error}")),
        };
        let both = |kernels: Kernels| kernels.ntk().values().iter().chain(kernels.nngp().values()).copied().collect();
        let u = Matrix::ones((x.nrows(), network.outputs_count()));
        finite("outputs", network.outputs(&x).map(|y| y.iter().copied().collect()))?;
        finite("f32", network.cast::<f32>().outputs(&x).map(|y| y.iter().copied().collect()))?;
        finite("kernel", network.kernel(&x).map(both))?;
        finite("f32 kernel", network.cast::<f32>().kernel(&x).map(both))?;
        finite("limit", net.limit_kernel(&x).map(both))?;
        finite("gradient", network.vector_jacobian(&u, &x).map(|g| g.iter().flatten().copied().collect()))?;
        if let Ok(kernels) = network.kernel_of(Outputs::Averaged, &x) {
            finite("spectrum", kernels.ntk().spectrum().map(|s| s.values().to_vec()))?;
            let y = Matrix::ones((x.nrows(), 1));
            let ridge = |r: KernelRegression<_>| r.ridge(Regularization::RelativeTrace(1e-3));
            let fitted = kernels.ntk().regression(&y).and_then(ridge);
            finite("ridge", fitted.map(|ridge| ridge.coefficients.iter().copied().collect()))?;
        }
    }
    Ok(Verdict::Held)
}

fn written(ground: &Ground) -> Outcome {
    if !ground.sample.choice.is_multiple_of(8) || ground.network.parameters().is_empty() {
        return Ok(Verdict::Silent);
    }
    let folder = Folder::new("written");
    std::fs::create_dir_all(&folder.0).map_err(|error| error.to_string())?;
    for name in ["network.npz", "network.safetensors"] {
        let path = folder.0.join(name);
        ground.network.write(&path).map_err(|error| error.to_string())?;
        let read = ground.net.read(&path).map_err(|error| error.to_string())?;
        let mut pairs = read.parameters().iter().zip(ground.network.parameters());
        let same =
            read.parameters().len() == ground.network.parameters().len() && pairs.all(|(a, b)| a.values == b.values);
        require(same, || format!("{name}: other parameters"))?;
    }
    Ok(Verdict::Held)
}

/// A tree as it was drawn, right or wrong: every call answers.
pub fn as_drawn(sample: &Sample) -> std::result::Result<(), String> {
    let (net, x) = (sample.net(), sample.x());
    let counted = net.parameter_count().map_err(|error| error.to_string());
    let drawn = net.init(Seed(u64::from(sample.seed))).map_err(|error| error.to_string());
    match (&counted, &drawn) {
        (Ok(count), Ok(network)) => {
            let values: usize = network.parameters().iter().map(|p| p.values.len()).sum();
            require(values == *count, || format!("{values} parameters, counted {count}"))?;
            let finite = network.outputs(&x).is_ok_and(|y| y.iter().all(|v| v.is_finite()));
            let overflows = matches!(network.outputs(&x), Err(Error::Overflow { .. }));
            require(finite || overflows, || format!("outputs: {:?}", network.outputs(&x).err()))?;
        }
        (counted, drawn) => {
            let alike = counted.as_ref().err().is_some_and(|counted| Some(counted) == drawn.as_ref().err());
            require(alike, || format!("counted: {counted:?}, drawn: {:?}", drawn.as_ref().err()))?;
            let limit = net.limit_kernel(&x).err().map(|error| error.to_string());
            require(limit.is_some(), || format!("{counted:?}, but it has a limit"))?;
        }
    }
    require(!net.to_string().is_empty(), || "nothing is printed".into())
}
