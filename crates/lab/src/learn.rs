//! Learns the tags of a music library: a head on the features of a base model, tested by cross-validation, and a model
//! file that has the tags that it can tell.
//!
//! Data flow: library (`library::read`) -> songs with tags -> features of their segments, stored by the content of the
//! audio -> copies and near-duplicates left out -> parts that keep artists and albums together -> cross-validation:
//! scores of every song by a head that did not learn from it -> metrics with intervals, calibration, likely wrong
//! labels -> the head of all songs, for the tags that are kept -> model file, report, lists.

mod calibration;
mod content;
mod cross_validation;
mod division;
mod event;
mod feature_store;
mod features;
mod fine_tuning;
mod folder;
mod gather;
mod head;
mod head_search;
mod job;
mod learn_set;
mod linear;
mod logistic;
mod model_card;
mod options;
mod outcome;
mod page;
mod parts;
mod refusal;
mod result;
mod run;
mod songs;
mod steps;
mod suspects;
mod tag_list;
mod teller;
mod tested;
mod verdict;

pub use event::{LearnDone, LearnEvent, LearnFineTuning, LearnFold, LearnPhase, LearnProgress, LearnStart, LearnTag};
pub use options::{Depth, LearnOptions};
pub use parts::GroupCounts;
pub use run::learn;
