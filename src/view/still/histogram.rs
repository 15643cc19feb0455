//! Counts in bins, as plotly.js chooses and counts them (`src/plots/cartesian/axes.js`, `autoBin`; `src/traces/histogram`).

use super::Unnamed;
use super::axis::{Axis, Kind};
use super::paint::extent;
use super::ticks::rounded_up;
use serde_json::Value;

/// Bars of a histogram, in the units of the axis of positions.
pub(super) struct Counted {
    pub centres: Vec<f64>,
    pub heights: Vec<f64>,
    pub width: f64,
}

/// Bins at most.
const MOST: usize = 5000;

/// Counts a histogram's values along `x` or `y`. `None` where it is not drawn here, which is said in `unnamed`.
pub(super) fn count(
    (trace, index): (&Value, usize),
    figure: &Value,
    along: &str,
    axis: &Axis,
    unnamed: &mut Unnamed,
) -> Option<Counted> {
    let sums = trace["histfunc"].as_str().is_some_and(|f| f != "count");
    if sums || axis.kind == Kind::Log || trace["cumulative"]["enabled"].as_bool() == Some(true) {
        unnamed.add("histograms of sums, on logarithmic axes and cumulative ones".into());
        return None;
    }
    let finite = |trace: &Value| axis.values(&trace[along]).into_iter().filter(|v| v.is_finite()).collect::<Vec<f64>>();
    let values = finite(trace);
    let key = format!("{along}axis");
    let overlaid = figure["layout"]["barmode"].as_str() == Some("overlay");
    let alike = |other: &&Value| {
        let hidden = other["visible"].as_bool() == Some(false) || other["visible"].as_str() == Some("legendonly");
        if overlaid || hidden {
            return std::ptr::eq(*other, trace);
        }
        other["type"].as_str() == Some("histogram") && other[&key] == trace[&key] && other[along].is_array()
    };
    // Histograms on one axis share their bins, unless one lies over the other.
    let shared: Vec<&Value> = figure["data"].as_array().into_iter().flatten().filter(alike).collect();
    let all: Vec<f64> = shared.iter().flat_map(|other| finite(other)).collect();
    let [low, high] = extent(all.iter().copied())?;
    let given = |key: &str| {
        let own = trace[format!("{along}bins")][key].as_f64();
        own.or_else(|| shared.iter().find_map(|other| other[format!("{along}bins")][key].as_f64()))
    };
    let count = trace[format!("nbins{along}")].as_f64().filter(|n| *n >= 1.0);
    let [auto_start, auto_size] = match axis.kind {
        Kind::Names => [low - 0.5, 1.0],
        _ => automatic(&all, [low, high], count, given("size")),
    };
    let (start, size) = (given("start").unwrap_or(auto_start), given("size").filter(|s| *s > 0.0).unwrap_or(auto_size));
    let end = given("end").unwrap_or(f64::INFINITY).min(start + size * (1.0 + ((high - start) / size).floor()));
    let bins = ((end - start) / size - 1e-9).ceil();
    if !(bins >= 1.0 && bins <= MOST as f64) {
        unnamed.add(format!("histogram {} of more than {MOST} bins", index + 1));
        return None;
    }
    let mut heights = vec![0.0; bins as usize];
    for value in &values {
        let bin = ((value - start) / size).floor();
        if bin >= 0.0
            && let Some(height) = heights.get_mut(bin as usize)
        {
            *height += 1.0;
        }
    }
    let total = values.len() as f64;
    let scale = match trace["histnorm"].as_str().unwrap_or("") {
        "percent" => 100.0 / total,
        "probability" => 1.0 / total,
        "density" => 1.0 / size,
        "probability density" => 1.0 / (total * size),
        _ => 1.0,
    };
    heights.iter_mut().for_each(|height| *height *= scale);
    let centres = (0..heights.len()).map(|bin| start + (bin as f64 + 0.5) * size).collect();
    Some(Counted { centres, heights, width: size })
}

/// Start and size of the bins where they are not given.
fn automatic(values: &[f64], [low, high]: [f64; 2], count: Option<f64>, size: Option<f64>) -> [f64; 2] {
    let rough = match (count, size) {
        (_, Some(size)) if size > 0.0 => size,
        (Some(count), _) => (high - low) / count,
        _ => {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let tiny = 1e-9 * (high - low);
            let apart =
                sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|d| *d > tiny).fold(f64::INFINITY, f64::min);
            let apart = if apart.is_finite() { apart } else { 1.0 };
            let unit = 10f64.powf(apart.log10().floor());
            let least = [9.9, 4.9, 1.9, 0.9].iter().find(|m| **m <= apart / unit).map_or(0.9, |m| *m) * unit;
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            least.max(2.0 * deviation / n.powf(0.4))
        }
    };
    let rough = if rough > 0.0 && rough.is_finite() { rough } else { 1.0 };
    let step = match size {
        Some(size) if size > 0.0 => size,
        _ => rounded_up(rough),
    };
    let mut start = (low / step - 1e-9).ceil() * step - step;
    let near_edge = |v: f64| (1.0 + (v - start) * 100.0 / step) % 100.0 < 2.0;
    let share = |of: &dyn Fn(f64) -> bool| values.iter().filter(|v| of(**v)).count() as f64 / values.len() as f64;
    if values.iter().all(|v| v % 1.0 == 0.0) {
        if step < 1.0 {
            start = low - 0.5 * step;
        } else {
            start -= 0.5;
            if start + step < low {
                start += step;
            }
        }
    } else if share(&|v| near_edge(v + step / 2.0)) < 0.1
        && (share(&near_edge) > 0.3 || near_edge(low) || near_edge(high))
    {
        start += if start + step / 2.0 < low { step / 2.0 } else { -step / 2.0 };
    }
    [start, step]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand from the rules of plotly.js.
    #[test]
    fn bins_are_plotlys() {
        // 2 σ / n^0.4 = 2 · 2.872 / 2.512 = 2.29, so 5; whole numbers start half below.
        let whole: Vec<f64> = (0..10).map(f64::from).collect();
        assert_eq!(automatic(&whole, [0.0, 9.0], None, None), [-0.5, 5.0]);
        // Ten of them: 0.9 / 10, so 0.1.
        let tenths: Vec<f64> = (0..200).map(|i| 0.0049 * f64::from(i) + 0.003).collect();
        let [start, step] = automatic(&tenths, [0.003, 0.9781], Some(10.0), None);
        assert!((step - 0.1).abs() <= 1e-12 && start.abs() <= 1e-12, "{start} {step}");
    }
}
