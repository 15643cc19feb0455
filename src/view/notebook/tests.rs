use super::*;
use crate::prelude::*;

#[test]
fn lists_are_cut_and_show_what_is_in_them() {
    assert_eq!(vec![1.5, 2.0].bundle().text, "[1.5, 2]");
    assert!((0..1234usize).collect::<Vec<_>>().bundle().text.ends_with("99, … 1,134 more]"));
    assert_eq!(Vec::<f64>::new().bundle().text, "[]");
    let figures = vec![line_chart("one").line("a", [(0.0, 1.0)]).figure(); 25];
    let shown = figures.bundle();
    assert!(
        shown.text.ends_with("… 5 more") && shown.to_html().matches("data:image/svg+xml").count() == 20,
        "{}",
        shown.text
    );
    assert_eq!(vec!["", "a"].bundle().text, "[\"\", a]");
    assert_eq!(Some(3usize).bundle().text, "3");
    assert_eq!("x".repeat(10_000_000).bundle().text.len(), TEXT + "… (9,980,000 more characters)".len());
}

#[test]
fn arrays_of_any_size_and_kind_are_short() {
    let long = Array1::linspace(0.0, 1.0, 100_000).bundle();
    assert!(
        long.text.len() < 400 && long.text.contains('…') && long.to_html().contains("100,000 numbers"),
        "{}",
        long.text
    );
    let wide = Array2::<f32>::zeros((3000, 4000));
    assert!(wide.bundle().text.len() < 4000 && wide.row(0).bundle().text.len() < 400);
    assert!(wide.bundle().to_html().contains("3,000 × 4,000 numbers"));
    assert!(array![f64::NAN, f64::INFINITY].bundle().text.contains("NaN  inf"));
    assert!(ndarray::Array2::<f64>::zeros((0, 3)).bundle().to_html().contains("0 × 3"));
}

#[test]
fn results_are_charts_tables_and_pictures() -> Result<(), Error> {
    let x = sphere(30, 4, Seed(0))?;
    let y = x.column(0).to_owned();
    let kernel = mlp(1).limit_kernel(&x)?;
    let chart = |bundle: Bundle| matches!(bundle.rich, Some(Rich::Figure(_)));
    assert!(chart(kernel.ntk().spectrum()?.bundle()));
    let (noise, k) = (Regularization::Absolute(0.1), kernel.ntk());
    assert!(chart(k.regression(&y)?.posterior(noise, k, k)?.bundle()));
    let mut network = mlp(1).width(16).input(4).init(Seed(1))?;
    let history = FullBatch::new(0.01, 20).train(&mut network, &x, &y)?;
    assert!(chart(history.bundle()));
    assert!(chart(LossHistory { losses: vec![2.0, 1.0] }.bundle()));
    let mut linear = network.linearised();
    let trainer = Trainer::steps(20, Sgd::new(0.01)).observe(Observer::new(When::Every(5)).loss().training_outputs());
    let run = trainer.train(&mut linear, &Objective::new(&x, &y, SquaredError)?)?;
    assert!(chart(run.bundle()) && chart(run.records[0].bundle()));
    assert_eq!(linear.bundle().text, "linearisation of MLP, 1 hidden, 2 parameters");
    assert!(network.bundle().text.ends_with("with parameters, in f64"));
    let digits = Digits { images: Array2::zeros((20, 784)), labels: (0..20).map(|i| (i % 10) as u8).collect() };
    assert_eq!(digits.bundle().to_html().matches("<img").count(), 10);
    assert_eq!(Dense::new(10).bias(0.1).bundle().text, "dense(10; σ_w = 1.0000, σ_b = 0.1000)");
    let top = Lanczos::new(3, Seed(0)).run(&network.tangent_operator(&x)?)?;
    assert!(top.bundle().text.contains("3 largest of 30 eigenpairs") && top.bundle().to_html().contains("<th"));
    Ok(())
}
