//! Audits of the labels and the clips of a dataset by what a model hears: labels that are likely wrong, and clips that
//! sound the same.

mod check;
mod folds;
mod near_duplicates;
mod out_of_fold;
mod unions;
mod whitening;
mod wrong_labels;

pub use check::check_dataset;
pub use near_duplicates::{near_duplicates, DuplicateGroup, NEAR_DUPLICATE};
pub use out_of_fold::out_of_fold;
pub(crate) use unions::Unions;
pub use wrong_labels::{wrong_labels, Labelled, WrongLabel, FEW};
