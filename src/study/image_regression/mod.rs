//! A photograph as a function of the plane, learned by every network of the zoo.

mod bands;
mod report;
mod run;

pub use report::ImageRegressionReport;

use crate::checkpoint::Checkpoint;
use crate::data::{GreyImage, Seed, camera};
use crate::error::{Error, Result};
use crate::internal::{Settings, Work};
use crate::net::{
    Net, ccp, cnn, deep_pnn, gated, mlp, modulated, ncp, pnn, poly_nonlocal, residual_mlp, squeeze_excitation,
};
use crate::progress::Progress;
use run::{Data, Run};
use std::collections::BTreeSet;

/// Image regression: grey values from coordinates.
///
/// Do networks with Hadamard products learn the fine detail of a photograph sooner than a plain ReLU network? (Wu et al. 2022 study
/// the spectral bias and claim that it is weaker in networks with products.)
///
/// The photograph of [`camera`] is averaged to a square of pixels; a network reads `(x, y, 1)` of a pixel's centre, `(x, y)` in
/// `[-1, 1]²`, and its output is the grey value. Half of the pixels, those of one colour of a chessboard, are trained on, the others
/// held out. What is compared with the image is `ȳ + f_t - f_0`, with the mean `ȳ` of the training pixels, so that every network
/// starts from the same error.
///
/// Every network is trained by full-batch gradient descent on the mean squared error, with the same number of steps, at a learning rate
/// matched to its own NTK at initialisation, `η (2/n) λ_max = s`: with the scale of the kernel taken out, what is left is its shape.
/// Each network is compared with a plain ReLU network of a given number of hidden layers, by default as many as it has dense layers in
/// a row before its readout. Networks are trained in `f32`. What the NTK of infinite width, held fixed, would learn is computed in closed form
/// beside it, for many more steps than can be trained; for a network without a rule for infinite width it is that of the network
/// itself.
///
/// Quality is measured as `PSNR = -10 log10(mean squared error)` on trained and on held-out pixels. The residual on the trained
/// pixels is split into bands of frequency by the discrete Fourier transform of their lattice: below 2, from 2 to 4, from 4 to 8 and
/// above 8 cycles per side of the image.
///
/// Source: the task is that of coordinate networks (Tancik et al. 2020); the claim is Wu et al.'s.
///
/// Built by [`image_regression`].
#[derive(Clone)]
pub struct ImageRegression {
    image: Option<GreyImage>,
    networks: Vec<(Net, usize)>,
    side: usize,
    width: usize,
    share: f64,
    steps: u64,
    seed: Seed,
    checkpoint: Option<Checkpoint>,
    quiet: bool,
}

/// The study of all networks of the zoo at width 512 on 32 × 32 pixels, 1000 steps at `s = 0.5`: minutes.
///
/// A sample is an image of one position to the networks made for images ([`cnn`], [`squeeze_excitation`], [`poly_nonlocal`]): their
/// convolutions see nothing but it, and their pooling does nothing.
pub fn image_regression() -> ImageRegression {
    let networks = vec![
        (residual_mlp(1), 2),
        (cnn(1), 1),
        (pnn(3), 1),
        (ccp(3), 1),
        (ncp(3), 3),
        (deep_pnn(2), 2),
        (gated(2), 2),
        (modulated(1), 2),
        (squeeze_excitation(1), 3),
        (poly_nonlocal(1), 3),
    ];
    ImageRegression {
        image: None,
        networks,
        side: 32,
        width: 512,
        share: 0.5,
        steps: 1000,
        seed: Seed(0),
        checkpoint: None,
        quiet: false,
    }
}

impl ImageRegression {
    /// A run of 20 seconds: width 256, 300 steps.
    pub fn quick(self) -> Self {
        Self { side: 32, width: 256, steps: 300, ..self }
    }

    /// A larger run: 64 × 64 pixels, width 1024, 20,000 steps; more than a day, by the time of the quick one. The paper has no such
    /// experiment whose sizes could be read.
    pub fn paper(self) -> Self {
        Self { side: 64, width: 1024, steps: 20_000, ..self }
    }

    /// A square image to learn instead of the photograph; its values are from 0 to 1.
    pub fn image(self, image: GreyImage) -> Self {
        Self { image: Some(image), ..self }
    }

    /// The networks, each with the number of hidden layers of the plain ReLU network that it is compared with. The plain ones are trained
    /// too and need not be given.
    pub fn networks(self, networks: impl IntoIterator<Item = (Net, usize)>) -> Self {
        Self { networks: networks.into_iter().collect(), ..self }
    }

    /// The number of pixels along a side, even and at least 16, to which the image is averaged. Default 32.
    pub fn side(self, pixels: usize) -> Self {
        Self { side: pixels, ..self }
    }

    /// The width of every network. Default 512.
    pub fn width(self, units: usize) -> Self {
        Self { width: units, ..self }
    }

    /// The learning rate as `η (2/n) λ_max`, below 2. Default 0.5.
    pub fn matched_rate(self, share: f64) -> Self {
        Self { share, ..self }
    }

    /// The number of steps of training. Default 1000.
    pub fn steps(self, steps: u64) -> Self {
        Self { steps, ..self }
    }

    /// The seed of the networks. Default 0.
    pub fn seed(self, seed: Seed) -> Self {
        Self { seed, ..self }
    }

    /// Saves each network's results in a folder, and goes on from what is there: see [`checkpoint`](crate::checkpoint).
    pub fn checkpoint(self, folder: impl Into<Checkpoint>) -> Self {
        Self { checkpoint: Some(folder.into()), ..self }
    }

    /// Prints no [progress lines](crate::progress).
    pub fn quiet(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// Trains every network, with [progress lines](crate::progress).
    ///
    /// # Errors
    /// [`Error::NoRows`] without networks; [`Error::SameName`], for a network of the name of a plain one too; [`Error::Range`] for a
    /// side that is odd, below 16 or no divisor of the image's, for grey values outside 0 to 1, for no steps, and for a width or a rate that is not legal; [`Error::Diverges`] for
    /// a rate of 2 or more; [`Error::TrainingDiverged`]; [`Error::Data`] for the file of the photograph. With a checkpoint
    /// [`Error::Stopped`], [`Error::Store`], [`Error::File`].
    pub fn run(&self) -> Result<ImageRegressionReport> {
        Progress::unless(self.quiet).during(|| self.all())
    }

    /// The plain networks, then the others.
    fn all_networks(&self) -> Vec<Net> {
        let depths: BTreeSet<usize> = self.networks.iter().map(|(_, depth)| *depth).collect();
        depths.into_iter().map(mlp).chain(self.networks.iter().map(|(net, _)| net.clone())).collect()
    }

    fn check(&self) -> Result<()> {
        let place = "image regression";
        if self.networks.is_empty() {
            return Err(Error::NoRows { place });
        }
        let networks = self.all_networks();
        for (i, net) in networks.iter().enumerate() {
            if networks[..i].iter().any(|other| other.name() == net.name()) {
                return Err(Error::SameName { place, name: net.name().into() });
            }
        }
        let refuse = |what, value, legal| Err(Error::Range { place, what, value, legal });
        if self.side < 16 || !self.side.is_multiple_of(2) {
            return refuse("the side of the image", self.side as f64, "even and at least 16");
        }
        if self.steps == 0 {
            return refuse("the number of steps", 0.0, "at least 1");
        }
        networks.iter().try_for_each(|net| net.clone().width(self.width).input(3).parameters().map(|_| ()))
    }

    /// Everything that the result depends on.
    fn settings(&self, image: &GreyImage) -> Settings {
        let Self { image: _, networks, side: _, width, share, steps, seed, checkpoint: _, quiet: _ } = self;
        Settings::new()
            .numbers("grey values", image.pixels.shape(), &image.pixels)
            .text("networks", networks)
            .with("width", width)
            .with("matched learning rate", share)
            .with("number of steps", steps)
            .with("seed", seed.0)
    }

    fn all(&self) -> Result<ImageRegressionReport> {
        self.check()?;
        let image = match &self.image {
            Some(image) => image.averaged(self.side)?,
            None => camera()?.averaged(self.side)?,
        };
        let data = Data::new(image)?;
        let store = self.checkpoint.as_ref().map(|c| c.open("image_regression", self.settings(&data.image)));
        let store = store.transpose()?;
        let networks = self.all_networks();
        let count = networks.len() as u64;
        let mut work = Work::new(store.as_ref(), "image regression".into(), "networks", count, 0);
        let mut runs = Vec::new();
        for (index, net) in networks.iter().enumerate() {
            let part = || Ok(self.train(net, &data, self.seed.child(index as u64))?.arrays());
            let found = work.part(&format!("network-{index:02}"), part)?;
            runs.push(Run::restore(net.name(), self.steps, data.image.pixels.dim(), found)?);
            work.advance_saved()?;
        }
        work.finish_saved()?;
        Ok(ImageRegressionReport { settings: self.clone(), image: data.image, runs })
    }
}
