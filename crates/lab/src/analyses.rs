//! The analyses of the SampleCNN papers: what a trained network has learned.
//!
//! - [`gradient`]: the gradient of one filter's activation with respect to the input.
//! - [`filters`]: the signals that excite each filter most (Figures 2 to 4 of the paper).
//! - [`features`]: features of the clips of a dataset.
//! - [`tsne`]: maps of clip features (Figure 5).
//! - [`excitations`]: the excitations of squeeze-and-excitation blocks (the poster of the SE paper).
//! - [`bootstrap`]: intervals over clips.

pub mod bootstrap;
pub mod excitations;
pub mod features;
pub mod filters;
pub mod gradient;
pub mod tsne;
