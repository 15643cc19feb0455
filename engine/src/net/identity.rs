//! By what checkpoints and folders of tiles know architectures.

use super::Net;
use crate::checkpoint::{Identity, Settings};
use crate::op::Shape;

impl Identity for Net {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        let (layer, parametrisation, input, width, scaling) = self.identity();
        layer.identify(write);
        scaling.identify(write);
        parametrisation.identify(write);
        input.identify(write);
        width.identify(write);
    }
}

impl Settings {
    /// Adds an architecture that reads inputs of a shape: everything but its name. The width, which counts only `if_wide`.
    pub(crate) fn net(self, net: &Net, origin: Shape, if_wide: bool) -> Self {
        let (layer, parametrisation, _, width, scaling) = net.identity();
        let settings = self.digest("layers", layer).with("parametrisation", parametrisation);
        let settings = settings.digest("scales", scaling).with("input shape", origin);
        if if_wide { settings.with("width", width) } else { settings }
    }
}
