//! Maps of positions: windows of convolutions and pools, and what they do to a state.

use super::gap::{NEAR, above, below};
use super::pairs::Places;
use super::{KernelState, Law, Marginals, Pairs, Units};
use crate::error::{Error, Result};
use crate::number::Real;
use ndarray::Array2;
use std::fmt;

/// How a window walks over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height and width of the window.
    pub size: (usize, usize),
    /// Steps down and to the right.
    pub stride: (usize, usize),
    /// What surrounds the image.
    pub padding: Padding,
}

/// The rim of zeros around an image under a [`Window`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// So many that a stride of one keeps the size: with `total = max((⌈in/stride⌉ - 1) stride + size - in, 0)` along an axis,
    /// half of them (rounded down) before, the others after.
    Same,
    /// Before and after the rows, before and after the columns; only whole windows on the image and its rim count.
    Zeros([[usize; 2]; 2]),
}

impl Padding {
    /// None: whole windows on the image only.
    pub(crate) const NONE: Self = Self::Zeros([[0; 2]; 2]);
}

impl fmt::Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Same => f.write_str("same"),
            Self::NONE => f.write_str("valid"),
            Self::Zeros([[top, bottom], [left, right]]) if top == bottom && left == right => {
                write!(f, "padding {top} × {left}")
            }
            Self::Zeros([[top, bottom], [left, right]]) => write!(f, "padding {top}+{bottom} × {left}+{right}"),
        }
    }
}

impl fmt::Display for Window {
    /// Of a pool.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {}, stride {} × {}", self.size.0, self.size.1, self.stride.0, self.stride.1)?;
        if self.padding == Padding::NONE { Ok(()) } else { write!(f, ", {}", self.padding) }
    }
}

/// Places under a window, over all its steps: each is held while the window walks.
const PLACES: usize = 1 << 32;

impl Window {
    /// Zeros before and after, with strides and sizes of the axes: down, then right.
    pub(crate) fn zeros(&self, height: usize, width: usize) -> [[usize; 2]; 2] {
        let same = |input: usize, size: usize, stride: usize| {
            let steps = (input.div_ceil(stride) - 1) * stride;
            let total = steps.saturating_add(size).saturating_sub(input);
            [total / 2, total - total / 2]
        };
        match self.padding {
            Padding::Same => [same(height, self.size.0, self.stride.0), same(width, self.size.1, self.stride.1)],
            Padding::Zeros(zeros) => zeros,
        }
    }

    /// Rows or columns of the image with its rim.
    fn padded(input: usize, zeros: [usize; 2]) -> usize {
        input.saturating_add(zeros[0]).saturating_add(zeros[1])
    }

    /// Number of windows along each axis.
    fn windows(&self, height: usize, width: usize) -> (usize, usize) {
        let [rows, columns] = self.zeros(height, width);
        let count = |input, zeros, size, stride| (Self::padded(input, zeros) - size) / stride + 1;
        (count(height, rows, self.size.0, self.stride.0), count(width, columns, self.size.1, self.stride.1))
    }

    /// Height and width of the output.
    ///
    /// # Errors
    /// [`Error::Range`] for a size or stride of zero and for too many places; [`Error::Size`] for a window larger than the image
    /// with its padding.
    pub(crate) fn output(&self, op: &'static str, height: usize, width: usize) -> Result<(usize, usize)> {
        for (what, value) in [
            ("the height of the window", self.size.0),
            ("the width of the window", self.size.1),
            ("the vertical stride", self.stride.0),
            ("the horizontal stride", self.stride.1),
        ] {
            if value == 0 {
                return Err(Error::Range { place: op, what, value: 0.0, legal: "at least 1" });
            }
        }
        for (what, expected, got) in
            [("rows of positions or more", 1, height), ("columns of positions or more", 1, width)]
        {
            if got == 0 {
                return Err(Error::Size { place: op, what, expected, got });
            }
        }
        let [rows, columns] = self.zeros(height, width);
        for (what, expected, got) in [
            ("rows of positions or more (the window's height)", self.size.0, Self::padded(height, rows)),
            ("columns of positions or more (the window's width)", self.size.1, Self::padded(width, columns)),
        ] {
            if got < expected {
                return Err(Error::Size { place: op, what, expected, got });
            }
        }
        let output = self.windows(height, width);
        let factors = [self.size.0, self.size.1, output.0, output.1];
        let places = factors.into_iter().fold(1, usize::saturating_mul);
        if places > PLACES {
            let what = "the number of places of the window, over all its steps,";
            return Err(Error::Range { place: op, what, value: places as f64, legal: "at most 2^32" });
        }
        Ok(output)
    }

    /// As [`Window::output`], where every window must have a place on the image.
    ///
    /// # Errors
    /// Also [`Error::Range`] for as many zeros on a side as the window has places along it.
    pub(crate) fn pooled(&self, op: &'static str, height: usize, width: usize) -> Result<(usize, usize)> {
        let output = self.output(op, height, width)?;
        let zeros = self.zeros(height, width);
        for (zeros, size) in zeros.into_iter().zip([self.size.0, self.size.1]) {
            if let Some(&zeros) = zeros.iter().find(|&&zeros| zeros >= size) {
                let (what, legal) = ("the padding of a side", "less than the window");
                return Err(Error::Range { place: op, what, value: zeros as f64, legal });
            }
        }
        Ok(output)
    }

    /// For every output position, in order, the input position under every place of the window; `None` on the padding.
    pub(crate) fn positions(&self, height: usize, width: usize) -> Vec<Vec<Option<usize>>> {
        let places = self.size.0 * self.size.1;
        let under = self.runs(height, width).into_iter().map(|runs| {
            let mut under = vec![None; places];
            for Run { place, position, length } in runs {
                (0..length).for_each(|k| under[place + k] = Some(position + k));
            }
            under
        });
        under.collect()
    }

    /// For every output position, in order, the places on the image in runs of neighbours: in a window as wide as the image, all of
    /// them are one.
    pub(crate) fn runs(&self, height: usize, width: usize) -> Vec<Vec<Run>> {
        let (rows, columns) = self.windows(height, width);
        let [[top, _], [left, _]] = self.zeros(height, width);
        let on_image = |step: usize, size: usize, before: usize, end: usize| {
            let first = before.saturating_sub(step).min(size);
            (first, first.max(size.min((end + before).saturating_sub(step))))
        };
        let mut all = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            let down = row * self.stride.0;
            let (first_row, last_row) = on_image(down, self.size.0, top, height);
            for column in 0..columns {
                let right = column * self.stride.1;
                let (first, last) = on_image(right, self.size.1, left, width);
                let mut runs: Vec<Run> = Vec::with_capacity(last_row - first_row);
                for a in if first < last { first_row..last_row } else { 0..0 } {
                    let (place, position) = (a * self.size.1 + first, (down + a - top) * width + right + first - left);
                    match runs.last_mut() {
                        Some(run) if run.place + run.length == place && run.position + run.length == position => {
                            run.length += last - first;
                        }
                        _ => runs.push(Run { place, position, length: last - first }),
                    }
                }
                all.push(runs);
            }
        }
        all
    }
}

/// Places of a window next to each other on neighbouring positions of the image.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// The first place, in the window.
    pub place: usize,
    /// The input position under it.
    pub position: usize,
    pub length: usize,
}

/// For every entry after a map, the entries before it whose sum it is, and one over the number that they are divided by.
pub(crate) struct Gather {
    /// Start of each entry's list.
    starts: Vec<usize>,
    sources: Vec<u32>,
    /// Which sources are subtracted; empty if none is.
    negative: Vec<bool>,
    divisors: Vec<f64>,
}

impl Gather {
    pub(super) fn new(lists: impl Iterator<Item = (Vec<u32>, f64)>) -> Self {
        let (mut starts, mut sources, mut divisors) = (vec![0], Vec::new(), Vec::new());
        for (list, divisor) in lists {
            sources.extend(list);
            starts.push(sources.len());
            divisors.push(divisor);
        }
        Self { starts, sources, negative: Vec::new(), divisors }
    }

    /// Of sources some of which are subtracted.
    pub(super) fn signed(lists: impl Iterator<Item = (Vec<(u32, bool)>, f64)>) -> Self {
        let mut negative = Vec::new();
        let unsigned = lists.map(|(list, divisor)| {
            negative.extend(list.iter().map(|&(_, negative)| negative));
            (list.into_iter().map(|(source, _)| source).collect(), divisor)
        });
        let unsigned = Self::new(unsigned);
        Self { negative, ..unsigned }
    }

    /// 1 or -1 of every source of an entry.
    fn signs(&self, entry: usize) -> impl Iterator<Item = f64> + '_ {
        let sources = self.starts[entry]..self.starts[entry + 1];
        sources.map(|source| if self.negative.get(source) == Some(&true) { -1.0 } else { 1.0 })
    }

    /// The entries before whose sum `entry` is.
    fn list(&self, entry: usize) -> &[u32] {
        &self.sources[self.starts[entry]..self.starts[entry + 1]]
    }

    fn apply<E: Real>(&self, a: &Array2<E>, entries: usize) -> Array2<E> {
        let after = self.divisors.len();
        let points = a.ncols() / entries;
        let mut out = Array2::zeros((a.nrows(), points * after));
        for (row, mut out_row) in a.rows().into_iter().zip(out.rows_mut()) {
            for j in 0..points {
                for e in 0..after {
                    let sources = self.list(e).iter().map(|&s| row[j * entries + s as usize]);
                    let sum = if self.negative.is_empty() {
                        sources.fold(E::zero(), |sum, source| sum + source)
                    } else {
                        sources.zip(self.signs(e)).fold(E::zero(), |sum, (source, sign)| sum + source * sign)
                    };
                    out_row[j * after + e] = sum / self.divisors[e];
                }
            }
        }
        out
    }
}

/// A place after vectors were put side by side.
struct Place<'a, E> {
    /// `√(E z²)` of its point at every position before, and of the place after.
    before: &'a [E],
    length: E,
    /// Number of positions that it is made of.
    parts: usize,
}

/// Places in order, from the lengths after and before and the number of parts of every position.
fn places<'a, E: Real>(after: &[E], before: &'a [E], parts: &[usize]) -> Vec<Place<'a, E>> {
    let points = after.len() / parts.len();
    let of_point = |point: usize| &before[point * before.len() / points..(point + 1) * before.len() / points];
    let place = |(index, &length): (usize, &E)| Place {
        before: of_point(index / parts.len()),
        length,
        parts: parts[index % parts.len()],
    };
    after.iter().enumerate().map(place).collect()
}

impl<E: Real> KernelState<E> {
    /// The patches of a convolution: `K'[p, p'] = Σ_o K[p + o, p' + o] / places`, the same offset on both sides.
    pub(in crate::op) fn patches(self, op: &'static str, window: &Window) -> Result<Self> {
        let (height, width) = self.space;
        let space = window.output(op, height, width)?;
        let under = self.parted(window.positions(height, width));
        let places = (window.size.0 * window.size.1) as f64;
        let positions = self.positions();
        let gather = |p: usize, q: usize| {
            let both = under[p].iter().zip(&under[q]).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
            let entry = |(a, b): (usize, usize)| match self.pairs {
                Pairs::Same => a as u32,
                Pairs::All => (a * positions + b) as u32,
            };
            (both.map(entry).collect(), places)
        };
        let after = super::positions_of(under.len(), self.pairs);
        let second = Gather::new(after.iter().map(|&(p, q)| gather(p, q)));
        let single = |p: usize| (under[p].iter().filter_map(|a| a.map(|a| a as u32)).collect(), places);
        let mean = Gather::new((0..under.len()).map(single));
        let complex = self.complex;
        Ok(self.side_by_side(&second, &mean, space, complex))
    }

    /// Averages over windows; places on the padding do not count.
    pub(in crate::op) fn pooled(self, op: &'static str, window: &Window) -> Result<Self> {
        let (height, width) = self.space;
        let space = window.pooled(op, height, width)?;
        let positions = self.positions();
        let under = self.parted(window.positions(height, width));
        let under: Vec<Vec<usize>> = under.into_iter().map(|list| list.into_iter().flatten().collect()).collect();
        let gather = |p: usize, q: usize| {
            let lists = (&under[p], &under[q]);
            let entries = lists.0.iter().flat_map(|a| lists.1.iter().map(move |b| (a * positions + b) as u32));
            (entries.collect(), (lists.0.len() * lists.1.len()) as f64)
        };
        let after = super::positions_of(under.len(), Pairs::All);
        let second = Gather::new(after.iter().map(|&(p, q)| gather(p, q)));
        let single = |p: usize| (under[p].iter().map(|&a| a as u32).collect(), under[p].len() as f64);
        let mean = Gather::new((0..under.len()).map(single));
        let complex = self.complex;
        Ok(self.pooled_by(&second, &mean, space, complex))
    }

    /// The positions under every position, of places: parts stay apart.
    fn parted(&self, under: Vec<Vec<Option<usize>>>) -> Vec<Vec<Option<usize>>> {
        let parts = self.parts();
        let part = |list: &Vec<Option<usize>>, part: usize| list.iter().map(|p| p.map(|p| p * parts + part)).collect();
        under.iter().flat_map(|list| (0..parts).map(move |index| part(list, index))).collect()
    }

    /// All values of an image as channels: the average over places of each with itself.
    pub(in crate::op) fn flattened(self) -> Self {
        let (places, parts, positions) = (self.places_of_image(), self.parts(), self.positions());
        if places == 1 {
            return self;
        }
        let entry = |p: usize, a: usize, b: usize| match self.pairs {
            Pairs::Same => p as u32,
            Pairs::All => ((p * parts + a) * positions + p * parts + b) as u32,
        };
        let pairs = super::positions_of(parts, self.pairs).into_iter();
        let own = pairs.map(|(a, b)| ((0..places).map(|p| entry(p, a, b)).collect(), places as f64));
        let second = Gather::new(own);
        let single = |a: usize| ((0..places).map(|p| (p * parts + a) as u32).collect(), places as f64);
        let mean = Gather::new((0..parts).map(single));
        let (channels, law, complex) = (self.channels.map(|c| c * places), self.law, self.complex);
        let law = match law {
            Law::Input { features } => Law::Input { features: features * places },
            _ => Law::Other("flattening"),
        };
        Self { channels, law, units: Units::Differ, ..self.side_by_side(&second, &mean, (1, 1), complex) }
    }

    /// Sums of entries as the two maps say, of second moments and of means; gaps by quotients.
    pub(super) fn gathered(&self, second: &Gather, mean: &Gather, space: (usize, usize), complex: bool) -> Self {
        let (entries, positions) = (self.entries(), self.positions());
        let side = |m: &Marginals<E>| Marginals {
            second: second.apply(&m.second, entries),
            mean: mean.apply(&m.mean, positions),
            gaps: Array2::zeros((m.second.nrows(), second.divisors.len())),
        };
        let nngp = second.apply(&self.nngp, entries);
        let mut after = Self {
            gaps: Array2::zeros(nngp.dim()),
            nngp,
            ntk: second.apply(&self.ntk, entries),
            rows: side(&self.rows),
            columns: side(&self.columns),
            space,
            complex,
            pairs: self.pairs,
            channels: self.channels,
            law: self.law,
            units: self.units,
            diagonal: self.diagonal,
        };
        after.gaps_by_quotients();
        after
    }

    /// As [`KernelState::gathered`], of which an entry that is another one as it was keeps its gap.
    pub(super) fn pooled_by(self, second: &Gather, mean: &Gather, space: (usize, usize), complex: bool) -> Self {
        let (mut after, entries, count) =
            (self.gathered(second, mean, space, complex), self.entries(), second.divisors.len());
        let kept = |entry: usize| match second.list(entry) {
            &[source] if second.divisors[entry] == 1.0 => Some(source as usize),
            _ => None,
        };
        let kept: Vec<Option<usize>> = (0..count).map(kept).collect();
        if kept.iter().any(Option::is_some) {
            let places = after.places(|_, _| ());
            after.for_pairs(&places, |(), (), entry| {
                if let Some(source) = kept[entry.at.column % count] {
                    *entry.gap = self.at(entry.at.with_column(entry.at.column / count * entries + source)).1;
                }
            });
        }
        after
    }

    /// As [`KernelState::gathered`], of entries that are averaged as the units of a layer are: vectors side by side.
    pub(super) fn side_by_side(self, second: &Gather, mean: &Gather, space: (usize, usize), complex: bool) -> Self {
        let (entries, table) = (self.entries(), self.positions_of_entries());
        let before = self.places(|q, _| q.sqrt());
        let mut after = self.gathered(second, mean, space, complex);
        let (own, count) = (after.own_entries(), second.divisors.len());
        let lengths = after.places(|q, _| q.sqrt());
        let parts: Vec<usize> = own.iter().map(|&entry| second.list(entry).len()).collect();
        let places = Places {
            rows: places(&lengths.rows, &before.rows, &parts),
            columns: places(&lengths.columns, &before.columns, &parts),
        };
        after.for_pairs(&places, |a, b, entry| {
            if entry.gap.abs() >= E::of(NEAR) {
                return;
            }
            let (column, of) = (entry.at.column / count, entry.at.column % count);
            let list = second.list(of);
            // A part on the padding of one of the two is missing in the other.
            if list.len() != a.parts || list.len() != b.parts {
                return;
            }
            let (quotient, root) = (*entry.gap, second.divisors[of].sqrt());
            let missing = list.iter().zip(second.signs(of)).map(|(&source, sign)| {
                let (p, q) = table[source as usize];
                let (part, other) = (a.before[p] / (a.length * root), b.before[q] / (b.length * root));
                let gap = self.at(entry.at.with_column(column * entries + source as usize)).1;
                let share = if quotient.is_sign_positive() == (sign > 0.0) { below(gap) } else { above(gap) };
                (part - other) * (part - other) / 2.0 + part * other * share
            });
            *entry.gap = missing.fold(E::zero(), |sum, part| sum + part).copysign(quotient);
        });
        after
    }
}
