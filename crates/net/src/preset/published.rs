//! The networks of other public repositories, as their code builds them.

use super::plan::{conv_stem, network};
use super::squeeze::{dense_head, WIDTHS};
use crate::architecture::{Architecture, Block, BlockKind, Head, Norm, Pooling, Stem};

/// The default batch norm of PyTorch.
fn torch_norm() -> Norm {
    Norm { momentum: 0.1, ..Norm::default() }
}

/// Nine blocks of 3 with the widths of the 2017 plan.
fn plan_2017() -> Vec<(usize, usize)> {
    WIDTHS.iter().map(|&width| (3, width)).collect()
}

/// `SampleCNN` of minzwon/sota-music-tagging-models: one zero before and after the segment, 16 kHz.
pub(super) fn minzwon() -> Architecture {
    let stem = Stem { padding: [1, 1], ..conv_stem(3, 3) };
    Architecture { norm: torch_norm(), ..network(16_000, 59_049, stem, &plan_2017()) }
}

/// `SampleCNNSE` of the same repository: eleven residual blocks with excitation, including the stem and the last layer.
pub(super) fn minzwon_se() -> Architecture {
    let block = |channels| Block {
        kind: BlockKind::Res,
        convs: 2,
        excite: Some(1.0),
        shortcut_kernel: 3,
        ..Block::module(3, channels)
    };
    let first = Block { stride: 3, pool: 1, ..block(128) };
    let last = Block { kernel: 1, pool: 1, shortcut_kernel: 1, ..block(512) };
    let middle = WIDTHS.iter().map(|&width| block(width));
    Architecture {
        stem: None,
        norm: torch_norm(),
        blocks: std::iter::once(first).chain(middle).chain(std::iter::once(last)).collect(),
        head: dense_head(512, 1),
        ..network(16_000, 59_049, conv_stem(3, 3), &[])
    }
}

/// The encoder of Spijkervet/CLMR with a linear head of its width.
pub(super) fn clmr() -> Architecture {
    Architecture {
        norm: torch_norm(),
        head: Head { kernel: 3, ..Head::conv(1, 512) },
        ..network(22_050, 59_049, conv_stem(3, 3), &plan_2017())
    }
}

/// kyungyunlee/sampleCNN-pytorch: like CLMR's network, with a second dropout after the pool of its sixth convolution.
pub(super) fn kyungyunlee() -> Architecture {
    let mut architecture = clmr();
    architecture.blocks[4].dropout = 0.5;
    architecture
}

/// jongpillee/musicTagging_MSD: 256 channels up to the last block, and no dropout.
pub(super) fn msd() -> Architecture {
    let modules: Vec<_> = [128, 128, 256, 256, 256, 256, 256, 256, 256].map(|width| (3, width)).to_vec();
    Architecture {
        head: Head { dropout: 0.0, ..Head::conv(1, 256) },
        ..network(22_050, 59_049, conv_stem(3, 3), &modules)
    }
}

/// LeeNet11 of PANNs: narrower, without biases, with padded pools, maximum plus mean over time, any length.
pub(super) fn leenet11() -> Architecture {
    let stem = Stem { channels: 64, padding: [1, 1], bias: false, ..conv_stem(3, 3) };
    let block = |channels| Block { pool_padding: 1, bias: false, ..Block::module(3, channels) };
    Architecture {
        norm: torch_norm(),
        blocks: [64, 64, 128, 128, 128, 128, 128, 256].map(block).to_vec(),
        head: leenet_head(512),
        ..network(32_000, 320_000, stem, &[])
    }
}

/// LeeNet24 of PANNs: two convolutions per block, the first of them strided; no pool in the first and last block.
pub(super) fn leenet24() -> Architecture {
    let block = |channels| Block { convs: 2, pool_padding: 1, bias: false, dropout: 0.1, ..Block::module(3, channels) };
    let first = Block { stride: 3, pool: 1, pool_padding: 0, ..block(64) };
    let last = Block { pool: 1, pool_padding: 0, dropout: 0.0, ..block(1024) };
    let middle = [96, 128, 128, 256, 256, 512, 512].map(block);
    Architecture {
        stem: None,
        norm: torch_norm(),
        blocks: std::iter::once(first).chain(middle).chain(std::iter::once(last)).collect(),
        head: leenet_head(1024),
        ..network(32_000, 320_000, conv_stem(3, 3), &[])
    }
}

/// Maximum plus mean over time, dropout 0.5, dense without norm, ReLU, dense.
fn leenet_head(channels: usize) -> Head {
    Head { pooling: Pooling::MaxMean, norm: false, ..dense_head(channels, 1) }
}
