//! Addresses and element types in a GPU's memory.

use engine_core::Precision;

/// An address in a GPU's memory. Address 0 is null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Address(pub u64);

impl Address {
    /// The null address; kernels omit results whose pointer is null.
    pub(crate) const NULL: Self = Self(0);

    /// The address `elements` values of type `element` later; negative numbers go back.
    pub(crate) fn offset(self, elements: isize, element: Element) -> Self {
        Self(self.0.wrapping_add_signed(elements as i64 * element.bytes() as i64))
    }

    /// The address `elements` f32 values later; negative numbers go back.
    pub(crate) fn floats(self, elements: isize) -> Self {
        self.offset(elements, Element::F32)
    }
}

/// The type of a value in a GPU's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Element {
    #[default]
    F32,
    Bf16,
}

impl Element {
    /// The size of a value in bytes.
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::Bf16 => 2,
        }
    }

    /// The type of maps, raw outputs and their gradients in a precision; everything else is always f32.
    pub(crate) fn stored(precision: Precision) -> Self {
        match precision {
            Precision::Bf16 => Element::Bf16,
            _ => Element::F32,
        }
    }
}
