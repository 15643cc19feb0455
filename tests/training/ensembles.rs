//! Many networks side by side, and the rule that ends a run whose loss rises.

use super::{nets, normals};
use hadamard::prelude::*;

fn on<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[test]
fn an_ensemble_is_its_networks_one_by_one() -> Result<()> {
    let (d, c, count) = (3, 2, 5);
    for net in nets(d, c) {
        let objective = Objective::new(&normals((7, d), 1), &normals((7, c), 2), SquaredError)?;
        let trainer = Trainer::epochs(4, Sgd::new(0.02).momentum(0.5)).batch(3).shuffle(Seed(4)).quiet();
        let trained = |threads| {
            on(threads, || {
                let mut networks = net.network_ensemble(count, Seed(3)).unwrap();
                let runs = networks.train(&trainer, &objective).unwrap();
                (networks.networks().to_vec(), runs)
            })
        };
        let (networks, runs) = trained(1);
        assert!((networks.clone(), runs.clone()) == trained(2) && (networks.clone(), runs.clone()) == trained(5));
        let more = net.network_ensemble(count + 2, Seed(3))?;
        let single = net.network_ensemble(count, Seed(3))?.cast::<f32>();
        for (k, (network, run)) in networks.iter().zip(&runs).enumerate() {
            let mut alone = net.init(Seed(3).child(k as u64))?;
            assert!(more.networks()[k] == alone && single.networks()[k] == alone.cast::<f32>());
            assert!(trainer.train(&mut alone, &objective)? == *run && alone == *network);
        }
        let x = normals((4, d), 5);
        let outputs = more.outputs(&x)?;
        assert_eq!(outputs.dim(), (count + 2, 4, c));
        for (network, outputs) in more.networks().iter().zip(outputs.outer_iter()) {
            assert_eq!(network.outputs(&x)?, outputs);
        }
        let kernels = more.map(|network| Ok(network.kernel(&x)?.ntk().values().clone()))?;
        assert_eq!(&kernels[1], more.networks()[1].kernel(&x)?.ntk().values());
    }
    Ok(())
}

#[test]
fn an_ensemble_that_fails_is_as_before_and_says_which_error_came_first() -> Result<()> {
    let net = mlp(1).width(8).input(3);
    let mut networks = net.network_ensemble(4, Seed(0))?;
    let before = networks.networks().to_vec();
    let (x, y) = (normals((6, 3), 1), normals((6, 1), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let error = networks.train(&Trainer::steps(200, Sgd::new(1e4)).quiet(), &objective).unwrap_err();
    assert!(matches!(error, Error::TrainingDiverged { .. }), "{error}");
    assert!(networks.networks() == before);
    let failing = |k: usize| {
        move |network: &Network| if *network == before[k] { Err(Error::NoRows { place: "third" }) } else { Ok(()) }
    };
    assert!(networks.map(failing(2)).unwrap_err().to_string().contains("third"));
    assert!(net.network_ensemble(0, Seed(0)).unwrap_err().to_string().contains("number of networks is 0"));
    assert!(networks.outputs(&normals((2, 4), 1)).is_err());
    Ok(())
}

#[test]
fn an_ensemble_goes_on_from_its_folders() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("hadamard-ensemble-{}", std::process::id()));
    let (x, y) = (normals((6, 3), 1), normals((6, 1), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let trainer = Trainer::steps(30, Adam::new(1e-2)).quiet();
    let start = mlp(1).width(8).input(3).network_ensemble(3, Seed(0))?;
    let (mut kept, mut plain) = (start.clone(), start.clone());
    kept.train(&trainer.clone().checkpoint(&folder), &objective)?;
    plain.train(&trainer, &objective)?;
    assert!(kept.networks() == plain.networks() && folder.join("network-002").is_dir());
    // One of them is lost, the others are read.
    std::fs::remove_dir_all(folder.join("network-001")).unwrap();
    let mut again = start.clone();
    again.train(&trainer.checkpoint(&folder), &objective)?;
    assert!(again.networks() == plain.networks());
    std::fs::remove_dir_all(folder).unwrap();
    Ok(())
}

#[test]
fn a_run_ends_at_the_first_window_whose_mean_loss_is_above_that_before() -> Result<()> {
    let (x, y) = (normals((12, 3), 1), normals((12, 1), 2));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let start = mlp(1).width(8).input(3).init(Seed(1))?;
    let trainers = [
        Trainer::steps(150, Sgd::new(0.02).momentum(0.98)),
        Trainer::epochs(150, Sgd::new(0.05)).batch(4).shuffle(Seed(2)),
    ];
    for trainer in trainers.map(Trainer::quiet) {
        let losses = trainer.train(&mut start.clone(), &objective)?.losses;
        for window in [1, 2, 7, 20] {
            let mean = |k: usize| losses[k * window..(k + 1) * window].iter().sum::<f64>() / window as f64;
            let expected = (1..losses.len() / window).find(|&k| mean(k) > mean(k - 1)).map(|k| (k + 1) * window);
            let run = trainer.clone().stop_rising(window).train(&mut start.clone(), &objective)?;
            let expected = expected.filter(|&epochs| epochs < losses.len());
            assert_eq!(run.losses.len(), expected.unwrap_or(losses.len()), "{window}");
            assert_eq!(run.stopped.is_some(), expected.is_some());
            assert_eq!(run.losses[..], losses[..run.losses.len()]);
        }
    }
    let refused = Trainer::steps(3, Sgd::new(0.1)).stop_rising(0).train(&mut start.clone(), &objective).unwrap_err();
    assert!(refused.to_string().contains("window of a rule to stop is 0"), "{refused}");
    Ok(())
}
