"""Faults that people met in their first hours with this tool, each by the cells that they typed, and what must be answered."""

import re
import time

from .cases import Case

PLOTLY = "application/vnd.plotly.v1+json"
DUMPS = ["Net {", "Serial(", "layout=C", "Kernels {", "Regression {"]


def stopped(session):
    """The stop button two seconds into a training, and what is left then."""
    session.run("let before = 11; let points = sphere(500, 10, Seed(0))?; let y = points.column(0).to_owned();")
    sent = session.send('println!("begun");\nlet mut n = mlp(2).width(512).input(10).init(Seed(0))?; FullBatch::new(1e-3, 1_000_000).train(&mut n, &points, &y)?;')
    while "begun" not in str(session.client.get_iopub_msg(timeout=120)["content"].get("text", "")):
        pass
    time.sleep(2)
    session.interrupt()
    return session.wait(sent).text() + " | then: " + session.run("before").text()


def asked(kind, code, cursor=None):
    """What Tab (`complete`) or Shift-Tab (`inspect`) shows there."""

    def ask(session):
        at = len(code) if cursor is None else cursor
        reply = getattr(session.client, kind)(code, at, reply=True, timeout=60)["content"]
        return str(reply.get("matches") or reply.get("data", {}).get("text/plain", ""))

    return ask


def first_is_public(session):
    """Private fields do not stand before methods in the list."""
    text = asked("complete", "sample.")(session)
    found = [name for name in ("'name'", "'layer'", "wide_readout", "'check'") if name in text]
    return f"private names {found}" if found else f"only public names: {re.sub(' +', ' ', text)[:80]}"


POINTS = "let x = sphere(40, 10, Seed(0))?; let y = x.column(0).to_owned();"
TABLE = 'let table = df!("network" => ["a", "a", "b", "b"], "width" => [64i64, 64, 128, 128], "error" => [1.0, 3.0, 0.5, 0.5])?;'

FAULTS = [
    # 1 is among the cases: one feature.
    Case("1: a Gaussian process on a line", ["let x = Matrix::from_shape_fn((14, 1), |(i, _)| i as f64 / 2.0); let y = x.column(0).mapv(|x| x * x.sin());", 'let net = network("gp", serial((Dense::hidden().bias(1.0), erf(), Dense::hidden().bias(1.0), erf(), dense(1))));', 'let k = net.limit_kernel(&x)?; let posterior = k.nngp().regression(&y)?.posterior(1e-6, k.nngp(), k.nngp())?; let left = posterior.mean.clone() - &y; println!("= {}", left.dot(&left) < 1e-3 * y.dot(&y))'], words=["= true"]),
    Case("2: a figure of a plot that is moved", ["let plot = plotly::Plot::new();", "Figure::from(plot)"], without=["Debug"], shows=PLOTLY),
    Case("2: a chart made in a loop", ['let mut c = line_chart("t"); for i in 0..3 { c = c.line(format!("{i}"), [(0.0, 1.0), (1.0, i as f64)]); }', 'c.axes(Scale::linear("x"), Scale::log("y")).figure()'], without=["Debug"], shows=PLOTLY),
    Case("2: a network that is moved", ["let n = mlp(1);", "n.width(5).input(3)"], last=["MLP"], without=DUMPS, most=600),
    Case("2: kernels that are moved", ["let k = mlp(1).limit_kernel(&sphere(6, 3, Seed(0))?)?;", "std::convert::identity(k)"], shows="text/html", without=DUMPS, most=2000),
    Case("2: the true error alone", ['let c = line_chart("t"); let wrong: usize = "text"; c.figure()'], words=["mismatched types"], without=["Debug", "evcxr"], refused=True),
    Case("3: a closure", ["let gate = || hadamard([hidden(), serial([hidden(), sigmoid()])]);", 'network("g", serial([gate(), dense(1)])).width(8).input(4)'], last=["g"]),
    Case("3: after words in a variable", ['let a = ["area", "rooms"]; let names = vec!["a"];', "let mse = |a: &Vector, b: &Vector| (a - b).mapv(|v| v * v).sum();", 'println!("= {}", mse(&array![1.0, 2.0], &array![1.0, 4.0]))'], [4]),
    Case("3: draws of a seed are kept", ["let mut draw = Seed(3).normals(0);", 'println!("= {}", draw() != draw())'], words=["= true"]),
    Case("4: what stands before a `?` that fails", ['let kept = sphere(4, 3, Seed(0))?; let net = network("max", serial((conv(4, 3), max_pool(2), flatten(), dense(1)))).image(4, 4, 1); let limit = net.limit_kernel(&sphere(3, 16, Seed(0))?)?;', 'println!("= {} = {}", kept.nrows(), net.to_string().contains("max pool"))'], words=["= 4 = true"], refused=True),
    Case("5: polars' lazy verbs", [TABLE, 'let by = table.clone().lazy().group_by_stable([col("network")]).agg([col("error").mean().alias("mean"), col("error").std(1).alias("std")]).collect()?;', 'println!("= {:?} = {:?}", by.column("mean")?.f64()?.get(0).unwrap(), by.column("std")?.f64()?.get(0).unwrap())'], [2, 2**0.5]),
    Case("5: mean, deviation and number by group", [TABLE, 'let by = summary(&table, &["network", "width"], "error")?;', "by"], words=["mean", "std", "1.414", "2 rows"]),
    Case("5: a join in two seconds", [TABLE, 'let depths = df!("network" => ["a", "b"], "depth" => [1, 2])?;', 'let joined = table.join(&depths, ["network"], ["network"], JoinArgs::new(JoinType::Inner), None)?;', 'println!("= {}", joined.height())'], [4], seconds=30.0),
    Case("5: Parquet", [TABLE, 'write_table(&table, "{folder}/t.parquet")?; let back = read_table("{folder}/t.parquet")?;', 'println!("= {} = {}", back.height(), back.width())'], [4, 3]),
    Case("6: error bars in the still image", ['line_chart("t").errors("e", [(1.0, 1.0, 0.5), (2.0, 2.0, 0.5)]).figure()'], words=["<svg", ">0.5</text>", ">2.5</text>"]),
    Case("6: a band in the still image", ['line_chart("t").band("b", [(1.0, 1.0, 0.5), (2.0, 2.0, 0.5)]).figure()'], words=["<svg", "fill-opacity"]),
    Case("7: a crate on num-traits", [":dep nalgebra = \"0.33\"", "let m = nalgebra::DMatrix::from_element(2, 2, 1.0_f64);", 'println!("= {}", m.norm_squared())'], [4], seconds=600.0),
    Case("7: num-complex is the true one", [':dep num-complex = "0.4"', 'println!("= {}", num_complex::Complex::new(3.0, 4.0).norm())'], [5]),
    Case("7: rayon", [':dep rayon = "1"\nuse rayon::prelude::*;', 'println!("= {}", [1.0, 2.0].par_iter().sum::<f64>())'], [3]),
    Case("8: the stop button in a training", [POINTS], then=stopped, last=["stopped", "kept", "then: 11"]),
    Case("9: a cell that ends in a loop", ["for _ in 0..3 {}"], without=["()"], most=0),
    Case("9: a cell that ends in eprintln", ['eprintln!("a word")'], words=["a word"], without=["()"], refused=True),
    *[
        Case(f"9: {what} shows itself", [POINTS + " let net = mlp(1).width(16).input(10); let k = net.limit_kernel(&x)?; let fit = k.ntk().regression(&y)?;", cell], without=DUMPS + ["data: [", "strides"], most=1500)
        for what, cell in [
            ("a table of numbers", 'read_csv("../data/cars/cars.csv")?'),
            ("digits", "digits()?"),
            ("a posterior", "fit.posterior(1e-3, k.nngp(), k.nngp())?"),
            ("a history", "{ let mut n = net.init(Seed(0))?; FullBatch::new(1e-3, 20).train(&mut n, &x, &y)? }"),
            ("a history of losses", "{ let mut n = net.init(Seed(0))?; let y = y.clone().insert_axis(Axis(1)); Minibatch::new(Sgd::new(1e-3), 20).batch(8).train(&mut n, &x, &y)? }"),
            ("a spectrum", "k.ntk().spectrum()?"),
            ("largest eigenpairs", "Lanczos::new(3, Seed(0)).run(&net.init(Seed(0))?.tangent_operator(&x)?)?"),
            ("a layer", "Dense::new(3).bias(0.1)"),
            ("a layer of any kind", "serial((hidden(), relu()))"),
            ("a vector by value", "y"),
        ]
    ],
    Case("9: a trained network says so", [POINTS + " let mut n = mlp(1).width(16).input(10).init(Seed(0))?; FullBatch::new(1e-3, 20).train(&mut n, &x, &y)?;", "n"], without=["initialised"]),
    Case("10: a line of a training of minibatches", [POINTS, "let big = sphere(2000, 10, Seed(0))?; let t = big.column(0).to_owned().insert_axis(Axis(1)); let mut n = mlp(2).width(512).input(10).init(Seed(0))?; Minibatch::new(Sgd::new(1e-3), 150).batch(50).train(&mut n, &big, &t)?;"], words=["steps", "left"]),
    Case("10: a line of full-batch training", ["let big = sphere(2000, 10, Seed(0))?; let t = big.column(0).to_owned(); let mut n = mlp(2).width(512).input(10).init(Seed(0))?; FullBatch::new(1e-3, 60).train(&mut n, &big, &t)?;"], words=["steps", "left"]),
    Case("11: an activation that holds a number", ["let beta = 1.7; let swish = elementwise(format!(\"swish {beta}\"), move |x: f64| x / (1.0 + (-beta * x).exp()), move |x: f64| { let s = 1.0 / (1.0 + (-beta * x).exp()); s + beta * x * s * (1.0 - s) });", 'network("s", serial((hidden(), swish, dense(1)))).width(8).input(3)'], last=["swish 1.7"]),
    # E max(u, 0)^4 = 3 q² / 2.
    Case("11: the squared ReLU in closed form", ['println!("= {}", network("r2", serial((hidden(), rectified_power(2), dense(1)))).limit_kernel(&array![[1.0, 1.0]])?.nngp().values()[[0, 0]])'], [1.5], 1e-12),
    Case("11: tanh on unscaled data", ['let k = network("t", serial((hidden(), tanh(), dense(1)))).limit_kernel(&(sphere(5, 3, Seed(0))? * 31.0))?;', 'println!("= {}", k.nngp().values()[[0, 0]] > 0.9)'], words=["= true"]),
    Case("12: settings and layers in a list", ['serial((Dense::new(10).bias(0.1), relu()))'], last=["ReLU"]),
    Case("12: a ridge is a number", [POINTS, 'println!("= {}", mlp(1).limit_kernel(&x)?.ntk().regression(&y)?.ridge(0.1)?.coefficients.len())'], [40]),
    Case("12: an owned title", ['let t = format!("{} s", 3); line_chart("a").line("l", [(1.0, 1.0), (2.0, 3.0)]).axes(Scale::linear("x"), Scale::log(t)).figure()'], shows=PLOTLY),
    Case("12: points that are not joined", ['line_chart("a").points("p", [(1.0, 1.0), (2.0, 3.0)]).figure()'], shows=PLOTLY, without=["polyline"]),
    Case("12: the line of a panic", ["let v = vec![1];\nlet i = 3;\nv[i]"], words=["line 3 of the cell"], without=["compiled"], refused=True),
    Case("12: the fields that there are", ["struct Point { abscissa: f64, ordinate: f64 }", "let p = Point { abscissa: 1.0, ordinate: 2.0 };", "p.x"], words=["abscissa", "ordinate"], refused=True),
    Case("12: a tree that does not fit says so", ['network("n", serial((hadamard((dense(5), dense(3))), dense(1)))).input(4)'], words=["expected 5", "got 3"]),
    Case("12: print without an end of line", ['print!("a"); 3'], last=["a", "3"]),
    Case("12: Shift-Tab inside a word", ["let sample = mlp(1);"], then=asked("inspect", "sphere(3, 4, Seed(0))", 3), last=["sphere", "usize"]),
    Case("12: Shift-Tab after the first argument", ["let sample = mlp(1);"], then=asked("inspect", "sphere(3, "), last=["sphere", "usize"]),
    Case("12: Tab lists what is public", ["let sample = mlp(1);"], then=first_is_public, last=["only public names"]),
    Case("12: polars' arguments have names", [TABLE], then=asked("inspect", "table.head("), last=["length"]),
]
