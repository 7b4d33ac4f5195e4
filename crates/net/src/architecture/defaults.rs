//! The defaults of omitted JSON fields, if they differ from the defaults of their types.

pub(super) fn yes() -> bool {
    true
}

pub(super) fn one() -> usize {
    1
}

pub(super) fn half() -> f64 {
    0.5
}

pub(super) fn is_yes(value: &bool) -> bool {
    *value
}

pub(super) fn is_one(value: &usize) -> bool {
    *value == 1
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
