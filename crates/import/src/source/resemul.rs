//! tae-jun/resemul, the SE paper: Keras 2 layers in the order of their creation.

use error::Result;
use net::{Block, BlockKind, Norm, TagOrder};

use super::numbered as layers_of;
use super::{dense_head, module, network, stem};
use crate::draft::Draft;
use crate::naming::{mismatch, Layers, Naming};

/// Basic, SE, Res-2 or ReSE-2 blocks, distinguished by their 1-wide shortcuts and the number of dense layers.
pub fn numbered(layers: &mut Layers<'_>) -> Result<Draft> {
    layers.naming = Naming::Keras2;
    let convs = layers_of(layers.checkpoint, "conv1d");
    let norms = layers_of(layers.checkpoint, "batch_normalization");
    let denses = layers_of(layers.checkpoint, "dense");
    let sizes = convs.iter().map(|name| layers.conv(name)).collect::<Result<Vec<_>>>()?;
    let shortcuts = sizes.iter().skip(1).filter(|size| size[2] == 1).count();
    let per_block = if shortcuts > 0 { 2 } else { 1 };
    let branch = convs.len().saturating_sub(1 + shortcuts);
    let count = branch / per_block;
    let excited = denses.len() == 2 * count + 2;
    let whole = branch.is_multiple_of(per_block) && norms.len() == convs.len() + 1;
    if count == 0 || !whole || !(excited || denses.len() == 2) {
        return Err(mismatch(format!(
            "has {} convolutions ({shortcuts} of them shortcuts), {} norms and {} dense layers, which is not a \
             network of tae-jun/resemul",
            convs.len(),
            norms.len(),
            denses.len()
        )));
    }
    let mut pairs = vec![("stem.conv".to_string(), convs[0].clone()), ("stem.norm".to_string(), norms[0].clone())];
    let mut blocks: Vec<Block> = Vec::new();
    let mut next = 1;
    for i in 0..count {
        let shortcut = sizes.get(next).is_some_and(|size| size[2] == 1);
        let parts: &[&str] = match (per_block, shortcut) {
            (1, _) => &["conv"],
            (_, true) => &["shortcut.conv", "conv1", "conv2"],
            (_, false) => &["conv1", "conv2"],
        };
        if next + parts.len() > convs.len() {
            return Err(mismatch(format!("its convolutions end inside block {i}")));
        }
        for part in parts {
            pairs.push((format!("blocks.{i}.{part}"), convs[next].clone()));
            pairs.push((format!("blocks.{i}.{}", part.replace("conv", "norm")), norms[next].clone()));
            next += 1;
        }
        let size = sizes[next - 1];
        let mut excite = None;
        if excited {
            excite = Some(layers.dense(&denses[2 * i])?[0] as f64 / size[0] as f64);
            pairs.push((format!("blocks.{i}.excite.fc1"), denses[2 * i].clone()));
            pairs.push((format!("blocks.{i}.excite.fc2"), denses[2 * i + 1].clone()));
        }
        let kind = match (per_block, excited) {
            (2, _) => BlockKind::Res,
            (_, true) => BlockKind::Se,
            (_, false) => BlockKind::Basic,
        };
        let dropout = if per_block == 2 { 0.2 } else { 0.0 };
        blocks.push(Block { kind, convs: per_block, excite, dropout, ..module(size) });
    }
    let (hidden, out) = (&denses[denses.len() - 2], &denses[denses.len() - 1]);
    pairs.push(("head.hidden".into(), hidden.clone()));
    pairs.push(("head.norm".into(), norms[norms.len() - 1].clone()));
    pairs.push(("head.out".into(), out.clone()));
    let [width, input] = layers.dense(hidden)?;
    let head = dense_head(width, super::levels(input, &blocks)?);
    let architecture = network(Some(stem(sizes[0])), Norm { eps: 1e-3, ..Norm::default() }, blocks, head)?;
    let mut draft = Draft::new(architecture, pairs, layers.dense(out)?[0]);
    draft.order = Some(TagOrder::MtatReversed);
    Ok(draft)
}
