//! What of plotly's settings a still image draws; the rest is named in it.

use super::Unnamed;
use serde_json::Value;

/// Settings that no image shows: of the pointer, of names for programs, of what a file holds.
const UNSEEN: &str = "type uid ids customdata meta hoverinfo hovertext hovertemplate hovertemplatefallback hoveron hoverlabel hoverongaps \
    xhoverformat yhoverformat zhoverformat selectedpoints selected unselected stream uirevision legendrank legendgroup legendgrouptitle \
    legendwidth legend visible name showlegend xaxis yaxis zorder cliponaxis zauto x y x0 y0 dx dy opacity \
    xcalendar ycalendar xperiodalignment yperiodalignment texttemplatefallback";
const SCATTER: &str =
    "connectgaps orientation mode line marker text textposition textfont fill fillcolor error_x error_y";
const BAR: &str = "orientation marker text textposition textfont insidetextfont outsidetextfont width base offset error_x error_y \
    alignmentgroup offsetgroup constraintext insidetextanchor";
const HISTOGRAM: &str = "xbins ybins nbinsx nbinsy autobinx autobiny histnorm histfunc cumulative bingroup orientation marker text error_x error_y";
const HEATMAP: &str = "z colorscale reversescale zmin zmax zmid showscale colorbar coloraxis transpose xtype ytype";
const IMAGE: &str = "z colormodel";

const LINE: &str = "color width dash shape simplify smoothing";
const MARKER: &str = "color size symbol opacity line colorscale reversescale cauto cmin cmax cmid showscale colorbar coloraxis \
    autocolorscale sizeref sizemin sizemode";

/// Of a colour bar; where it stands, and how large, says nothing.
const COLOUR_BAR: &str = "title tickmode nticks dtick tick0 tickvals ticktext tickprefix ticksuffix showtickprefix showticksuffix tickformat \
    exponentformat showexponent minexponent separatethousands x y xanchor yanchor xpad ypad len lenmode thickness thicknessmode xref yref \
    outlinecolor outlinewidth bordercolor borderwidth bgcolor tickfont tickcolor ticklen tickwidth ticks ticklabelposition";

const LAYOUT: &str = "title showlegend legend margin autosize width height font separators paper_bgcolor plot_bgcolor colorway \
    coloraxis modebar hovermode clickmode dragmode selectdirection hoverdistance spikedistance hoverlabel grid calendar barmode bargap \
    bargroupgap annotations shapes template transition uirevision datarevision editrevision selectionrevision meta colorscale hidesources \
    activeshape newshape uniformtext hiddenlabels boxmode boxgap boxgroupgap violinmode violingap violingroupgap waterfallmode waterfallgap \
    waterfallgroupgap";
const AXIS: &str = "visible type title range autorange rangemode fixedrange domain anchor position side overlaying tickmode nticks dtick \
    tick0 tickvals ticktext tickprefix ticksuffix showtickprefix showticksuffix showticklabels tickfont tickcolor ticklen tickwidth ticks \
    tickangle tickson tickformat hoverformat exponentformat showexponent minexponent separatethousands color showline linecolor linewidth showgrid \
    gridcolor gridwidth griddash zeroline zerolinecolor zerolinewidth categoryorder categoryarray automargin showspikes spikecolor \
    spikethickness spikedash spikemode spikesnap matches calendar layer uirevision mirror \
    showdividers dividercolor dividerwidth rangeselector autotickangles ticklabelstep ticklabelposition autotypenumbers insiderange";

fn lists(names: &str, name: &str) -> bool {
    names.split_whitespace().any(|known| known == name)
}

/// Not set: what plotly reads as its default.
fn unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

fn names(unnamed: &mut Unnamed, of: &str, object: &Value, known: &[&str]) {
    for (key, value) in object.as_object().into_iter().flatten() {
        if !unset(value) && !known.iter().any(|names| lists(names, key)) {
            unnamed.add(format!("{of} {}", super::plain(key)));
        }
    }
}

/// Names the settings of a trace that are not drawn.
pub(super) fn check_trace(kind: &str, trace: &Value, unnamed: &mut Unnamed) {
    let own = match kind {
        "bar" => BAR,
        "histogram" => HISTOGRAM,
        "heatmap" | "heatmapgl" => HEATMAP,
        "image" => IMAGE,
        _ => SCATTER,
    };
    names(unnamed, kind, trace, &[UNSEEN, own]);
    if kind.starts_with("scatter") {
        names(unnamed, "line", &trace["line"], &[LINE]);
        names(unnamed, "marker", &trace["marker"], &[MARKER]);
    }
    if kind == "image" {
        unnamed.add("square pixels".into());
    }
    for owner in [trace, &trace["marker"]] {
        names(unnamed, "colour bar", &owner["colorbar"], &[COLOUR_BAR]);
    }
    if kind == "bar" && !trace["marker"]["pattern"].is_null() {
        unnamed.add("hatching of bars".into());
    }
    // Groups of bars that plotly keeps apart or together otherwise than here.
    if kind == "bar" && !trace["offsetgroup"].is_null() {
        unnamed.add("groups of bars".into());
    }
}

/// Names the settings of the layout that are not drawn.
pub(super) fn check_layout(layout: &Value, unnamed: &mut Unnamed) {
    for (key, value) in layout.as_object().into_iter().flatten() {
        let axis = key.get(1..5) == Some("axis") && key.get(5..).is_some_and(|n| n.chars().all(|c| c.is_ascii_digit()));
        if axis && (key.starts_with('x') || key.starts_with('y')) {
            names(unnamed, &super::plain(key), value, &[AXIS]);
            let format = value["tickformat"].as_str();
            if let Some(format) = format.filter(|format| super::ticks::in_format(format, 1.0).is_none()) {
                unnamed.add(format!("numbers written as {}", super::plain(format)));
            }
            let order = value["categoryorder"].as_str().unwrap_or("trace");
            if !matches!(order, "trace" | "array" | "category ascending" | "category descending") {
                unnamed.add(format!("names ordered by {}", super::plain(order)));
            }
        } else if !unset(value) && !axis && !lists(LAYOUT, key) && !key.starts_with("coloraxis") {
            // An object of its own kind of chart belongs to traces that are named already.
            if !matches!(
                key.trim_end_matches(|c: char| c.is_ascii_digit()),
                "scene" | "polar" | "geo" | "mapbox" | "map" | "ternary" | "smith"
            ) {
                unnamed.add(super::plain(key));
            }
        }
    }
    if !matches!(layout["barmode"].as_str().unwrap_or("group"), "group" | "stack" | "relative" | "overlay") {
        unnamed.add("the arrangement of bars".into());
    }
}
