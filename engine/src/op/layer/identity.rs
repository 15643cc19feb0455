//! By what checkpoints and folders of tiles know layers and sizes.

use crate::checkpoint::{Identity, Setting};
use crate::op::{Layer, Parametrisation, Shape};

impl Identity for Layer {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        self.fingerprint(write);
    }
}

impl Identity for Shape {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        let Self { height, width, channels, complex: _ } = self;
        [height, width, channels, &self.parts()].iter().for_each(|size| size.identify(write));
    }
}

impl Identity for Parametrisation {
    fn identify(&self, write: &mut dyn FnMut(&[u8])) {
        let number: u8 = match self {
            Parametrisation::Ntk => 0,
            Parametrisation::Standard => 1,
            Parametrisation::MuP => 2,
        };
        number.identify(write);
    }
}

impl Setting for Parametrisation {
    fn text(&self) -> String {
        let name = match self {
            Parametrisation::Ntk => "NTK",
            Parametrisation::Standard => "standard",
            Parametrisation::MuP => "maximal update",
        };
        name.into()
    }
}

impl Setting for Shape {
    fn text(&self) -> String {
        let Self { height, width, channels, complex } = self;
        format!("[{height}, {width}, {channels}]{}", if *complex { " complex" } else { "" })
    }
}
