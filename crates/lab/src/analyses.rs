//! The analyses of the SampleCNN papers: what a trained network has learned.
//!
//! - [`visualize()`] runs one of them and writes its figures, arrays and numbers.
//! - [`filters`]: the signals that excite each filter most (Figures 2 to 4 of the paper), by [`gradient`]s with respect
//!   to the input.
//! - [`tsne`]: maps of clip features (Figure 5).
//! - [`excitations`]: the excitations of squeeze-and-excitation blocks (the poster of the SE paper).
//! - [`timeline`]: the tags of one file over its time.
//! - [`features`], [`segments`]: the features of clips, and the pass of a network over a dataset.
//! - [`bootstrap`]: intervals over clips.

pub mod bootstrap;
pub mod excitations;
pub mod features;
pub mod filters;
pub mod gradient;
pub mod segments;
pub mod timeline;
pub mod tsne;
mod visualize;

pub use visualize::{
    visualize, visualize_model, BlockNumbers, ExcitationNumbers, FigureNumbers, FigureRecord, LevelNumbers, MapNumbers,
    ModelFilters, TimelineNumbers, VisualizeDone, VisualizeEvent, VisualizeKind, VisualizeOptions,
};
