//! Metrics: numbers of every step's batch.

use super::normals;
use hadamard::prelude::*;

/// The mean of the first output, and of the first target.
fn watched(trainer: Trainer) -> Trainer {
    let first = |values: &Matrix| values.column(0).mean().unwrap();
    trainer
        .metric("loss", |pass| pass.loss)
        .metric("output", move |pass| first(pass.outputs))
        .metric("target", move |pass| first(pass.targets))
        .quiet()
}

#[test]
fn metrics_are_of_the_batch_before_its_step() -> Result<()> {
    let (x, y, net) = (normals((23, 4), 1), normals((23, 2), 2), mlp(1).width(9).input(4));
    let net = network("two", serial([net.layer().clone(), dense(2)])).width(9).input(4);
    let objective = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_zero(0.1));
    for (size, shuffle, repeat) in [(None, false, 1), (Some(23), true, 1), (Some(7), true, 1), (Some(7), false, 2)] {
        let trainer = Trainer::steps(11, Sgd::new(0.05)).repeat(repeat);
        let trainer = size.into_iter().fold(trainer, Trainer::batch);
        let trainer = if shuffle { trainer.shuffle(Seed(5)) } else { trainer };
        let mut trained = net.init(Seed(3))?;
        let run = watched(trainer.clone()).train(&mut trained, &objective)?;
        assert!(run.metrics.len() == 3 && run.metrics.iter().all(|values| values.len() == 11));
        // They change nothing.
        let mut plain = net.init(Seed(3))?;
        let unwatched = trainer.quiet().train(&mut plain, &objective)?;
        assert!(plain == trained && unwatched.losses == run.losses && unwatched.metrics.is_empty());

        // Batch by batch, in the order of the seed.
        let size = size.unwrap_or(23);
        let batches = 23_usize.div_ceil(size);
        let mut network = net.init(Seed(3))?;
        for step in 0..11 {
            let per_epoch = batches * repeat as usize;
            let (epoch, batch) = (step / per_epoch, step % per_epoch / repeat as usize);
            let order = if shuffle { Seed(5).permutation(epoch as u64, 23) } else { (0..23).collect() };
            let samples = &order[batch * size..(batch * size + size).min(23)];
            let (x, y) = (x.select(Axis(0), samples), y.select(Axis(0), samples));
            let outputs = network.outputs(&x)?;
            let loss = (&outputs - &y).iter().map(|r| r * r).sum::<f64>() / samples.len() as f64;
            let expected = [loss, outputs.column(0).mean().unwrap(), y.column(0).mean().unwrap()];
            for (values, expected) in run.metrics.iter().zip(expected) {
                assert!((values[step] - expected).abs() <= 1e-12, "{size}, step {step}: {} {expected}", values[step]);
            }
            let objective = Objective::new(&x, &y, SquaredError)?.penalty(Penalty::to_zero(0.1));
            Trainer::steps(1, Sgd::new(0.05)).quiet().train(&mut network, &objective)?;
        }
    }
    Ok(())
}

#[test]
fn of_a_changed_batch_metrics_are_of_its_changed_inputs_and_observers_see_the_points_as_they_are() -> Result<()> {
    let (x, y, net) = (normals((12, 3), 1), normals((12, 1), 2), ccp(2).width(6).input(3));
    let objective = Objective::new(&x, &y, SquaredError)?.perturb("twice", |_, batch| Ok(batch.x * 2.0));
    let start = net.init(Seed(1))?;
    for trainer in [Trainer::steps(3, Sgd::new(0.01)), Trainer::steps(3, Sgd::new(0.01)).batch(12).shuffle(Seed(0))] {
        let trainer = watched(trainer).observe(Observer::new(When::Every(1)).training_outputs());
        let run = trainer.train(&mut start.clone(), &objective)?;
        let [twice, once] = [start.outputs(&(&x * 2.0))?, start.outputs(&x)?];
        assert!((run.metrics[1][0] - twice.mean().unwrap()).abs() <= 1e-13);
        let seen = run.records[0].array("outputs")?.index_axis(Axis(0), 0).to_owned();
        assert!(seen.iter().zip(&once).all(|(a, b)| (a - b).abs() <= 1e-13), "{seen} {once}");
    }
    Ok(())
}

#[test]
fn a_run_that_stops_has_metrics_of_the_steps_taken_and_a_checkpoint_knows_their_names() -> Result<()> {
    let (x, y, net) = (normals((12, 3), 1), normals((12, 1), 2), ccp(2).width(6).input(3));
    let objective = Objective::new(&x, &y, SquaredError)?;
    let all = watched(Trainer::steps(40, Sgd::new(0.02))).train(&mut net.init(Seed(1))?, &objective)?;
    let bound = (all.losses[20] + all.losses[21]) / 2.0;
    let stops = watched(Trainer::steps(40, Sgd::new(0.02))).stop_below(bound);
    let run = stops.train(&mut net.init(Seed(1))?, &objective)?;
    assert_eq!((run.steps, &run.metrics[0][..]), (21, &all.metrics[0][..21]));

    let folder = std::env::temp_dir().join(format!("hadamard-metrics-{}", std::process::id()));
    let saved = stops.clone().checkpoint(&folder).train(&mut net.init(Seed(1))?, &objective)?;
    let read = stops.clone().checkpoint(&folder).train(&mut net.init(Seed(1))?, &objective)?;
    let more = stops.metric("one more", |_| 0.0).checkpoint(&folder).train(&mut net.init(Seed(1))?, &objective);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(saved == run && read == run);
    let message = more.unwrap_err().to_string();
    assert!(
        message.contains("the list of metrics is loss; output; target there and loss; output; target; one more here"),
        "{message}"
    );
    Ok(())
}
