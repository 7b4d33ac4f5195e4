//! The rows of an experiment that are classifiers on features of trained models.

mod classifiers;
mod model;
mod row;

pub(super) use classifiers::Classifiers;
