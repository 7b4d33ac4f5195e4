//! The experiments and analyses of the SampleCNN papers, and the demo.

pub mod synth;
