//! The study of complex networks.

use super::column;
use hadamard::prelude::*;

fn study() -> ComplexNetworks {
    complex_networks().sizes(Profile::Trial).quiet()
}

/// What has the same limit by derivation has it by both rules.
#[test]
fn counterparts_have_the_limits_of_their_networks() -> Result<()> {
    let report = study().run()?;
    let summary = report.summary()?;
    let limits: Vec<f64> = summary.column("distance of the limits")?.f64()?.to_vec().into_iter().flatten().collect();
    // The third is cut at degree 63; the row of zReLU has none.
    assert!(limits[0] <= 1e-13 && limits[1] <= 1e-11 && limits[2] <= 5e-3, "{limits:?}");
    let between = report.between_parts()?;
    assert!(column(&between, "real inputs, limit")[0] == 0.0 && column(&between, "complex inputs, limit")[0] > 0.01);
    Ok(())
}

/// A network of one's own beside the real one that it is said to be.
#[test]
fn own_networks_are_compared() -> Result<()> {
    let complex = serial([to_complex(), complex_hidden(), erf(), complex_dense(1), real_part()]);
    let complex = network("split erf", complex).input(2);
    // Of a real input either part has half of the variance.
    let wide: Layer = Dense::hidden().sigma_w(0.5f64.sqrt()).into();
    let real = network("erf", serial([wide, erf(), dense(1)])).input(2);
    let report = study().networks([complex]).counterparts([real]).run()?;
    let summary = report.summary()?;
    assert!(summary.column("distance of the limits")?.f64()?.get(0).unwrap() <= 1e-13);
    assert_eq!(report.table()?.height(), 2 * 3);
    Ok(())
}

#[test]
fn other_settings_are_refused_with_their_numbers() {
    let refused = |study: ComplexNetworks| study.run().unwrap_err().to_string();
    assert!(refused(study().counterparts([mlp(1).input(3)])).contains("number of real networks is 1"));
    assert!(refused(study().widths([8, 16])).contains("number of widths"));
    assert!(refused(study().draws(1)).contains("number of networks"));
    assert!(refused(study().steps(0)).contains("number of steps is 0"));
    assert!(refused(study().depths([0])).contains("a depth is 0"));
    let odd = network("odd", serial([hidden(), complex_dense(1)])).input(3);
    assert!(refused(study().networks([odd]).counterparts([mlp(1).input(3)])).contains("to_complex()"));
    let open = network("open", serial([to_complex(), complex_dense(1), real_part()]));
    assert!(refused(study().networks([open]).counterparts([mlp(1).input(3)])).contains("input"));
}
