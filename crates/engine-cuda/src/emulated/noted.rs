//! Launches and products that are not run at once: those of a recording, and those beside the main work.

use error::Result;

use super::Emulated;
use crate::gpu::{Kernel, Parameter, Product, Shape, Streams, Work};

/// A copy of an argument, in words, and its bytes.
#[derive(Clone)]
pub(super) struct Argument {
    words: Vec<u64>,
    bytes: usize,
}

/// A launch or a product of a recording, with copies of its arguments, as a graph has them.
#[derive(Clone)]
pub(super) enum Noted {
    Launch(Kernel, Shape, Vec<Argument>),
    Product(Product),
    Fork,
    Back,
    Join,
}

impl Noted {
    pub(super) fn launch(kernel: Kernel, shape: Shape, arguments: &[Parameter]) -> Self {
        let copy = |argument: &Parameter| {
            let bytes = argument.bytes;
            let mut words = vec![0u64; bytes.div_ceil(8)];
            // SAFETY: the argument's bytes, into room for them.
            unsafe { std::ptr::copy_nonoverlapping(argument.place.cast::<u8>(), words.as_mut_ptr().cast(), bytes) };
            Argument { words, bytes }
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
                    |argument: &Argument| Parameter { place: argument.words.as_ptr().cast(), bytes: argument.bytes };
                self.launch(*kernel, *shape, &arguments.iter().map(parameter).collect::<Vec<_>>())
            }
            Noted::Product(product) => self.multiply(product),
            Noted::Fork => self.fork(),
            Noted::Back => self.back(),
            Noted::Join => self.join(),
        })
    }
}
