//! The stop button of a notebook: its kernel puts a file where the environment says, and long work ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::Duration;

use hadamard::prelude::*;

const NAME: &str = "EVCXR_STOP_FILE";

/// In a process of its own, because the environment is read once.
#[test]
fn a_file_ends_long_work_and_leaves_the_networks() {
    let file = std::env::temp_dir().join(format!("hadamard-stop-{}", std::process::id()));
    let test = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "work_that_is_asked_to_end", "--ignored"])
        .env(NAME, &file)
        .output()
        .unwrap();
    assert!(test.status.success(), "{}", String::from_utf8_lossy(&test.stdout));
    // Without the variable there is nothing to look for.
    std::fs::write(&file, "").unwrap();
    let (mut network, x) = (mlp(1).width(8).input(3).init(Seed(0)).unwrap(), sphere(5, 3, Seed(1)).unwrap());
    let objective = Objective::new(&x, &Array1::ones(5), SquaredError).unwrap();
    Trainer::steps(20, Sgd::new(0.01)).train(&mut network, &objective).unwrap();
    std::fs::remove_file(&file).unwrap();
}

#[test]
#[ignore = "started by the test above, which sets the environment"]
fn work_that_is_asked_to_end() {
    let file = std::env::var(NAME).unwrap();
    let (mut network, x) = (mlp(1).width(16).input(3).init(Seed(0)).unwrap(), sphere(20, 3, Seed(1)).unwrap());
    let objective = Objective::new(&x, &Array1::ones(20), SquaredError).unwrap();
    let mut train = |steps| {
        let training = Trainer::steps(steps, Sgd::new(0.01));
        catch_unwind(AssertUnwindSafe(|| training.train(&mut network, &objective).unwrap().steps))
    };
    assert!(train(10).is_ok());
    std::fs::write(&file, "").unwrap();
    // Longer than the file may go unseen.
    std::thread::sleep(Duration::from_millis(200));
    let payload = train(1_000_000_000).expect_err("it was asked to end");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"stopped by the stop button"));
    std::thread::sleep(Duration::from_millis(200));
    let kernels = catch_unwind(|| ccp(2).width(8).input(3).init(Seed(2)).unwrap().kernel(&x).unwrap().ntk().points());
    assert!(kernels.is_err());
    std::fs::remove_file(&file).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(train(10).is_ok());
    assert!(network.kernel(&x).is_ok());
}
