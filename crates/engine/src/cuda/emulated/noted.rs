//! Launches and products that are not run at once: those of a recording, and those beside the main work.

use error::Result;

use super::Emulated;
use crate::cuda::gpu::{Kernel, Parameter, Product, Shape, Streams, Work};

/// A launch or a product of a recording, with copies of its arguments, as a graph has them.
#[derive(Clone)]
pub(super) enum Noted {
    Launch(Kernel, Shape, Vec<Vec<u64>>),
    Product(Product),
    Fork,
    Back,
    Join,
}

impl Noted {
    pub(super) fn launch(kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Self {
        let copy = |argument: &Parameter| {
            let mut copy = vec![0u64; argument.bytes.div_ceil(8)];
            // SAFETY: the argument's bytes, into room for them.
            unsafe {
                std::ptr::copy_nonoverlapping(argument.place.cast::<u8>(), copy.as_mut_ptr().cast(), argument.bytes)
            };
            copy
        };
        Self::Launch(kernel, shape, arguments.iter().map(copy).collect())
    }
}

impl Emulated {
    /// Whether something is not to run now but in a recording, or beside the main work.
    pub(super) fn is_noted(&self, what: impl FnOnce() -> Noted) -> bool {
        if let Some(recording) = self.recording.borrow_mut().as_mut() {
            recording.push(what());
            return true;
        }
        if self.is_beside.get() {
            self.beside.borrow_mut().push(what());
        }
        self.is_beside.get()
    }

    /// Runs what was noted.
    pub(super) fn run(&self, noted: &[Noted]) -> Result<()> {
        noted.iter().try_for_each(|one| match one {
            Noted::Launch(kernel, shape, arguments) => {
                let parameter =
                    |argument: &Vec<u64>| Parameter { place: argument.as_ptr().cast(), bytes: argument.len() * 8 };
                self.launch(*kernel, *shape, &arguments.iter().map(parameter).collect::<Vec<_>>())
            }
            Noted::Product(product) => self.multiply(product),
            Noted::Fork => self.fork(),
            Noted::Back => self.back(),
            Noted::Join => self.join(),
        })
    }
}
