//! Places and values in a GPU's memory.

use engine_core::Precision;

/// A place in a GPU's memory. Address 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Address(pub u64);

impl Address {
    /// None: the kernels leave out what a null pointer stands for.
    pub(crate) const NULL: Self = Self(0);

    /// The place `elements` values of this kind further on; negative goes back.
    pub(crate) fn offset(self, elements: isize, element: Element) -> Self {
        Self(self.0.wrapping_add_signed(elements as i64 * element.bytes() as i64))
    }

    /// The place `elements` f32 values further on; negative goes back.
    pub(crate) fn floats(self, elements: isize) -> Self {
        self.offset(elements, Element::F32)
    }
}

/// What a value in a GPU's memory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Element {
    #[default]
    F32,
    Bf16,
}

impl Element {
    /// Bytes of one.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::Bf16 => 2,
        }
    }

    /// What maps, raw outputs and their gradients are under a precision; everything else is always f32.
    pub(crate) fn stored(precision: Precision) -> Self {
        match precision {
            Precision::Bf16 => Element::Bf16,
            _ => Element::F32,
        }
    }
}
