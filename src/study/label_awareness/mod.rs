//! Tangent kernels that know the labels of the training points.

mod one;
mod report;

use crate::define_study;
use crate::names::*;
use crate::study::frame::*;
use one::{Hierarchical, Split};

define_study! {
    /// What a tangent kernel gains by knowing the labels of its training points.
    ///
    /// Chen, He and Su (2020) add to a tangent kernel an estimate of whether two points have the same label: `K + λ Z`, by kernel regression over pairs
    /// ([`HigherOrder::new`], [`HigherOrder::by_inverse`]) or linear regression on features of pairs ([`PairRegression`]). Measured on digits of MNIST are
    ///
    /// - the share of unseen images that kernel regression classifies right, with the paired difference to the plain kernel over splits of the data. The share
    ///   of `λ Z` in the kernel is chosen by a fifth of the training images; 0 is one of the choices;
    /// - local elasticity: how much more the kernel couples images of one digit than of different ones; of a network of finite width before and after
    ///   training too;
    /// - what the labels add to the kernel of a two-layer network by the neural tangent hierarchy ([`Hierarchy`]), for images of the same and of different
    ///   digits.
    ///
    /// A control is told the labels of the test images: it must be right.
    ///
    /// Built by [`label_awareness`].
    pub struct LabelAwareness => LabelAwarenessReport, "label_awareness", "label awareness";
    /// The study of the pairs 3/5 and 4/9 and of all ten digits with 1000 images and five splits: minutes.
    pub fn label_awareness;
    settings {
        /// The architecture of the kernel, on images with a constant appended. The paper's: two layers of ReLU, first weights `N(0, 1)`.
        value network: Net = two_layers(1), digest "networks";
        /// Digits that are told apart.
        list tasks: Vec<usize> = [vec![3, 5], vec![4, 9], (0..10).collect()], digest "list of tasks";
        /// The number of training images.
        value images: usize = 1000, with "number of images";
        /// The number of test images.
        value tested: usize = 1000, with "number of test images";
        /// How many times the images are drawn and split, two or more.
        value splits: usize = 5, with "number of splits";
        /// Shares of `λ Z` in the kernel, in means of sizes.
        list ratios: f64 = [0.0, 0.001, 0.01, 0.1, 0.3], with "list of shares";
        /// The width of the network that is trained.
        value width: usize = 512, with "width";
        /// Its steps.
        value steps: u64 = 300, with "number of steps";
        /// Images of the hierarchy, half of each digit.
        value hierarchy_images: usize = 40, with "number of images of the hierarchy";
        /// Random weights of the hierarchy.
        value hierarchy_samples: usize = 2000, with "number of samples of the hierarchy";
    }
    trial {
        tasks: vec![vec![3, 5]], images: 20, tested: 10, splits: 2, ratios: vec![0.0, 0.1], width: 64, steps: 3, hierarchy_images: 6,
        hierarchy_samples: 10
    }
    quick {
        /// A run of half a minute: 300 images, five splits, a network of width 128.
        images: 300, tested: 500, width: 128, steps: 100, hierarchy_samples: 1000
    }
}

/// Two layers of ReLU with so many outputs, `f = (1/√m) Σ_r a_r relu(w_r · x)`, `w ~ N(0, I)`.
fn two_layers(outputs: usize) -> Net {
    network("two layers of ReLU", serial((Dense::hidden().plain_gain(1.0), relu(), dense(outputs))))
}

/// The kernels that are compared, after the plain one.
const METHODS: [&str; 3] = ["by kernel", "by inverse", "by pairs"];

impl Study for LabelAwareness {
    type Report = LabelAwarenessReport;

    fn check(&self) -> Result<()> {
        let requires = Self::requires();
        requires.some(&self.tasks)?.some(&self.ratios)?.distinct(self.tasks.iter().map(|task| name(task)))?;
        for task in &self.tasks {
            requires.that(task.len() >= 2, "the number of digits of a task", task.len() as f64, "at least 2")?;
            for digit in task {
                requires.that(*digit < 10, "a digit", *digit as f64, "from 0 to 9")?;
            }
            requires.distinct(task.iter().map(usize::to_string))?;
            let least = 5 * task.len();
            requires
                .that(self.images >= least, "the number of images", self.images as f64, "at least five for each digit")?
                .that(
                    self.tested >= task.len(),
                    "the number of test images",
                    self.tested as f64,
                    "at least one for each digit",
                )?;
        }
        for &ratio in &self.ratios {
            requires.that(ratio >= 0.0 && ratio.is_finite(), "a share", ratio, "finite and at least 0")?;
        }
        requires
            .that(self.splits >= 2, "the number of splits", self.splits as f64, "at least 2")?
            .that(
                self.hierarchy_images >= 4,
                "the number of images of the hierarchy",
                self.hierarchy_images as f64,
                "at least 4",
            )?
            .that(
                self.hierarchy_samples >= 2,
                "the number of samples of the hierarchy",
                self.hierarchy_samples as f64,
                "at least 2",
            )?
            .at_least_one("the width", self.width)?;
        Ok(())
    }

    fn units(&self) -> (&'static str, usize) {
        ("splits", self.tasks.len() * (self.splits + 1))
    }

    fn measure(&self, run: &mut Run<'_>) -> Result<LabelAwarenessReport> {
        let (seed, digits) = (run.seed(), digits()?);
        let (mut found, mut hierarchies) = (Vec::new(), Vec::new());
        for (index, task) in self.tasks.iter().enumerate() {
            let seed = seed.child(index as u64);
            found.push(run.each(&format!("task-{index:02}"), 0..self.splits, |split| {
                Progress::silent().during(|| Split::measure(self, &digits, task, seed.child(split as u64)))
            })?);
            hierarchies.push(run.part(&format!("hierarchy-{index:02}"), || {
                let sizes = (self.hierarchy_images, self.hierarchy_samples);
                Progress::silent().during(|| Hierarchical::measure(sizes, &digits, task, seed.child(1000)))
            })?);
        }
        Ok(LabelAwarenessReport { settings: self.clone(), found, hierarchies })
    }
}

/// `3/5`, or `0 to 9` of all digits.
fn name(task: &[usize]) -> String {
    if task.len() == 10 { "0 to 9".into() } else { task.iter().map(usize::to_string).collect::<Vec<_>>().join("/") }
}

/// What the study found.
#[derive(Clone)]
pub struct LabelAwarenessReport {
    settings: LabelAwareness,
    /// By task and split.
    found: Vec<Vec<Split>>,
    hierarchies: Vec<Hierarchical>,
}
