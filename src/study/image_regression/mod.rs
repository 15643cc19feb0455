//! A photograph as a function of the plane, learned by every network of the zoo.

mod bands;
mod report;
mod run;

pub use report::ImageRegressionReport;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use run::{Data, Found};
use std::collections::BTreeSet;

define_study! {
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
    pub struct ImageRegression => ImageRegressionReport, "image_regression", "image regression";
    /// The study of all networks of the zoo at width 512 on 32 × 32 pixels, 1000 steps at `s = 0.5`: minutes.
    ///
    /// A sample is an image of one position to the networks made for images ([`cnn`], [`squeeze_excitation`], [`poly_nonlocal`]): their
    /// convolutions see nothing but it, and their pooling does nothing.
    pub fn image_regression;
    settings {
        /// A square image to learn instead of the photograph; its values are from 0 to 1.
        optional image: GreyImage = None, digest "images";
        /// The networks, each with the number of hidden layers of the plain ReLU network that it is compared with. The plain ones are trained
        /// too and need not be given.
        list networks: (Net, usize) = zoo(), digest "networks";
        /// The number of pixels along a side, even and at least 16, to which the image is averaged. Default 32.
        value side: usize = 32, with "side";
        /// The width of every network. Default 512.
        value width: usize = 512, with "width";
        /// The learning rate as `η (2/n) λ_max`, below 2. Default 0.5.
        value matched_rate: f64 = 0.5, with "matched learning rate";
        /// The number of steps of training. Default 1000.
        value steps: u64 = 1000, with "number of steps";
    }
    trial { networks: vec![(pnn(2), 1), (gated(1), 1)], side: 16, width: 8, steps: 30 }
    quick {
        /// A run of 20 seconds: width 256, 300 steps.
        side: 32, width: 256, steps: 300
    }
    paper {
        /// A larger run: 64 × 64 pixels, width 1024, 20,000 steps; more than a day, by the time of the quick one. The paper has no such
        /// experiment whose sizes could be read.
        side: 64, width: 1024, steps: 20_000
    }
}

fn zoo() -> [(Net, usize); 10] {
    [
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
    ]
}

impl ImageRegression {
    /// The plain networks, then the others.
    fn all_networks(&self) -> Vec<Net> {
        let depths: BTreeSet<usize> = self.networks.iter().map(|(_, depth)| *depth).collect();
        depths.into_iter().map(mlp).chain(self.networks.iter().map(|(net, _)| net.clone())).collect()
    }
}

impl Study for ImageRegression {
    type Report = ImageRegressionReport;

    fn check(&self) -> Result<()> {
        let (networks, side, steps) = (self.all_networks(), self.side, self.steps);
        let even = side >= 16 && side.is_multiple_of(2);
        Self::requires()
            .some(&self.networks)?
            .distinct(networks.iter().map(Net::name))?
            .that(even, "the side of the image", side as f64, "even and at least 16")?
            .that(steps >= 1, "the number of steps", steps as f64, "at least 1")?;
        networks.iter().try_for_each(|net| net.clone().width(self.width).input(3).parameter_count().map(|_| ()))
    }

    fn units(&self) -> (&'static str, usize) {
        ("networks", self.all_networks().len())
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<ImageRegressionReport> {
        let image = match &self.image {
            Some(image) => image.averaged(self.side)?,
            None => camera()?.averaged(self.side)?,
        };
        let data = Data::new(image)?;
        let mut runs = Vec::new();
        for (index, net) in self.all_networks().iter().enumerate() {
            let seed = run.seed().child(index as u64);
            let fits = |found: &Found| found.fits(self.steps, data.image.pixels.dim());
            let found = run.part_that(&format!("network-{index:02}"), fits, || self.train(net, &data, seed))?;
            runs.push((net.name().to_string(), found));
        }
        Ok(ImageRegressionReport { settings: self.clone(), image: data.image, runs })
    }
}
