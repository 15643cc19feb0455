mod agreement;

use super::*;
use serde_json::json;

/// The elements of that tag in a group of that class, each with its attributes as text.
fn elements<'a>(image: &'a str, class: &str, tag: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    for (start, _) in image.match_indices(&format!("<g class=\"{class}\"")) {
        let group = &image[start..];
        let group = &group[..group.find("</g>").expect("groups are closed")];
        found.extend(
            group
                .split('<')
                .filter(|element| element.strip_prefix(tag).is_some_and(|rest| rest.starts_with([' ', '>']))),
        );
    }
    found
}

/// An attribute's text.
fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let start =
        element.find(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {element}")) + name.len() + 3;
    &element[start..start + element[start..].find('"').expect("an attribute ends")]
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).parse().unwrap()
}

/// The corners of a path of straight lines.
fn corners(element: &str) -> Vec<(f64, f64)> {
    let d = attribute(element, "d").replace(['M', 'L'], " ").replace('Z', "");
    d.split_whitespace()
        .map(|pair| pair.split_once(',').unwrap())
        .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
        .collect()
}

/// Pixels of two labelled ticks give the pixel of every value: `(label, place)` of an axis.
fn labels(image: &str, axis: &str) -> Vec<(String, f64)> {
    let name = if axis.starts_with('x') { "x" } else { "y" };
    elements(image, &format!("axis {axis}"), "text")
        .iter()
        .map(|text| (text.split_once('>').unwrap().1.to_string(), number(text, name)))
        .collect()
}

/// The pixel at which a value lies on a linear axis, from its own ticks.
fn pixel(image: &str, axis: &str, value: f64) -> f64 {
    let ticks: Vec<(f64, f64)> = labels(image, axis)
        .into_iter()
        .filter_map(|(label, at)| Some((label.replace('−', "-").parse().ok()?, at)))
        .collect();
    let ((a, pa), (b, pb)) = (ticks[0], *ticks.last().unwrap());
    pa + (value - a) / (b - a) * (pb - pa)
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 0.05, "{a} and {b}");
}

#[test]
fn hostile_text_is_inert_and_what_cannot_be_drawn_is_named() {
    let hostile = "</text><script>alert(1)</script>";
    let figure = json!({
        "data": [
            {"type": "scatter", "x": [1, 2, null], "y": [1, 10, 3], "name": hostile, "mode": "lines+markers",
             "line": {"color": "\"/><script>"}, "marker": {"symbol": hostile}},
            {"type": "bar", "x": ["a", hostile], "y": [1, 2], "name": "bars", "text": hostile},
            {"type": "heatmap", "z": [[1, 2], [3, null]]},
            {"type": "pie", "values": [1]},
            {"type": hostile, "x": [1]},
        ],
        "layout": {"title": {"text": hostile}, "yaxis": {"type": "log", "title": hostile, "tickprefix": hostile},
                   "annotations": [{"text": hostile, "x": 0, "y": 1}], hostile: 1},
    });
    let image = draw(&figure);
    assert!(image.starts_with("<svg") && !image.contains("<script"), "{image}");
    assert!(image.contains("interactive chart only:") && image.contains("pie"), "{image}");
    assert!(summary(&figure).starts_with("alert(1)"), "{}", summary(&figure));
}

#[test]
fn figures_without_anything_to_draw_are_images_too() {
    let empty = [
        json!(null),
        json!({}),
        json!({"data": [{"x": [], "y": []}]}),
        json!({"data": [{"x": [1], "y": [1e300]}]}),
        json!({"data": [{"x": [-1e308, 1e308], "y": [1, 2]}]}),
        json!({"data": [{"x": [1, 2], "y": [null, "a"]}], "layout": {"yaxis": {"type": "log", "range": [1, 1]}}}),
        json!({"data": [{"type": "bar", "x": [], "y": []}, {"type": "heatmap", "z": []}, {"type": "histogram", "x": []}, {"type": "image", "z": []}]}),
        json!({"data": [{"x": "text", "y": {}, "xaxis": "x99999", "yaxis": "paper"}], "layout": {"yaxis": {"overlaying": "y", "domain": [2, 1]}}}),
    ];
    for figure in empty {
        let image = draw(&figure);
        assert!(image.starts_with("<svg") && !image.contains("NaN") && !image.contains("inf"), "{figure}: {image}");
    }
}

#[test]
fn points_lie_where_the_axes_say() {
    let figure = json!({
        "data": [{"type": "scatter", "mode": "markers", "x": [0.5, 2.0, 9.0], "y": [1.0, 3.5, 2.0], "marker": {"symbol": "square", "size": 8}}],
        "layout": {"xaxis": {"range": [0, 10]}, "yaxis": {"range": [5, 0]}},
    });
    let image = draw(&figure);
    let markers = elements(&image, "markers", "path");
    for (marker, (x, y)) in markers.iter().zip([(0.5, 1.0), (2.0, 3.5), (9.0, 2.0)]) {
        let corners = corners(marker);
        close((corners[0].0 + corners[2].0) / 2.0, pixel(&image, "x", x));
        close((corners[0].1 + corners[2].1) / 2.0, pixel(&image, "y", y));
        close(corners[2].0 - corners[0].0, 8.0);
    }
    assert_eq!(markers.len(), 3);
    // The axis is turned: 5 is below 0.
    assert!(pixel(&image, "y", 5.0) > pixel(&image, "y", 0.0) + 100.0);
    assert_eq!(attribute(markers[0], "fill"), "#1f77b4");
}

/// A heat map with `y_axis.range([1.5, -0.5])` has its first row on top.
#[test]
fn heatmaps_are_as_their_axes_say() {
    let figure = |range: Value| {
        json!({
            "data": [{"type": "heatmap", "z": [[0, 1, 2], [3, 4, 5]], "colorscale": [[0, "#000000"], [1, "#ffffff"]]}],
            "layout": {"yaxis": {"range": range}},
        })
    };
    let rows = |image: &str| -> Vec<(String, f64)> {
        let cells = elements(image, "trace cells", "rect");
        assert_eq!(cells.len(), 6);
        cells.iter().step_by(3).map(|cell| (attribute(cell, "fill").to_string(), number(cell, "y"))).collect()
    };
    let upright = rows(&draw(&figure(json!([-0.5, 1.5]))));
    let turned = rows(&draw(&figure(json!([1.5, -0.5]))));
    assert_eq!((upright[0].0.as_str(), upright[1].0.as_str()), ("#000000", "#999999"));
    assert!(upright[0].1 > upright[1].1, "{upright:?}");
    assert!(turned[0].1 < turned[1].1, "{turned:?}");
    assert_eq!(
        rows(&draw(&json!({"data": figure(json!(null))["data"], "layout": {"yaxis": {"autorange": "reversed"}}}))),
        turned
    );
}

#[test]
fn a_second_axis_has_a_scale_of_its_own() {
    let figure = json!({
        "data": [
            {"x": [0, 1], "y": [0, 1], "name": "small", "mode": "lines"},
            {"x": [0, 1], "y": [0, 1000], "name": "large", "mode": "lines", "yaxis": "y2"},
        ],
        "layout": {"yaxis": {"range": [0, 2], "title": "left"}, "yaxis2": {"overlaying": "y", "side": "right", "range": [0, 4000], "title": "right"}},
    });
    let image = draw(&figure);
    let lines = elements(&image, "trace scatter", "path");
    close(corners(lines[0])[1].1, pixel(&image, "y", 1.0));
    close(corners(lines[1])[1].1, pixel(&image, "y2", 1000.0));
    // 1000 of 4000 is half as high as 1 of 2.
    assert!(corners(lines[1])[1].1 > corners(lines[0])[1].1 + 50.0);
    let ([left, right], edge) = (
        ["y", "y2"].map(|axis| number(elements(&image, &format!("axis {axis}"), "text")[0], "x")),
        corners(lines[0])[1].0,
    );
    assert!(left < corners(lines[0])[0].0 && right > edge, "{left} {right} {edge}");
    assert!(!image.contains("chart only"), "{image}");
}

#[test]
fn error_bars_and_bands_are_seen() {
    let figure = json!({
        "data": [
            {"x": [1, 2], "y": [3, 4], "mode": "markers", "error_y": {"type": "data", "array": [0.5, 1], "arrayminus": [1, 0.25]},
             "error_x": {"type": "constant", "value": 0.2}},
            {"x": [1, 2, 3], "y": [1, 1, 1], "mode": "lines", "line": {"width": 0}, "showlegend": false},
            {"x": [1, 2, 3], "y": [2, 3, 2], "mode": "lines", "fill": "tonexty", "fillcolor": "rgba(255,0,0,0.2)", "line": {"width": 0}},
        ],
        "layout": {"xaxis": {"range": [0, 4]}, "yaxis": {"range": [0, 6]}},
    });
    let image = draw(&figure);
    let paths = elements(&image, "trace scatter", "path");
    let (across, up) = (corners(paths[0]), corners(paths[1]));
    // Of each bar a line and a cap: low, then high.
    for (bar, (x, low, high)) in [(1.0, 2.0, 3.5), (2.0, 3.75, 5.0)].into_iter().enumerate() {
        close(up[8 * bar + 1].1, pixel(&image, "y", low));
        close(up[8 * bar + 5].1, pixel(&image, "y", high));
        close(up[8 * bar].0, pixel(&image, "x", x));
        close(across[8 * bar + 1].0, pixel(&image, "x", x - 0.2));
    }
    let band = paths.iter().find(|path| attribute(path, "fill") == "#ff0000").unwrap();
    assert_eq!(attribute(band, "fill-opacity"), "0.2");
    let outline = corners(band);
    let expected = [(1.0, 2.0), (2.0, 3.0), (3.0, 2.0), (3.0, 1.0), (2.0, 1.0), (1.0, 1.0)];
    assert_eq!(outline.len(), expected.len());
    for (got, (x, y)) in outline.iter().zip(expected) {
        close(got.0, pixel(&image, "x", x));
        close(got.1, pixel(&image, "y", y));
    }
}

#[test]
fn bars_stand_beside_one_another_or_on_one_another() {
    let figure = |mode: &str| {
        json!({
            "data": [
                {"type": "bar", "x": ["a", "b"], "y": [1, 2], "name": "one"},
                {"type": "bar", "x": ["a", "b"], "y": [3, 4], "name": "two", "error_y": {"type": "data", "array": [0.5, 0.5]}},
            ],
            "layout": {"barmode": mode, "yaxis": {"range": [0, 8]}},
        })
    };
    let bars = |image: &str| -> Vec<[f64; 4]> {
        let bars = elements(image, "trace bars", "rect");
        bars.iter().map(|bar| ["x", "y", "width", "height"].map(|name| number(bar, name))).collect()
    };
    let image = draw(&figure("group"));
    let beside = bars(&image);
    close(beside[0][0] + beside[0][2], beside[2][0]);
    close(beside[2][1], pixel(&image, "y", 3.0));
    close(beside[2][1] + beside[2][3], pixel(&image, "y", 0.0));
    let image = draw(&figure("stack"));
    let stacked = bars(&image);
    close(stacked[0][0], stacked[2][0]);
    close(stacked[2][1] + stacked[2][3], stacked[0][1]);
    close(stacked[3][1], pixel(&image, "y", 6.0));
    let errors = elements(&image, "trace bars", "path");
    close(corners(errors[0])[5].1, pixel(&image, "y", 4.5));
    assert_eq!(labels(&image, "x").into_iter().map(|l| l.0).collect::<Vec<_>>(), ["a", "b"]);
    let flat = json!({"data": [{"type": "bar", "orientation": "h", "y": ["a", "b"], "x": [1, -2]}], "layout": {"xaxis": {"range": [-4, 4]}}});
    let image = draw(&flat);
    let bars = bars(&image);
    close(bars[1][0], pixel(&image, "x", -2.0));
    close(bars[1][0] + bars[1][2], pixel(&image, "x", 0.0));
    assert!(bars[0][1] > bars[1][1]);
}

/// Counted by hand.
#[test]
fn histograms_have_their_counts() {
    let figure = json!({
        "data": [{"type": "histogram", "x": [0.1, 0.2, 0.6, 1.2, 1.9, 1.95], "xbins": {"start": 0, "end": 2, "size": 0.5}}],
        "layout": {"yaxis": {"range": [0, 4]}, "xaxis": {"range": [0, 2]}},
    });
    let image = draw(&figure);
    let bars = elements(&image, "trace bars", "rect");
    for (bar, (edge, count)) in bars.iter().zip([(0.0, 2.0), (0.5, 1.0), (1.0, 1.0), (1.5, 2.0)]) {
        close(number(bar, "x"), pixel(&image, "x", edge));
        close(number(bar, "y"), pixel(&image, "y", count));
    }
    assert_eq!(bars.len(), 4);
}

#[test]
fn colours_dashes_and_markers_are_the_charts() {
    let figure = json!({"data": [
        {"x": [1, 2], "y": [1, 2], "mode": "lines", "name": "first"},
        {"x": [1, 2], "y": [2, 3], "mode": "lines", "name": "second", "line": {"dash": "dash", "width": 4}},
        {"x": [1, 2], "y": [2, 3], "mode": "lines", "name": "third", "line": {"color": "tomato"}},
        {"x": [1, 2], "y": [2, 3], "mode": "markers", "marker": {"color": [0, 1], "colorscale": "Viridis", "symbol": ["circle", "x"]}},
    ]});
    let image = draw(&figure);
    let lines = elements(&image, "trace scatter", "path");
    assert_eq!(
        lines.iter().map(|line| attribute(line, "stroke")).collect::<Vec<_>>(),
        ["#1f77b4", "#ff7f0e", "#ff6347"]
    );
    assert_eq!(attribute(lines[1], "stroke-dasharray"), "12,12");
    let markers = elements(&image, "markers", "path");
    assert_eq!(markers.iter().map(|marker| attribute(marker, "fill")).collect::<Vec<_>>(), ["#440154", "#fde725"]);
    assert_eq!(elements(&image, "legend", "text").len(), 4);
    let own = json!({"data": [{"x": [1], "y": [1], "mode": "lines"}], "layout": {"colorway": ["#010203"]}});
    assert!(draw(&own).contains("#010203"));
}

#[test]
fn shapes_and_texts_are_on_their_axes() {
    let figure = json!({
        "data": [{"x": [0, 10], "y": [0, 10], "mode": "lines"}],
        "layout": {
            "xaxis": {"range": [0, 10]}, "yaxis": {"range": [0, 10]},
            "shapes": [{"type": "line", "x0": 0, "x1": 10, "y0": 3, "y1": 3, "line": {"dash": "dot", "color": "red"}},
                       {"type": "rect", "xref": "x", "yref": "paper", "x0": 2, "x1": 4, "y0": 0, "y1": 1, "fillcolor": "blue", "opacity": 0.5, "line": {"width": 0}}],
            "annotations": [{"text": "here<br>it is", "x": 5, "y": 7, "xref": "x", "yref": "y", "showarrow": false}],
        },
    });
    let image = draw(&figure);
    let shapes = elements(&image, "shape", "path");
    close(corners(shapes[0])[0].1, pixel(&image, "y", 3.0));
    close(corners(shapes[1])[0].0, pixel(&image, "x", 2.0));
    close(corners(shapes[1])[2].0, pixel(&image, "x", 4.0));
    let here = image.split('<').find(|e| e.ends_with(">here")).unwrap();
    close(number(here, "x"), pixel(&image, "x", 5.0));
    assert!(image.contains(">it is<"));
}

/// Every kind of trace of plotly.js is drawn or named, and so is every setting.
#[test]
fn nothing_is_left_out_without_a_word() {
    let kinds = "box violin histogram2d histogram2dcontour contour scatterternary funnel waterfall indicator pie sunburst treemap icicle \
        funnelarea scatter3d surface isosurface volume mesh3d cone streamtube scattergeo choropleth scattermap choroplethmap densitymap \
        scattermapbox choroplethmapbox densitymapbox sankey scattersmith table carpet scattercarpet contourcarpet ohlc candlestick \
        scatterpolar scatterpolargl barpolar parcats parcoords splom new_kind";
    for kind in kinds.split_whitespace() {
        let image = draw(&json!({"data": [{"type": kind, "x": [1, 2], "y": [1, 2], "z": [[1, 2], [3, 4]]}]}));
        assert!(image.contains(&format!("interactive chart only: {kind}")), "{kind}: {image}");
    }
    let says = |data: Value, layout: Value, word: &str| {
        let image = draw(&json!({"data": [data], "layout": layout}));
        assert!(image.contains("chart only") && image.contains(word), "{word}: {image}");
    };
    let line = json!({"x": [1, 2], "y": [1, 2]});
    says(json!({"x": [1, 2], "y": [1, 2], "line": {"shape": "spline"}}), json!({}), "curves");
    says(json!({"x": [1, 2], "y": [1, 2], "stackgroup": "one"}), json!({}), "stackgroup");
    says(
        json!({"x": [1, 2], "y": [1, 2], "mode": "markers", "marker": {"symbol": "hourglass"}}),
        json!({}),
        "hourglass",
    );
    says(json!({"type": "heatmap", "z": [[1]], "zsmooth": "best"}), json!({}), "zsmooth");
    says(json!({"x": ["2020-01-01", "2020-02-01", "2021-01-01"], "y": [1, 2, 3]}), json!({}), "dates");
    says(line.clone(), json!({"images": [{"source": "x"}]}), "images");
    says(line.clone(), json!({"xaxis": {"rangebreaks": [{}]}}), "rangebreaks");
    says(line.clone(), json!({"xaxis": {"tickformat": "~s"}}), "~s");
    says(line.clone(), json!({"shapes": [{"type": "path", "path": "M0,0"}]}), "path");
    says(line, json!({"new_setting": 3}), "new_setting");
}

/// Names and numbers in one chart, many panels, gaps, huge counts: an image whatever the data.
#[test]
fn panels_lie_side_by_side() {
    let figure = json!({
        "data": [{"x": [0, 1], "y": [0, 1], "mode": "lines"}, {"x": [0, 1], "y": [0, 5], "xaxis": "x2", "yaxis": "y2", "mode": "lines"}],
        "layout": {"grid": {"rows": 1, "columns": 2, "pattern": "independent"}},
    });
    let image = draw(&figure);
    let lines = elements(&image, "trace scatter", "path");
    assert!(corners(lines[0])[1].0 < corners(lines[1])[0].0);
    close(corners(lines[1])[1].1, pixel(&image, "y2", 5.0));
    assert!(summary(&figure).contains("2 panels"), "{}", summary(&figure));
}
