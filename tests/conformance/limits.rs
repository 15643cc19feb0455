//! Kernels at infinite width against the mean over random networks.

use crate::case::{Case, Limit, for_each, largest, noise, relative_error};
use crate::cases::cases;
use hadamard::op::Role;
use hadamard::prelude::*;

/// Today's number of cases whose limit is sampled.
const SAMPLED: usize = 98;
/// Today's number of cases without a limit.
const REFUSED: usize = 17;
/// Standard errors that the mean may be off the limit. The seeds are fixed: a right rule stays right.
const FAR: f64 = 4.5;
/// Standard error over the largest entry: small enough to see a missing term.
const POWER: f64 = 0.03;

/// Standard errors that an entry is off, at most; entries that do not vary may be off by rounding.
fn farthest(mean: &Kernel, error: &Kernel, exact: &Matrix) -> f64 {
    let rounding = 1e-12 * largest(exact);
    let far = (mean.values() - exact).mapv(f64::abs) / error.values().mapv(|e| e + rounding);
    largest(&far)
}

fn check(case: &Case, nets: usize) {
    let (net, x) = (wide(case), case.uneven_points(3, 21));
    let exact = net.limit_kernel(&x).unwrap();
    let sampled = net.monte_carlo_kernel(&x, nets, Seed(11)).unwrap();
    let (mean, error) = (sampled.mean(), sampled.standard_error());
    let z = farthest(mean.ntk(), error.ntk(), exact.ntk().values());
    assert!(z <= FAR, "{}: NTK z = {z}", case.name());
    let power = largest(error.ntk().values()) / largest(exact.ntk().values());
    assert!(power <= POWER, "{}: NTK standard error {power}", case.name());
    let mut nngp = exact.nngp().values().clone();
    if case.name().ends_with("MuP") {
        // The readout's further 1/√m makes the NNGP at width m an m-th of what it is in the NTK parametrisation.
        assert!(nngp.iter().all(|&v| v == 0.0), "{}", case.name());
        let readout = net.init(Seed(0)).unwrap();
        let fan_in = readout.parameters().iter().rfind(|p| p.slot().role == Role::Weight).unwrap().values.nrows();
        let ntk = net.clone().parametrisation(Parametrisation::Ntk);
        nngp = ntk.limit_kernel(&x).unwrap().nngp().values() / fan_in as f64;
    }
    let z = farthest(mean.nngp(), error.nngp(), &nngp);
    assert!(z <= FAR, "{}: NNGP z = {z}", case.name());
    let power = largest(error.nngp().values()) / largest(&nngp);
    assert!(power <= POWER, "{}: NNGP standard error {power}", case.name());
}

/// The cases with a limit.
fn with_limit() -> Vec<Case> {
    cases().into_iter().filter(|case| !matches!(case.limit, Limit::Refused(_))).collect()
}

/// The architecture at the width that its limit is sampled at.
fn wide(case: &Case) -> Net {
    let width = if let Limit::Sampled { width, .. } = case.limit { width } else { 512 };
    case.open().clone().width(width)
}

#[test]
fn limit_rules_equal_monte_carlo() {
    let sampled: Vec<Case> = cases().into_iter().filter(|case| matches!(case.limit, Limit::Sampled { .. })).collect();
    assert!(sampled.len() >= SAMPLED, "{} cases", sampled.len());
    for_each("Monte Carlo", &sampled, |case| {
        if let Limit::Sampled { nets, .. } = case.limit {
            check(case, nets);
        }
    });
}

/// Of every parameter on its own: in a sum over all, small shares are lost, and one that is another's is not seen.
#[test]
fn shares_of_parameters_equal_monte_carlo() {
    const NETS: u64 = 24;
    // Of Student's distribution with 23 degrees of freedom one in two million is further off.
    const FAR: f64 = 7.0;
    let sampled: Vec<Case> = cases().into_iter().filter(|case| matches!(case.limit, Limit::Sampled { .. })).collect();
    for_each("shares", &sampled, |case| {
        let (net, x) = (wide(case), case.uneven_points(2, 21));
        let limit = net.limit_kernel_by_layer(&x).unwrap();
        let share = |layer: &LayerKernel| layer.ntk.traced().unwrap().values().clone();
        let samples: Vec<Vec<Matrix>> = (0..NETS)
            .map(|k| net.init(Seed(40 + k)).unwrap().kernel_by_layer(&x).unwrap().iter().map(share).collect())
            .collect();
        assert_eq!(limit.len(), samples[0].len(), "{}", case.name());
        // Shares that are zero, or the same in all networks, are so up to rounding.
        let rounding = 1e-12 * limit.iter().map(|layer| largest(layer.ntk.values())).fold(0.0, f64::max);
        for (index, layer) in limit.iter().enumerate() {
            let exact = layer.ntk.values();
            for (at, exact) in exact.indexed_iter() {
                let values: Vec<f64> = samples.iter().map(|parts| parts[index][at]).collect();
                let found = sample_mean(&values).unwrap();
                let error = found.deviation / (NETS as f64).sqrt() + rounding;
                let z = (found.mean - exact) / error;
                assert!(z.abs() <= FAR, "{}: {} {at:?}: {} {exact} z = {z}", case.name(), layer.name, found.mean);
            }
        }
    });
}

#[test]
fn networks_without_a_limit_are_refused_by_name() {
    let refused: Vec<Case> = cases().into_iter().filter(|case| matches!(case.limit, Limit::Refused(_))).collect();
    assert!(refused.len() >= REFUSED, "{} cases", refused.len());
    for_each("refused", &refused, |case| {
        let Limit::Refused(accepts) = case.limit else { return };
        for net in [case.open().clone(), case.small()] {
            let error = net.limit_kernel(&case.uneven_points(3, 1)).expect_err(case.name());
            assert!(accepts(&error), "{}: {error}", case.name());
        }
    });
}

#[test]
fn limits_are_symmetric_semidefinite_and_made_of_their_blocks() {
    for_each("blocks of limits", &with_limit(), |case| {
        let (net, both) = (wide(case), case.uneven_points(21, 1));
        let (x1, x2) = (both.slice(s![..13, ..]).to_owned(), both.slice(s![13.., ..]).to_owned());
        let whole = net.limit_kernel(&both).unwrap();
        let (own, between) = (net.limit_kernel(&x1).unwrap(), net.limit_kernel_between(&x1, &x2).unwrap());
        for part in [Kernels::ntk as fn(&Kernels) -> &Kernel, Kernels::nngp] {
            let kernel = part(&whole);
            assert!(kernel.is_symmetric() && kernel.values() == kernel.values().t(), "{}", case.name());
            let eigen = SymmetricEigen::new(kernel.values()).unwrap();
            assert!(eigen.smallest() >= -10.0 * eigen.noise(), "{}: {}", case.name(), eigen.smallest());
            for (what, got, block) in [("own", &own, s![..13, ..13]), ("between", &between, s![..13, 13..])] {
                let error = relative_error(part(got).values(), &kernel.values().slice(block).to_owned());
                assert!(error <= 1e-13, "{}: {what}: {error}", case.name());
            }
        }
    });
}

/// Blocks have 64 rows at most, and one of a set with itself knows where its diagonal is.
#[test]
fn limits_of_several_blocks_are_those_between_the_same_points() {
    for_each("several blocks", &with_limit(), |case| {
        let (net, x) = (wide(case), case.uneven_points(67, 2));
        let (whole, between) = (net.limit_kernel(&x).unwrap(), net.limit_kernel_between(&x, &x).unwrap());
        for part in [Kernels::ntk as fn(&Kernels) -> &Kernel, Kernels::nngp] {
            let error = relative_error(part(&whole).values(), part(&between).values());
            assert!(error <= 1e-12, "{}: {error}", case.name());
        }
    });
}

#[test]
fn images_too_large_for_one_block_have_the_same_limit() {
    // 36 positions: 1296 numbers a pair of points, of which a block holds two million.
    let conv: Layer = Conv::hidden(3).sigma_w(1.3).bias(0.4).into();
    let net = network("6 × 6", serial([conv, relu(), global_average_pool(), dense(1)])).image(6, 6, 1);
    let x = noise((50, 36), 1);
    let whole = net.limit_kernel(&x).unwrap();
    for rows in [0..1, 38..42, 49..50] {
        let part = x.slice(s![rows.clone(), ..]).to_owned();
        let between = net.limit_kernel_between(&part, &x).unwrap();
        let block = whole.ntk().values().slice(s![rows.clone(), ..]).to_owned();
        let error = relative_error(between.ntk().values(), &block);
        assert!(error <= 1e-13, "{rows:?}: {error}");
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert!(whole == pool.install(|| net.limit_kernel(&x).unwrap()));
}

#[test]
fn limits_need_the_width_where_they_depend_on_it() {
    let (mut shares, cases) = (Vec::new(), with_limit());
    for case in &cases {
        let x = case.uneven_points(3, 1);
        match case.open().limit_kernel(&x) {
            Ok(open) => assert!(open == wide(case).limit_kernel(&x).unwrap(), "{}", case.name()),
            Err(Error::Unset { what: "width", .. }) if case.name().ends_with("Standard") => {}
            Err(Error::Unset { what: "width", .. }) => shares.push(case.name().to_string()),
            Err(error) => panic!("{}: {error}", case.name()),
        }
    }
    println!("open widths: {} cases", cases.len());
    assert_eq!(
        shares,
        [
            "concatenation with unequal shares",
            "concatenation with the input",
            "concatenation of an image and its average",
            "concatenation, MuP"
        ]
    );
}

#[test]
fn parametrisations_share_what_they_should() {
    let mut checked = 0;
    for case in with_limit() {
        let (net, x) = (wide(&case), case.uneven_points(4, 1));
        let own = net.limit_kernel(&x).unwrap();
        let ntk = net.parametrisation(Parametrisation::Ntk).limit_kernel(&x).unwrap();
        let same = match case.name().rsplit(", ").next() {
            Some("Standard") => own.nngp() == ntk.nngp() && own.ntk() != ntk.ntk(),
            Some("MuP") => own.ntk() == ntk.ntk() && own.nngp() != ntk.nngp(),
            _ => continue,
        };
        assert!(same, "{}", case.name());
        checked += 1;
    }
    println!("parametrisations: {checked} cases");
    assert!(checked >= 18);
}

#[test]
fn z_scores_are_errors_over_standard_errors() {
    let case = Case::of(ccp(2)).width(64);
    let x = case.uneven_points(3, 1);
    let (sampled, exact) =
        (case.small().monte_carlo_kernel(&x, 20, Seed(1)).unwrap(), case.open().limit_kernel(&x).unwrap());
    let kernels: Vec<Matrix> = (0..20)
        .map(|k| case.small().init(Seed(1).child(k)).unwrap().kernel(&x).unwrap().ntk().values().clone())
        .collect();
    let mean = kernels.iter().fold(Matrix::zeros((3, 3)), |sum, k| sum + k) / 20.0;
    let squares = kernels.iter().fold(Matrix::zeros((3, 3)), |sum, k| sum + (k - &mean).mapv(|v| v * v));
    let error = squares.mapv(|v| (v / (20.0 * 19.0)).sqrt());
    assert!(relative_error(sampled.mean().ntk().values(), &mean) <= 1e-14);
    assert!(relative_error(sampled.standard_error().ntk().values(), &error) <= 1e-12);
    let z = (&mean - exact.ntk().values()) / &error;
    assert!(relative_error(&sampled.z_scores(&exact).unwrap(), &z) <= 1e-10);
}
