//! The studies of adversarial examples and of kernels in adversarial training.

use super::column;
use hadamard::prelude::*;

fn robustness() -> AdversarialRobustness {
    adversarial_robustness().sizes(Profile::Trial).quiet()
}

fn evolution() -> KernelEvolution {
    kernel_evolution().sizes(Profile::Trial).quiet()
}

/// Without a radius an attack changes nothing: every share under attack is that of the images as they are.
#[test]
fn attacks_of_no_radius_are_the_images() -> Result<()> {
    let report = robustness().radius(0.0).rotation_radius(0.0).run()?;
    let (features, transfer) = (report.features_table()?, report.transfer_table()?);
    assert_eq!(column(&features, "useful"), column(&features, "robust"));
    assert_eq!(column(&features, "first parts"), column(&features, "first parts, attacked"));
    for attacked in ["own attack", "kernel's attack"] {
        assert_eq!(column(&transfer, "clean"), column(&transfer, attacked));
    }
    assert!(report.after_training().iter().all(|(_, [clean, robust])| clean.0 == robust.0));
    let report = evolution().radius(0.0).run()?;
    let table = report.second_table()?;
    assert_eq!(column(&table, "right"), column(&table, "right, attacked"));
    Ok(())
}

/// All parts together are kernel regression itself.
#[test]
fn the_last_part_completes_the_regression() -> Result<()> {
    let report = robustness().run()?;
    let (features, whole) = (report.features_table()?, report.whole_table()?);
    let (first, attacked) = (column(&features, "first parts"), column(&features, "first parts, attacked"));
    let right = column(&whole, "right");
    assert_eq!((first.last(), attacked.last()), (right.first(), right.get(1)));
    assert_eq!(features.column("part")?.u64()?.last(), Some(20));
    Ok(())
}

/// A second phase from the start of the first is the same whatever the first was trained on.
#[test]
fn spawns_of_the_start_do_not_know_the_first_phase() -> Result<()> {
    let table = evolution().run()?.second_table()?;
    let rows: Vec<_> = (0..table.height()).filter(|&row| column(&table, "from epoch")[row] == 0.0).collect();
    let right = column(&table, "right, attacked");
    // Rows of the two first phases follow each other.
    assert_eq!(rows.len(), 6);
    assert!(rows.chunks(2).all(|pair| right[pair[0]] == right[pair[1]]), "{right:?}");
    let distances = evolution().run()?.distances();
    assert!(distances[0].1.abs() <= 1e-12 && distances[0].2.is_none(), "{distances:?}");
    Ok(())
}

#[test]
fn other_settings_are_refused_with_their_numbers() {
    let refused = |study: AdversarialRobustness| study.quiet().run().unwrap_err().to_string();
    assert!(refused(robustness().radius(-0.1)).contains("the radius is -0.1"));
    assert!(refused(robustness().rotation_radius(1.5)).contains("the radius of rotation is 1.5"));
    assert!(refused(robustness().digits([3])).contains("the number of digits is 1"));
    assert!(refused(robustness().digits([3, 3])).contains('3'));
    assert!(refused(robustness().digits([3, 10])).contains("a digit is 10"));
    assert!(refused(robustness().images((2, 10))).contains("the number of images is 2"));
    assert!(refused(robustness().images((1500, 1500))).contains("863 of each"));
    assert!(refused(robustness().attack_steps(0)).contains("the number of steps of attacks is 0"));
    assert!(refused(robustness().widths([8, 8])).contains("a width is 8"));
    assert!(refused(robustness().rotation_points(31)).contains("the number of points of rotation is 31"));
    assert!(refused(robustness().rotation_points(20)).contains("the number of points of rotation is 20"));
    assert!(refused(robustness().features(21)).contains("the number of features is 21"));
    let refused = |study: KernelEvolution| study.quiet().run().unwrap_err().to_string();
    assert!(refused(evolution().spawns([2.0])).contains("the epoch of a spawn is 2"));
    assert!(refused(evolution().spawns([-1.0])).contains("the epoch of a spawn is -1"));
    assert!(refused(evolution().spawns([])).contains("evolution"));
    assert!(refused(evolution().radius(f64::NAN)).contains("the radius is NaN"));
    assert!(refused(evolution().points(11)).contains("the number of points is 11"));
    assert!(refused(evolution().points(9)).contains("the number of points is 9"));
    assert!(refused(evolution().rate(0.0)).contains("the learning rate is 0"));
    assert!(refused(evolution().second_epochs(0)).contains("the second phase is 0"));
}
