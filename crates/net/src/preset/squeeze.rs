//! The networks of the SE paper: basic, SE, Res and ReSE blocks with single- or multi-level heads.

use super::plan::{conv_stem, network};
use crate::architecture::{Architecture, Block, BlockKind, Head, HeadKind, Norm, Pooling};

/// The names of blocks, with (kind, convolutions, whether they have an excitation).
const BLOCKS: [(&str, BlockKind, usize, bool); 6] = [
    ("basic", BlockKind::Basic, 1, false),
    ("se", BlockKind::Se, 1, true),
    ("res1", BlockKind::Res, 1, false),
    ("res2", BlockKind::Res, 2, false),
    ("rese1", BlockKind::Res, 1, true),
    ("rese2", BlockKind::Res, 2, true),
];

/// The widths of the nine blocks: doubled at the third and at the last block.
pub(super) const WIDTHS: [usize; 9] = [128, 128, 256, 256, 256, 256, 256, 256, 512];

/// All names with their suffixes.
pub(super) fn names() -> impl Iterator<Item = String> {
    const SUFFIXES: [&str; 4] = ["", "-multi", "-small", "-multi-small"];
    BLOCKS.iter().flat_map(|block| SUFFIXES.iter().map(move |suffix| format!("{}{suffix}", block.0)))
}

/// Parses the name of a block with its suffixes, in any order.
pub(super) fn parse(name: &str) -> Option<Architecture> {
    let mut parts = name.split('-');
    let first = parts.next()?;
    let &(_, kind, convs, excited) = BLOCKS.iter().find(|block| block.0 == first)?;
    let (mut multi, mut small) = (false, false);
    for suffix in parts {
        let flag = match suffix {
            "multi" => &mut multi,
            "small" => &mut small,
            _ => return None,
        };
        if std::mem::replace(flag, true) {
            return None;
        }
    }
    let ratio = if small { 0.125 } else { 16.0 };
    let excite = excited.then_some(ratio);
    let dropout = if convs == 2 { 0.2 } else { 0.0 };
    let block = |channels| Block { kind, convs, excite, dropout, ..Block::module(3, channels) };
    let levels = if multi { 3 } else { 1 };
    let channels = WIDTHS[WIDTHS.len() - levels..].iter().sum();
    Some(Architecture {
        norm: Norm { eps: 1e-3, ..Norm::default() },
        blocks: WIDTHS.iter().map(|&width| block(width)).collect(),
        head: dense_head(channels, levels),
        ..network(22_050, 59_049, conv_stem(3, 3), &[])
    })
}

/// Global maxima of the last `levels` blocks, dense, norm, ReLU, dropout 0.5, dense.
pub(super) fn dense_head(channels: usize, levels: usize) -> Head {
    Head { kind: HeadKind::Dense, channels, kernel: 1, levels, dropout: 0.5, pooling: Pooling::Max, norm: true }
}
