//! The rows of an experiment that are classifiers on features of trained models.

mod classifiers;
mod model;
mod row;
mod teller;

pub(super) use classifiers::Classifiers;
