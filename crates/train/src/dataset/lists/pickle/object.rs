//! The objects that a pickled array is made of.

/// An object that a call has made.
pub(super) enum Object {
    /// An element type, such as `f8`, and its byte order.
    Type { name: String, order: String },
    /// An array; its state follows its creation.
    Array(Vec<f64>),
}

/// The names of the function that makes an empty array, in several versions of NumPy.
pub(super) const RECONSTRUCT: [&str; 2] = ["numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct"];
/// The other names in the pickle of an array.
const NAMES: [&str; 3] = ["numpy.ndarray", "numpy.dtype", "_codecs.encode"];

/// Whether the class or function `name` belongs to an array.
pub(super) fn is_known(name: &str) -> bool {
    RECONSTRUCT.contains(&name) || NAMES.contains(&name)
}
