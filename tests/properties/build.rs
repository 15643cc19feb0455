//! The layers that a random tree stands for.
//!
//! Whatever is drawn can be built: what an op cannot stand on is put right, by as few layers as will do.

mod complex;

use crate::tree::{Kind, Node, Purpose, pick};
use hadamard::op::{Op, Site};
use hadamard::prelude::*;

/// Whether units are random and how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Units {
    Input,
    Gaussian,
    Other,
}

/// What the next layer stands on.
#[derive(Clone, Copy)]
struct Ground {
    /// `None` where a tree as drawn does not fit together.
    shape: Option<Shape>,
    units: Units,
    /// Whether all units have the same law.
    alike: bool,
    /// Degree in Gaussian units: the tails.
    degree: usize,
}

/// How the names of functions end that have no second derivative.
pub const WITHOUT_CURVATURE: &str = " without curvature";

/// Builds layers for a site.
pub struct Builder {
    pub site: Site,
    pub purpose: Purpose,
}

/// Layers so far and what the next one stands on.
struct Chain<'a> {
    builder: &'a Builder,
    layers: Vec<Layer>,
    ground: Ground,
}

/// Values of a sample between layers: enough for every op, little enough to be swept in a moment.
const MOST_VALUES: usize = 600;

impl Builder {
    /// The layers of a network: the chain, and a readout where one is asked for.
    pub fn layers(&self, nodes: &[Node], readout: &[u8; 4], outputs: usize) -> Vec<Layer> {
        let ground = Ground { shape: Some(self.site.origin), units: Units::Input, alike: false, degree: 1 };
        let mut chain = Chain { builder: self, layers: Vec::new(), ground };
        for node in nodes {
            chain.node(node);
        }
        // In five of six networks, and wherever the limit is asked for.
        let wanted = readout[0] % 6 != 5 || self.seeks_limit();
        let positions = chain.ground.shape.map_or(1, |shape| shape.positions());
        if wanted && positions > 1 {
            chain.push(if readout[1].is_multiple_of(2) { flatten() } else { global_average_pool() });
        }
        if wanted || chain.layers.is_empty() {
            chain.push(self.dense(Width::Fixed(outputs), readout));
        }
        chain.layers
    }

    fn seeks_limit(&self) -> bool {
        matches!(self.purpose, Purpose::Limit | Purpose::Sampled)
    }

    fn mends(&self) -> bool {
        self.purpose != Purpose::AsDrawn
    }

    fn width(&self, choice: u8) -> Width {
        match pick(&[0, 0, 0, 1, 2, 3, 33], choice) {
            0 => Width::Hidden,
            _ if self.purpose == Purpose::Sampled => Width::Hidden,
            width => Width::Fixed(width),
        }
    }

    fn sigma_w(&self, choice: u8) -> f64 {
        match pick(&[1.0, 1.3, -0.7, 1.0, 1.2, 0.0], choice) {
            0.0 if self.purpose == Purpose::Sampled => 1.0,
            sigma_w => sigma_w,
        }
    }

    fn sigma_b(&self, choice: u8) -> Option<f64> {
        pick(&[None, None, Some(0.4), Some(-0.3), Some(0.0)], choice)
    }

    fn dense(&self, width: Width, choices: &[u8; 4]) -> Layer {
        let dense = match width {
            Width::Hidden => Dense::hidden(),
            Width::Fixed(width) => Dense::new(width),
        };
        let dense = dense.sigma_w(self.sigma_w(choices[2]));
        self.sigma_b(choices[3]).map_or(dense.clone(), |sigma_b| dense.bias(sigma_b)).into()
    }
}

impl Chain<'_> {
    /// A chain that starts where this one stands.
    fn branch(&self) -> Self {
        Chain { builder: self.builder, layers: Vec::new(), ground: self.ground }
    }

    /// Appends a layer and moves the shape on.
    fn push(&mut self, layer: Layer) {
        let shape = |shape| layer.shape(&self.builder.site, shape, &mut Vec::new()).ok();
        self.ground.shape = self.ground.shape.and_then(shape);
        assert!(!self.builder.mends() || self.ground.shape.is_some(), "{} does not fit: {layer:?}", layer.label());
        match Kind::of(&layer) {
            Kind::Dense | Kind::Conv | Kind::ComplexDense | Kind::ComplexConv => {
                let degree = self.ground.degree;
                self.ground = Ground { units: Units::Gaussian, alike: true, degree, ..self.ground };
            }
            Kind::Flatten => self.ground.alike = false,
            _ => {}
        }
        self.layers.push(layer);
    }

    /// A dense layer, where the limit needs Gaussian units and has none here.
    fn gaussian(&mut self) {
        if self.builder.seeks_limit() && self.ground.units != Units::Gaussian {
            self.push(self.builder.dense(Width::Hidden, &[0; 4]));
        }
    }

    fn activation(&mut self, layer: Layer, degree: usize) {
        self.gaussian();
        self.push(layer);
        self.ground.units = if self.ground.units == Units::Input { Units::Input } else { Units::Other };
        self.ground.degree *= degree.max(1);
    }

    fn values(&self) -> usize {
        self.ground.shape.map_or(0, |shape| shape.len())
    }

    fn positions(&self) -> (usize, usize) {
        self.ground.shape.map_or((1, 1), |shape| (shape.height, shape.width))
    }

    fn node(&mut self, node: &Node) {
        let (builder, [a, b, c, d]) = (self.builder, node.choices);
        let (height, width) = self.positions();
        let fit = |size: usize| if builder.mends() { size.min(height).min(width) } else { size };
        match node.kind {
            Kind::Dense if builder.purpose != Purpose::Sampled && a % 8 == 7 && self.ground.units == Units::Input => {
                self.push(Dense::hidden().plain_gain(pick(&[0.8, -0.6], b)).bias(pick(&[0.3, 0.0], c)).into());
            }
            Kind::Dense => self.push(builder.dense(builder.width(a), &node.choices)),
            Kind::Conv => {
                let conv = match builder.width(a) {
                    Width::Hidden => Conv::hidden(1),
                    Width::Fixed(width) => Conv::new(width, 1),
                };
                let (size, stride) =
                    (pick(&[[1, 1], [2, 2], [3, 3], [1, 2], [2, 1]], b), pick(&[[1, 1], [2, 1], [1, 2], [2, 2]], c));
                let same = d % 3 != 2 || builder.mends() && (size[0] > height || size[1] > width);
                let conv = conv.window(size[0], size[1]).stride(stride[0], stride[1]).sigma_w(builder.sigma_w(d));
                let conv = builder.sigma_b(d).map_or(conv.clone(), |sigma_b| conv.bias(sigma_b));
                let padding = [pick(&[1, 2, 0], a), pick(&[1, 0], c)];
                let fits = size[0] <= height + 2 * padding[0] && size[1] <= width + 2 * padding[1];
                self.push(match (same, d % 6) {
                    (true, 0 | 1) => conv.same().into(),
                    (true, _) if builder.mends() && !fits => conv.same().into(),
                    (true, _) => conv.padding(padding[0], padding[1]).into(),
                    (false, _) => conv.valid().into(),
                });
            }
            Kind::Attention if builder.seeks_limit() && d % 8 != 7 => {
                self.push(builder.dense(Width::Hidden, &node.choices));
            }
            Kind::Attention => {
                let attention = Attention::new(pick(&[1, 2, 3], a), pick(&[1, 2, 3, 33], b));
                self.push(attention.sigma_w(builder.sigma_w(c)).into());
                self.ground.units = Units::Other;
            }
            Kind::Bias => {
                self.gaussian();
                self.push(bias(pick(&[0.5, -0.7, 0.0], a)));
            }
            Kind::Scale if a % 2 == 0 => self.push(scale(pick(&[1.3, -0.7, 2.0, 0.0], b))),
            Kind::Scale => {
                if self.ground.units == Units::Input {
                    self.gaussian();
                }
                self.push(trained_scale(pick(&[1.2, -0.8, 0.0], b)));
                self.ground.units = Units::Other;
            }
            Kind::Relu => self.activation(relu(), 1),
            Kind::Identity => self.push(identity()),
            Kind::Tanh => self.activation(tanh(), 1),
            Kind::Erf => self.activation(erf(), 1),
            Kind::LeakyRelu => self.activation(leaky_relu(pick(&[0.2, -0.4, 1.0], a)), 1),
            Kind::Abs => self.activation(abs(), 1),
            Kind::Gelu => self.activation(gelu(), 1),
            Kind::Sigmoid => self.activation(sigmoid(), 1),
            Kind::Sine => self.activation(
                pick(&[Sine::new(1.0, 0.0), Sine::new(1.7, 0.4), Sine::new(0.5, 1.6)].each_ref(), a).clone().into(),
                1,
            ),
            Kind::Monomial | Kind::Hermite => {
                // In depth the kernels of polynomials scatter too much to be sampled.
                let most = if builder.purpose == Purpose::Sampled && self.ground.degree > 1 { 1 } else { 2 };
                let degree = pick(&[2, 1, 0, 3], a).min(if builder.purpose == Purpose::Sampled { most } else { 3 });
                self.activation(if node.kind == Kind::Monomial { monomial(degree) } else { hermite(degree) }, degree);
            }
            Kind::RectifiedPower => {
                let most = if builder.purpose == Purpose::Sampled { 1 } else { 3 };
                let degree = pick(&[2, 1, 3], a).min(most);
                self.activation(rectified_power(degree), degree);
            }
            Kind::Elementwise => {
                type Function = (&'static str, [fn(f64) -> f64; 3]);
                fn logistic(u: f64) -> f64 {
                    1.0 / (1.0 + (-u).exp())
                }
                let functions: [Function; 3] = [
                    ("softplus", [|u| u.max(0.0) + (-u.abs()).exp().ln_1p(), logistic, |u| logistic(u) * logistic(-u)]),
                    (
                        "bump",
                        [
                            |u| (-0.5 * u * u).exp(),
                            |u| -u * (-0.5 * u * u).exp(),
                            |u| (u * u - 1.0) * (-0.5 * u * u).exp(),
                        ],
                    ),
                    ("arctangent", [f64::atan, |u| 1.0 / (1.0 + u * u), |u| -2.0 * u * (1.0 + u * u).powi(-2)]),
                ];
                let (name, [value, slope, curvature]) = pick(&functions, a);
                let layer = match b % 3 {
                    2 => elementwise(format!("{name}{WITHOUT_CURVATURE}"), value, slope),
                    _ => Elementwise::new(name, value, slope).curvature(curvature).into(),
                };
                self.activation(layer, 1);
            }
            Kind::LayerNorm => {
                self.push(match a % 3 {
                    0 => LayerNorm::new(0.3).into(),
                    1 => layer_norm(),
                    _ => LayerNorm::new(0.0).into(),
                });
            }
            Kind::AveragePool if a % 3 == 2 => self.push(global_average_pool()),
            Kind::AveragePool => {
                let (size, stride) = (fit(pick(&[2, 1, 3], b)), pick(&[[2, 2], [1, 1], [1, 2]], c));
                self.push(AveragePool::new(size).stride(stride[0], stride[1]).into());
            }
            Kind::MaxPool if builder.seeks_limit() && a % 8 != 7 => self.push(average_pool(fit(2))),
            Kind::MaxPool => {
                let (size, stride) = (fit(pick(&[2, 1, 3], b)), pick(&[[2, 2], [1, 1], [1, 2]], c));
                self.push(MaxPool::new(size).stride(stride[0], stride[1]).into());
                self.ground.units = Units::Other;
            }
            Kind::AdaptivePool if builder.seeks_limit() => self.branches(&Node {
                kind: Kind::Hadamard,
                choices: node.choices,
                branches: vec![
                    Node { kind: Kind::Relu, ..node.clone() },
                    Node { kind: Kind::Injection, ..node.clone() },
                ],
            }),
            Kind::AdaptivePool => {
                self.push(match builder.width(a) {
                    Width::Hidden => adaptive_pool(),
                    Width::Fixed(width) => AdaptivePool::to(width).into(),
                });
                self.ground.units = Units::Other;
                self.ground.alike = false;
            }
            Kind::Flatten => self.push(flatten()),
            Kind::Injection => {
                self.push(injection());
                self.ground.units = Units::Input;
                self.ground.alike = false;
                if builder.seeks_limit() {
                    // Pooled to the width, or through a layer of its own.
                    if a % 2 == 0 {
                        self.push(adaptive_pool())
                    } else {
                        self.gaussian()
                    }
                    self.ground.units = if a % 2 == 0 { Units::Other } else { Units::Gaussian };
                    self.ground.alike = a % 2 == 1;
                }
            }
            Kind::Serial if a % 4 == 3 && node.branches.len() == 1 => {
                // The same make again, as far as the shape allows.
                let mut once = self.branch();
                once.node(&node.branches[0]);
                let again = |layers: &[Layer]| repeat(pick(&[1, 2], b), serial(layers.to_vec()));
                let block = again(&once.layers);
                let same = once.ground.shape == self.ground.shape && once.ground.units == self.ground.units;
                if builder.mends() && !same {
                    self.push(serial(once.layers));
                } else {
                    self.push(block);
                }
                let shape = self.ground.shape;
                self.ground = Ground { shape, degree: once.ground.degree * self.ground.degree, ..once.ground };
            }
            Kind::Serial => {
                let mut chain = self.branch();
                node.branches.iter().for_each(|node| chain.node(node));
                let ground = chain.ground;
                self.push(serial(chain.layers));
                self.ground = Ground { shape: self.ground.shape, ..ground };
            }
            Kind::Tied => {
                // As often as the shape allows; without a limit, so untied where that is asked for.
                let mut step = self.branch();
                step.node(&node.branches[0]);
                let times = if step.ground.shape == self.ground.shape { pick(&[2, 1, 3], a) } else { 1 };
                let layer = serial_of(step.layers);
                self.push(if builder.seeks_limit() || !builder.mends() && b % 2 == 0 {
                    layer
                } else {
                    tied(times, layer)
                });
                let (units, alike) =
                    if times == 1 { (step.ground.units, step.ground.alike) } else { (Units::Other, false) };
                self.ground = Ground { shape: self.ground.shape, units, alike, ..step.ground };
            }
            Kind::Hadamard | Kind::Sum | Kind::Concat => self.branches(node),
            Kind::ComplexDense
            | Kind::ComplexConv
            | Kind::ToComplex
            | Kind::Parts
            | Kind::Modulus
            | Kind::Radial
            | Kind::Cardioid
            | Kind::ZRelu => self.complex(node),
        }
        // Not where the same tree is built at two widths.
        if matches!(builder.purpose, Purpose::Any | Purpose::Limit) && self.values() > MOST_VALUES {
            self.push(builder.dense(Width::Fixed(3), &[0; 4]));
            self.push(if a % 2 == 0 { flatten() } else { global_average_pool() });
        }
    }

    /// A combinator of branches that read the same input.
    fn branches(&mut self, node: &Node) {
        let builder = self.builder;
        let product = node.kind == Kind::Hadamard;
        let mut chains: Vec<Self> = node
            .branches
            .iter()
            .map(|node| {
                let mut chain = self.branch();
                chain.node(node);
                chain
            })
            .collect();
        // Two factors of a product, or the tails are too heavy.
        if builder.purpose == Purpose::Sampled && product {
            chains.truncate(if self.ground.degree > 1 { 1 } else { 2 });
        }
        if node.kind == Kind::Sum && node.choices[0] % 3 == 2 {
            chains.push(self.branch());
        }
        if builder.mends() {
            self.fit(node.kind, &mut chains);
        }
        let degrees = chains.iter().map(|chain| chain.ground.degree);
        let degree = if product { degrees.sum() } else { degrees.max().unwrap_or(1) };
        let gaussian = chains.iter().all(|chain| chain.ground.units == Units::Gaussian);
        let alike = chains.iter().all(|chain| chain.ground.alike) && (node.kind != Kind::Concat || chains.len() == 1);
        let one = chains.len() == 1;
        let branches = chains.into_iter().map(|chain| serial_of(chain.layers));
        self.push(match (node.kind, node.choices[1] % 3) {
            (Kind::Hadamard, 0) => hadamard(branches),
            (Kind::Hadamard, _) => hadamard_skip(branches),
            (Kind::Sum, _) => sum(branches),
            _ => concat(branches),
        });
        let sums = node.kind == Kind::Sum && gaussian;
        let units = if one && gaussian || sums { Units::Gaussian } else { Units::Other };
        self.ground = Ground { units, alike, degree, ..self.ground };
    }

    /// Brings branches to shapes that go together, and where the limit is asked for makes them independent.
    fn fit(&self, kind: Kind, chains: &mut [Self]) {
        let most = chains.iter().filter_map(|chain| chain.ground.shape).max_by_key(Shape::positions);
        let space = most.map(|shape| (shape.height, shape.width));
        let channels = chains.first().and_then(|chain| chain.ground.shape).map(|shape| shape.channels);
        let mut passing = 0;
        for (index, chain) in chains.iter_mut().enumerate() {
            let positions = chain.positions();
            if Some(positions) != space && (kind == Kind::Concat || positions != (1, 1)) {
                chain.push(global_average_pool());
            }
            let layer = serial_of(chain.layers.clone());
            let dependent = layer.passes_input() || !chain.ground.alike;
            passing += usize::from(dependent);
            let lead = self.builder.seeks_limit() && (dependent && passing > 1 || chain.ground.units == Units::Input);
            let uneven = kind != Kind::Concat && chain.ground.shape.map(|shape| shape.channels) != channels;
            if lead || uneven {
                let width = match channels {
                    Some(channels) if index > 0 && kind != Kind::Concat => match self.builder.site.hidden {
                        Some(hidden) if hidden == channels => Width::Hidden,
                        _ => Width::Fixed(channels),
                    },
                    _ => Width::Hidden,
                };
                chain.push(self.builder.dense(width, &[0; 4]));
            }
        }
        // The channels of the first branch may have changed, and in a concatenation positions must be equal.
        let channels = chains.first().and_then(|chain| chain.ground.shape).map(|shape| shape.channels);
        let pooled = chains.iter().any(|chain| chain.positions() == (1, 1));
        for chain in chains.iter_mut() {
            if kind == Kind::Concat && pooled && chain.positions() != (1, 1) {
                chain.push(global_average_pool());
            }
            if kind != Kind::Concat && chain.ground.shape.map(|shape| shape.channels) != channels {
                let width = channels.map_or(Width::Hidden, Width::Fixed);
                chain.push(self.builder.dense(width, &[0; 4]));
            }
        }
    }
}

/// One layer, or several as one.
fn serial_of(mut layers: Vec<Layer>) -> Layer {
    match layers.len() {
        0 => identity(),
        1 => layers.remove(0),
        _ => serial(layers),
    }
}
