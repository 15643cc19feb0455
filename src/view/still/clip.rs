//! Lines and areas cut at a rectangle: a point far outside would lie elsewhere as a number with few digits, and turn the line that leads
//! to it.

type Point = (f64, f64);

/// The parts of the line through `points` inside of a rectangle: left, top, right, bottom.
pub(super) fn line(points: &[Point], [x0, y0, x1, y1]: [f64; 4]) -> Vec<Vec<Point>> {
    let inside = |(x, y): Point| (x0..=x1).contains(&x) && (y0..=y1).contains(&y);
    if points.iter().all(|p| inside(*p)) {
        return vec![points.to_vec()];
    }
    let mut parts: Vec<Vec<Point>> = Vec::new();
    // What lies outside draws nothing.
    for (from, to) in points.windows(2).filter_map(|pair| segment(pair[0], pair[1], [x0, y0, x1, y1])) {
        match parts.last_mut() {
            Some(part) if part.last() == Some(&from) => part.push(to),
            _ => parts.push(vec![from, to]),
        }
    }
    parts
}

/// The part of a segment inside of a rectangle (Liang and Barsky 1984).
fn segment(a: Point, b: Point, [x0, y0, x1, y1]: [f64; 4]) -> Option<(Point, Point)> {
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for (start, end, low, high) in [(a.0, b.0, x0, x1), (a.1, b.1, y0, y1)] {
        let step = end - start;
        if step == 0.0 {
            if !(low..=high).contains(&start) {
                return None;
            }
            continue;
        }
        let (enter, leave) = ((low - start) / step, (high - start) / step);
        from = from.max(enter.min(leave));
        to = to.min(enter.max(leave));
    }
    let at = |share: f64| match share {
        0.0 => a,
        1.0 => b,
        _ => (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1)),
    };
    (from <= to).then(|| (at(from), at(to)))
}

/// The outline of the part of an area inside of a rectangle (Sutherland and Hodgman 1974).
pub(super) fn area(outline: &[Point], [x0, y0, x1, y1]: [f64; 4]) -> Vec<Point> {
    let inside = |(x, y): &Point| (x0..=x1).contains(x) && (y0..=y1).contains(y);
    let mut kept = outline.to_vec();
    if kept.iter().all(inside) {
        return kept;
    }
    for (across, bound, sign) in [(true, x0, 1.0), (true, x1, -1.0), (false, y0, 1.0), (false, y1, -1.0)] {
        let of = |p: Point| sign * (if across { p.0 } else { p.1 } - bound);
        let corners = std::mem::take(&mut kept);
        for (index, &to) in corners.iter().enumerate() {
            let from = corners[(index + corners.len() - 1) % corners.len()];
            let (before, after) = (of(from), of(to));
            if (before < 0.0) != (after < 0.0) {
                let share = before / (before - after);
                let crossing = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                kept.push(if across { (bound, crossing.1) } else { (crossing.0, bound) });
            }
            if after >= 0.0 {
                kept.push(to);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: [f64; 4] = [0.0, 0.0, 10.0, 10.0];

    /// Crossings by hand.
    #[test]
    fn lines_are_cut_where_they_cross() {
        assert_eq!(line(&[(1.0, 1.0), (2.0, 5.0)], BOX), [[(1.0, 1.0), (2.0, 5.0)]]);
        let steep = line(&[(0.0, -1e4), (10.0, 3e4)], BOX);
        let ((x0, y0), (x1, y1)) = (steep[0][0], steep[0][1]);
        assert!((x0 - 2.5).abs() + y0.abs() + (x1 - 2.5025).abs() + (y1 - 10.0).abs() <= 1e-9, "{steep:?}");
        let there_and_back = line(&[(5.0, 5.0), (5.0, 1e300), (6.0, 5.0)], BOX);
        assert_eq!((there_and_back.len(), there_and_back[0][1]), (2, (5.0, 10.0)));
        assert!(line(&[(-5.0, 1.0), (-1.0, 1.0), (-1.0, 20.0)], BOX).is_empty());
    }

    #[test]
    fn areas_are_cut_at_all_sides() {
        let square = [(-5.0, -5.0), (5.0, -5.0), (5.0, 5.0), (-5.0, 5.0)];
        let mut cut = area(&square, BOX);
        cut.sort_by(|a, b| a.partial_cmp(b).unwrap());
        assert_eq!(cut, [(0.0, 0.0), (0.0, 5.0), (5.0, 0.0), (5.0, 5.0)]);
        assert!(area(&[(-5.0, 1.0), (-1.0, 1.0), (-1.0, 20.0)], BOX).is_empty());
    }
}
