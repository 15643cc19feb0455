//! A random network with its parameters and points.

use crate::build::Builder;
use crate::tree::{Kind, Node, Purpose, chains, pick};
use hadamard::op::Site;
use hadamard::prelude::*;
use ndarray::ShapeBuilder;
use proptest::prelude::*;
use std::fmt;

/// Numbers of points and of features: one, few, and one less and one more than what blocks, panels and registers hold.
const SIZES: [usize; 12] = [3, 1, 2, 31, 32, 33, 63, 64, 65, 255, 256, 257];
/// Widths; with the last a network is streamed over its units.
const WIDTHS: [usize; 6] = [3, 1, 2, 33, 33, 515];

/// What is drawn: small numbers, each of which chooses from a list.
#[derive(Clone)]
pub struct Sample {
    pub purpose: Purpose,
    nodes: Vec<Node>,
    readout: [u8; 4],
    /// Features of a vector, or height, width and channels of an image.
    input: [u8; 4],
    points: u8,
    rows: Vec<[u8; 3]>,
    width: u8,
    parametrisation: u8,
    outputs: u8,
    layouts: u8,
    /// Chooses what a relation leaves open: a pair of points, a folder of tiles, an extreme size.
    pub choice: u8,
    pub seed: u16,
}

/// Random networks for a purpose.
pub fn samples(purpose: impl Strategy<Value = Purpose>) -> impl Strategy<Value = Sample> {
    let sizes = (any::<[u8; 4]>(), any::<u8>(), prop::collection::vec(any::<[u8; 3]>(), 0..=3));
    let settings = any::<[u8; 5]>();
    (purpose, chains(), any::<[u8; 4]>(), sizes, settings, any::<u16>()).prop_map(
        |(purpose, nodes, readout, (input, points, rows), settings, seed)| {
            let [width, parametrisation, outputs, layouts, choice] = settings;
            Sample {
                purpose,
                nodes,
                readout,
                input,
                points,
                rows,
                width,
                parametrisation,
                outputs,
                layouts,
                choice,
                seed,
            }
        },
    )
}

impl Sample {
    /// Height, width and channels of the input.
    pub fn input(&self) -> [usize; 3] {
        let [kind, height, width, channels] = self.input;
        if kind % 5 >= 3 {
            return [pick(&[1, 2, 3, 4], height), pick(&[2, 1, 3, 4], width), pick(&[1, 2, 3], channels)];
        }
        // Half of them few.
        let features = if height % 2 == 0 { pick(&SIZES[..3], width) } else { pick(&SIZES, width) };
        [1, 1, if self.purpose == Purpose::Sampled { features.min(33) } else { features }]
    }

    pub fn points(&self) -> usize {
        if self.purpose == Purpose::Sampled {
            return 3;
        }
        let few = self.points.is_multiple_of(2) || self.input().iter().product::<usize>() > 65 || self.width() > 33;
        let slow = self.nodes.iter().any(integrates);
        let sizes = if slow && self.is_large() {
            &SIZES[..3]
        } else if slow || few {
            &SIZES[..6]
        } else {
            &SIZES
        };
        sizes[usize::from(self.points / 2) % sizes.len()]
    }

    pub fn width(&self) -> usize {
        pick(if self.is_large() { &WIDTHS[..5] } else { &WIDTHS }, self.width)
    }

    /// Whether the tree is kept small for the sake of time.
    fn is_large(&self) -> bool {
        self.input().iter().product::<usize>() > 65 || self.input[0] % 5 >= 3
    }

    fn nodes(&self) -> &[Node] {
        let many = self.is_large() || self.points() > 65 || self.width() > 33;
        let most = if many { 2 } else { self.nodes.len() };
        &self.nodes[..most.min(self.nodes.len())]
    }

    pub fn outputs(&self) -> usize {
        pick(&[1, 1, 2, 3], self.outputs)
    }

    pub fn parametrisation(&self) -> Parametrisation {
        pick(
            &[Parametrisation::Ntk, Parametrisation::Ntk, Parametrisation::Standard, Parametrisation::MuP],
            self.parametrisation,
        )
    }

    /// The architecture at a width.
    pub fn net_of_width(&self, hidden: usize) -> Net {
        let [height, width, channels] = self.input();
        let parametrisation = self.parametrisation();
        let site = Site { hidden: Some(hidden), parametrisation, origin: Shape::image(height, width, channels) };
        let builder = Builder { site, purpose: self.purpose };
        let layers = builder.layers(self.nodes(), &self.readout, self.outputs());
        network("random", serial(layers)).image(height, width, channels).width(hidden).parametrisation(parametrisation)
    }

    pub fn net(&self) -> Net {
        self.net_of_width(self.width())
    }

    /// The network at its initialisation, or of parameters that were moved away from it, in the one or the other memory order.
    pub fn network(&self, net: &Net) -> Result<Network> {
        let mut network = net.init(self.seed(1))?;
        let moved = self.layouts & 1 == 1;
        for (index, parameter) in network.parameters_mut().iter_mut().enumerate() {
            if moved {
                let noise = normals(parameter.values.dim(), self.seed(100 + index as u64));
                let deviation = parameter.slot().deviation;
                parameter.values.scaled_add(if deviation > 0.0 { 0.3 * deviation } else { 0.3 }, &noise);
            }
            if self.layouts & 2 == 2 {
                parameter.values = by_columns(&parameter.values);
            }
        }
        Ok(network)
    }

    pub fn seed(&self, stream: u64) -> Seed {
        Seed(u64::from(self.seed)).child(stream)
    }

    /// Points, some of them zero, repeated, opposite or nearly parallel to others, in the one or the other memory order.
    pub fn x(&self) -> Matrix {
        let (n, columns) = (self.points(), self.input().iter().product());
        let mut x = normals((n, columns), self.seed(2)) * 0.8;
        for &[kind, of, to] in &self.rows {
            let (of, to) = (usize::from(of) % n, usize::from(to) % n);
            let source = x.row(of).to_owned();
            let tilt = normals((1, columns), self.seed(3)).row(0).to_owned();
            x.row_mut(to).assign(&match kind % 7 {
                0 => source * 0.0,
                1 | 2 => source,
                3 => -source,
                4 => source * 1.7,
                kind => &source + tilt * if kind == 5 { 1e-4 } else { 1e-9 },
            });
        }
        if self.layouts & 4 == 4 { by_columns(&x) } else { x }
    }
}

/// Ops whose limit may be an integral for every pair of points and positions, of up to a third of a millisecond. `Parts` stands for a tanh.
const INTEGRALS: [Kind; 7] =
    [Kind::Tanh, Kind::Sigmoid, Kind::Elementwise, Kind::Radial, Kind::Cardioid, Kind::Modulus, Kind::Parts];

/// Whether one of them is in a tree.
fn integrates(node: &Node) -> bool {
    INTEGRALS.contains(&node.kind) || node.branches.iter().any(integrates)
}

/// The same values in Fortran order.
fn by_columns(a: &Matrix) -> Matrix {
    let mut columns = Matrix::zeros(a.dim().f());
    columns.assign(a);
    columns
}

/// Standard normal numbers: rows of a sphere of many dimensions, cut to size.
pub fn normals((rows, columns): (usize, usize), seed: Seed) -> Matrix {
    // A network of one layer draws them.
    let net = network("normals", dense(columns)).input(rows);
    let drawn = net.init(seed).expect("at least one row and one column");
    drawn.parameters()[0].values.clone()
}

/// The tree, the sizes, the points and the seed.
impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [n, c] = [self.points(), self.outputs()];
        let (input, seed, choice) = (self.input(), self.seed, self.choice);
        writeln!(
            f,
            "{:?}, input {input:?}, n = {n}, c = {c}, {:?}, seed {seed}, choice {choice}, layouts {}",
            self.purpose,
            self.parametrisation(),
            self.layouts & 7
        )?;
        let rows: Vec<String> = self
            .rows
            .iter()
            .map(|&[kind, of, to]| {
                let what = ["zero", "repeated", "repeated", "opposite", "parallel", "at 1e-4", "at 1e-9"]
                    [usize::from(kind % 7)];
                format!("{what} {} -> {}", usize::from(of) % n, usize::from(to) % n)
            })
            .collect();
        writeln!(f, "rows {rows:?}")?;
        write!(f, "{}", self.net())
    }
}
