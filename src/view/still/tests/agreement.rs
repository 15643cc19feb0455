//! An image and the chart of plotly.js 3.0.1 agree, or the image says where they do not.

use super::*;

#[test]
fn texts_without_a_reference_are_on_the_axes() {
    let figure = json!({
        "data": [{"x": [0, 10], "y": [0, 10], "mode": "lines"}],
        "layout": {"xaxis": {"range": [0, 10]}, "yaxis": {"range": [0, 10]},
                   "annotations": [{"text": "best", "x": 5, "y": 7, "showarrow": false}]},
    });
    let image = draw(&figure);
    let start = image.rfind("<text").unwrap();
    let (text, _) = image[start..].split_once("</text>").unwrap();
    assert!(text.ends_with(">best"), "{text}");
    close(number(text, "x"), pixel(&image, "x", 5.0));
    assert!((number(text, "y") - pixel(&image, "y", 7.0)).abs() <= 12.0, "{text}");
}

#[test]
fn a_steep_line_crosses_where_it_crosses() {
    let figure = json!({
        "data": [{"x": [0, 1], "y": [-1e4, 3e4], "mode": "lines"}, {"x": [0, 1], "y": [-1e30, 3e30], "mode": "lines", "fill": "tozeroy"}],
        "layout": {"xaxis": {"range": [0, 1]}, "yaxis": {"range": [0, 1]}},
    });
    let image = draw(&figure);
    for line in elements(&image, "trace scatter", "path").into_iter().filter(|path| path.contains("stroke=")) {
        let corners = corners(line);
        let ((x0, _), (x1, _)) = (corners[0], corners[1]);
        close((x0 + x1) / 2.0, pixel(&image, "x", 0.25));
        assert!(corners.iter().all(|(x, y)| x.abs() < 1e4 && y.abs() < 1e4), "{corners:?}");
    }
}

#[test]
fn cells_lie_in_the_order_of_their_names() {
    let figure = |order: &str, x: [&str; 3]| {
        json!({
            "data": [{"type": "heatmap", "x": x, "y": ["r"], "z": [[1, 2, 3]], "colorscale": [[0, "#000000"], [1, "#ffffff"]]}],
            "layout": {"xaxis": {"categoryorder": order}},
        })
    };
    let fills = |image: &str| -> Vec<(f64, String)> {
        let cells = elements(image, "trace cells", "rect");
        let mut found: Vec<_> = cells.iter().map(|c| (number(c, "x"), attribute(c, "fill").to_string())).collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found
    };
    let sorted = fills(&draw(&figure("category ascending", ["c", "a", "b"])));
    // a, b, c are 2, 3, 1.
    assert_eq!(sorted.iter().map(|f| f.1.as_str()).collect::<Vec<_>>(), ["#808080", "#ffffff", "#000000"]);
    close(sorted[1].0 - sorted[0].0, sorted[2].0 - sorted[1].0);
    assert!(draw(&figure("trace", ["a", "a", "b"])).contains("one name"));
    // Of the project's own chart equal names are places of their own.
    let names = |names: [&str; 3]| names.map(String::from).to_vec();
    let own = crate::view::heatmap(
        "t",
        ("x", names(["a", "b", "c"])),
        ("y", names(["0", "0", "1"])),
        &ndarray::Array2::eye(3),
        "",
    );
    let image = own.to_svg();
    let heights: Vec<f64> = elements(&image, "trace cells", "rect").iter().map(|c| number(c, "height")).collect();
    assert!(heights.len() == 9 && heights.iter().all(|h| *h > 20.0), "{heights:?}");
    assert_eq!(labels(&image, "y").into_iter().map(|l| l.0).take(3).collect::<Vec<_>>(), ["0", "0", "1"]);
}

#[test]
fn colour_bars_are_labelled_as_they_say() {
    let figure = |z: Value, bar: Value| json!({"data": [{"type": "heatmap", "z": z, "colorbar": bar}]});
    let of_bar = |image: &str| -> Vec<String> {
        elements(image, "scale", "text").iter().map(|t| t.split_once('>').unwrap().1.to_string()).collect()
    };
    let constant = of_bar(&draw(&figure(json!([[5, 5], [5, 5]]), json!({}))));
    assert!(constant.contains(&"5".to_string()) && !constant.contains(&"0".to_string()), "{constant:?}");
    let own =
        of_bar(&draw(&figure(json!([[-3, 0]]), json!({"tickvals": [-3, 0], "ticktext": ["10⁻³", "1"], "title": "t"}))));
    assert_eq!(own, ["10⁻³", "1", "t"]);
    // An end alone is not taken.
    let mut alone = figure(json!([[1, 9]]), json!({}));
    let both = of_bar(&draw(&alone));
    alone["data"][0]["zmin"] = json!(5);
    assert_eq!(of_bar(&draw(&alone)), both);
    alone["data"][0]["zmax"] = json!(9);
    assert!(of_bar(&draw(&alone)) != both);
}

#[test]
fn axes_that_match_are_one_range() {
    let trace =
        |top: f64, axis: &str, x: &str| json!({"x": [0, 1], "y": [0, top], "mode": "lines", "yaxis": axis, "xaxis": x});
    let mut figure = json!({
        "data": [trace(1.0, "y", "x"), trace(2.0, "y2", "x2"), trace(100.0, "y3", "x3")],
        "layout": {"grid": {"rows": 1, "columns": 3, "pattern": "independent"}, "yaxis2": {"matches": "y"}, "yaxis3": {"matches": "y"}},
    });
    let ranges = |figure: &Value| -> Vec<[f64; 2]> {
        let chart = Chart::of(figure);
        ["y", "y2", "y3"].map(|id| chart.axes[chart.find(id).unwrap()].range).to_vec()
    };
    let found = ranges(&figure);
    assert!(found[0] == found[1] && found[1] == found[2] && found[0][1] >= 100.0, "{found:?}");
    figure["layout"]["yaxis"] = json!({"range": [0, 1]});
    assert_eq!(ranges(&figure), [[0.0, 1.0]; 3]);
}

#[test]
fn what_differs_from_the_chart_is_named() {
    let named = |figure: Value, words: &str| {
        let image = draw(&figure);
        assert!(image.contains("chart only") && image.contains(words), "{words}: {image}");
    };
    let line = json!({"x": [0, 1], "y": [0, 1], "mode": "lines"});
    named(json!({"data": [line], "layout": {"yaxis": {"scaleanchor": "x"}}}), "scaleanchor");
    named(json!({"data": [{"type": "heatmap", "z": [[1, null]], "connectgaps": true}]}), "connectgaps");
    named(json!({"data": [{"type": "heatmap", "z": [[1, 2]], "autocolorscale": true}]}), "autocolorscale");
    named(
        json!({"data": [line], "layout": {"shapes": [{"type": "line", "x0": 0, "x1": 1, "y0": 0, "y1": 1, "xsizemode": "pixel"}]}}),
        "pixels",
    );
    named(json!({"data": [{"type": "bar", "x": [["2023", "2024"], ["a", "b"]], "y": [1, 2]}]}), "two levels");
    named(
        json!({"data": [line, {"x": [0, 1], "y": [1, 0], "name": "later", "visible": "legendonly"}]}),
        "later, hidden",
    );
    let turned = draw(&json!({"data": [line], "layout": {"xaxis": {"tickangle": 45}}}));
    assert!(!turned.contains("chart only"), "{turned}");
    // What is not there takes no colour.
    let colours = |visible: Value| {
        let second = draw(&json!({"data": [{"x": [0, 1], "y": [0, 1], "mode": "lines", "visible": visible}, line]}));
        attribute(elements(&second, "trace scatter", "path").last().unwrap(), "stroke").to_string()
    };
    assert_eq!((colours(json!(true)).as_str(), colours(json!(false)).as_str()), ("#ff7f0e", "#1f77b4"));
}

#[test]
fn histograms_over_one_another_have_bins_of_their_own() {
    let values = |scale: f64| (0..40).map(|i| scale * f64::from(i) / 40.0).collect::<Vec<f64>>();
    let narrowest = |mode: &str| {
        let traces: Vec<Value> = [1.0, 100.0].map(|scale| json!({"type": "histogram", "x": values(scale)})).to_vec();
        let image = draw(&json!({"data": traces, "layout": {"barmode": mode}}));
        elements(&image, "trace bars", "rect").iter().map(|bar| number(bar, "width")).fold(f64::INFINITY, f64::min)
    };
    assert!(
        narrowest("overlay") < 10.0 && narrowest("stack") > 50.0,
        "{} {}",
        narrowest("overlay"),
        narrowest("stack")
    );
}
