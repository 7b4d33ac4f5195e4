//! The checks of an architecture before its tape is compiled.

use error::{Code, Error, Result};
use net::{Architecture, HeadKind, NormKind};

/// Returns an error that describes what no plan can run.
pub(super) fn check(architecture: &Architecture, tags: usize) -> Result<()> {
    let refuse = |why: String| Err(Error::new(Code::InvalidOption, why));
    if tags == 0 {
        return refuse("a network needs at least one tag, received 0".into());
    }
    if architecture.blocks.is_empty() {
        return refuse("the architecture has no blocks; give at least one".into());
    }
    if let Some(stem) = &architecture.stem {
        if stem.kernel == 0 || stem.stride == 0 || stem.channels == 0 {
            return refuse(format!(
                "the stem's kernel, stride and channels must be at least 1, received {}, {}, {}",
                stem.kernel, stem.stride, stem.channels
            ));
        }
    }
    for (index, block) in architecture.blocks.iter().enumerate() {
        if block.kernel == 0
            || block.channels == 0
            || block.convs == 0
            || block.stride == 0
            || block.shortcut_kernel == 0
        {
            return refuse(format!("block {index}: kernel, channels, convs and stride must be at least 1"));
        }
        if block.pool == 0 || block.pool > 254 || 2 * block.pool_padding > block.pool {
            return refuse(format!(
                "block {index}: the pool must be 1 to 254 and its padding at most half of it, received {} and {}",
                block.pool, block.pool_padding
            ));
        }
        if !(0.0..1.0).contains(&block.dropout) {
            return refuse(format!("block {index}: dropout must be in 0..1, received {}", block.dropout));
        }
        let (_, length) = architecture.block_input(index);
        if block.output_length(length) == 0 {
            return refuse(format!(
                "block {index}: a pool of {} leaves none of its {length} positions; use a longer input or fewer blocks",
                block.pool
            ));
        }
    }
    let head = &architecture.head;
    let (_, length) = architecture.block_input(architecture.blocks.len());
    if head.kind == HeadKind::Conv && length != 1 {
        return refuse(format!(
            "the conv head needs one position after the last block, but {length} are left; add blocks or use a dense \
             head"
        ));
    }
    if head.kernel == 0 || head.levels == 0 || !(0.0..1.0).contains(&head.dropout) {
        return refuse(format!(
            "the head's kernel and levels must be at least 1 and its dropout in 0..1, received {}, {}, {}",
            head.kernel, head.levels, head.dropout
        ));
    }
    if architecture.norm.kind == NormKind::Batch && (architecture.norm.eps.is_nan() || architecture.norm.eps <= 0.0) {
        return refuse(format!("the norm's eps must be above 0, received {}", architecture.norm.eps));
    }
    Ok(())
}
