//! The size of the tiles of a convolution.

use engine_core::tape;

use crate::train::partition::is_same;

/// The number of outputs of a tile for each kernel size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::train) enum Size {
    F6k2,
    F6k3,
    F4k4,
    F5k5,
}

impl Size {
    /// The tile size that suits `conv`; `None` if a direct product is faster or a tile would divide a window.
    pub(in crate::train) fn of(conv: &tape::Conv) -> Option<Self> {
        let size = match conv.kernel {
            2 => Size::F6k2,
            3 => Size::F6k3,
            4 => Size::F4k4,
            5 => Size::F5k5,
            _ => return None,
        };
        let (outputs, points) = (size.outputs(), size.points());
        let fits = is_same(conv)
            && outputs.is_multiple_of(conv.pool)
            && conv.pool_padding == 0
            && conv.from.is_multiple_of(16)
            && conv.to.is_multiple_of(16);
        (fits && conv.length.div_ceil(outputs) * points < conv.length * conv.kernel).then_some(size)
    }

    /// The number of outputs of a tile.
    pub(in crate::train) fn outputs(self) -> usize {
        match self {
            Size::F6k2 | Size::F6k3 => 6,
            Size::F4k4 => 4,
            Size::F5k5 => 5,
        }
    }

    /// The number of products of a tile.
    pub(in crate::train) fn points(self) -> usize {
        match self {
            Size::F6k2 | Size::F4k4 => 7,
            Size::F6k3 => 8,
            Size::F5k5 => 9,
        }
    }
}

/// Calls the function with these types and the constants of `$size` as M and K.
macro_rules! sized {
    ($size:expr, <$($type:ident),+> $($path:ident).+ ( $($argument:expr),* )) => {
        match $size {
            Size::F6k2 => $($path).+::<$($type,)+ 6, 2>($($argument),*),
            Size::F6k3 => $($path).+::<$($type,)+ 6, 3>($($argument),*),
            Size::F4k4 => $($path).+::<$($type,)+ 4, 4>($($argument),*),
            Size::F5k5 => $($path).+::<$($type,)+ 5, 5>($($argument),*),
        }
    };
}
pub(in crate::train) use sized;
