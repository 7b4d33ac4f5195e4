//! From an architecture to its tape: stem, blocks and head in the order of the forward pass.

use error::Result;
use net::{Architecture, BlockKind, HeadKind, Layout, Pooling, StemKind};

use super::check::check;
use super::record::{dense, missing, Shape};
use super::{Excited, Gather, Join, Map, MapId, MelStatistics, Operation, Shortcut, Taker, Tape, Value};

impl Tape {
    /// Compiles `architecture` with `tags` outputs. An architecture that cannot work is [`Code::InvalidOption`].
    pub fn compile(architecture: &Architecture, tags: usize) -> Result<Self> {
        check(architecture, tags)?;
        let layout = Layout::new(architecture, tags);
        let output = dense(&layout, "head.out")?;
        let mel = mel_statistics(architecture, &layout)?;
        let (channels, length) = match mel {
            Some(_) => architecture.block_input(0),
            None => (1, architecture.input_length),
        };
        let mut tape = Self {
            samples: architecture.input_length,
            mel,
            operations: Vec::new(),
            maps: vec![Map { channels, length, value: Value::Input, excite: None, dropout: 0.0 }],
            convs: Vec::new(),
            excites: Vec::new(),
            joins: Vec::new(),
            gather: None,
            output,
            output_input: 0,
            tags,
            eps: architecture.norm.eps,
            momentum: architecture.norm.momentum,
            layout,
        };
        let mut at: MapId = 0;
        if let Some(stem) = architecture.stem.as_ref().filter(|stem| stem.kind == StemKind::Conv) {
            let shape = Shape::new(stem.channels, stem.kernel, stem.stride, stem.padding[0]);
            at =
                tape.conv_to_map("stem.conv", "stem.norm", at, shape, stem.output_length(architecture.input_length))?;
        }
        let mut levels = Vec::new();
        for index in 0..architecture.blocks.len() {
            at = match architecture.blocks[index].kind {
                BlockKind::Res => tape.residual_block(architecture, index, at)?,
                BlockKind::Basic | BlockKind::Se => tape.plain_block(architecture, index, at)?,
            };
            levels.push(at);
        }
        tape.head(architecture, at, &levels)?;
        tape.mark_accumulation();
        Ok(tape)
    }

    fn plain_block(&mut self, architecture: &Architecture, index: usize, mut at: MapId) -> Result<MapId> {
        let block = &architecture.blocks[index];
        for conv in 0..block.convs {
            let suffix = if block.convs > 1 { (conv + 1).to_string() } else { String::new() };
            let (name, norm) = (format!("blocks.{index}.conv{suffix}"), format!("blocks.{index}.norm{suffix}"));
            let stride = if conv == 0 { block.stride } else { 1 };
            let mut shape =
                Shape::new(block.channels, block.kernel, stride, architecture.same.padding(block.kernel)[0]);
            if conv + 1 == block.convs {
                shape = shape.pooled(block.pool, block.pool_padding);
            }
            let length = if conv == 0 { block.conv_length(self.maps[at].length) } else { self.maps[at].length };
            at = self.conv_to_map(&name, &norm, at, shape, length)?;
        }
        if block.excite_width() > 0 {
            let conv = self.convs.len() - 1;
            let length = self.maps[at].length;
            let excite = self.excite(index, Excited::Map(at), conv, block.excite_width(), length)?;
            self.maps[at].excite = Some(excite);
        }
        self.dropout(at, block.dropout);
        Ok(at)
    }

    fn residual_block(&mut self, architecture: &Architecture, index: usize, input: MapId) -> Result<MapId> {
        let block = &architecture.blocks[index];
        let join = self.joins.len();
        let length = block.conv_length(self.maps[input].length);
        let mut at = input;
        for conv in 0..block.convs {
            let (name, norm) = (format!("blocks.{index}.conv{}", conv + 1), format!("blocks.{index}.norm{}", conv + 1));
            let stride = if conv == 0 { block.stride } else { 1 };
            let shape = Shape::new(block.channels, block.kernel, stride, architecture.same.padding(block.kernel)[0]);
            if conv + 1 == block.convs {
                self.conv(&name, &norm, at, shape, length, Taker::Branch(join))?;
            } else {
                at = self.conv_to_map(&name, &norm, at, shape, length)?;
                self.dropout(at, block.dropout);
            }
        }
        let branch = self.convs.len() - 1;
        let excite = match block.excite_width() {
            0 => None,
            hidden => Some(self.excite(index, Excited::Branch(join), branch, hidden, length)?),
        };
        let shortcut = if block.has_shortcut_conv(self.maps[input].channels) {
            let kernel = block.shortcut_kernel;
            let shape = Shape::new(block.channels, kernel, block.stride, architecture.same.padding(kernel)[0]);
            let (name, norm) = (format!("blocks.{index}.shortcut.conv"), format!("blocks.{index}.shortcut.norm"));
            Shortcut::Conv(self.conv(&name, &norm, input, shape, length, Taker::Shortcut(join))?)
        } else {
            Shortcut::Identity { map: input, accumulate: false }
        };
        let pooled = block.output_length(self.maps[input].length);
        let output = self.map(block.channels, pooled, Value::Join(join));
        self.joins.push(Join {
            branch,
            excite,
            shortcut,
            output,
            channels: block.channels,
            length,
            pool: block.pool,
            pool_padding: block.pool_padding,
            pooled,
        });
        self.operations.push(Operation::Join(join));
        Ok(output)
    }

    fn head(&mut self, architecture: &Architecture, last: MapId, levels: &[MapId]) -> Result<()> {
        let head = &architecture.head;
        let width = architecture.head_width();
        match head.kind {
            HeadKind::Conv => {
                let shape = Shape::new(width, head.kernel, 1, architecture.same.padding(head.kernel)[0]);
                let at = self.conv_to_map("head.conv", "head.norm", last, shape, 1)?;
                self.dropout(at, head.dropout);
                self.output_input = at;
            }
            HeadKind::Dense => {
                let seen = levels[levels.len() - head.levels.min(levels.len())..].to_vec();
                let gathered = self.map(architecture.head_input(), 1, Value::Gather);
                self.gather = Some(Gather { levels: seen, mean: head.pooling == Pooling::MaxMean, output: gathered });
                self.operations.push(Operation::Gather);
                if !head.norm {
                    self.dropout(gathered, head.dropout);
                }
                let at = self.conv_to_map("head.hidden", "head.norm", gathered, Shape::new(width, 1, 1, 0), 1)?;
                if head.norm {
                    self.dropout(at, head.dropout);
                }
                self.output_input = at;
            }
        }
        self.operations.push(Operation::Output);
        Ok(())
    }

    /// Backward, the first consumer of a map to come writes its gradient, the others add.
    fn mark_accumulation(&mut self) {
        let mut written = vec![false; self.maps.len()];
        for operation in self.operations.iter().rev() {
            match *operation {
                Operation::Conv(id) => {
                    let conv = &mut self.convs[id];
                    conv.accumulate = std::mem::replace(&mut written[conv.input], true);
                }
                Operation::Join(id) => {
                    if let Shortcut::Identity { map, accumulate } = &mut self.joins[id].shortcut {
                        *accumulate = std::mem::replace(&mut written[*map], true);
                    }
                }
                Operation::Gather => {
                    for &level in self.gather.iter().flat_map(|g| &g.levels) {
                        written[level] = true;
                    }
                }
                Operation::Output => written[self.output_input] = true,
                Operation::Excite(_) | Operation::Dropout(_) => {}
            }
        }
    }
}

fn mel_statistics(architecture: &Architecture, layout: &Layout) -> Result<Option<MelStatistics>> {
    if architecture.stem.as_ref().is_none_or(|stem| stem.kind != StemKind::Mel) {
        return Ok(None);
    }
    match (layout.find("stem.mel.mean"), layout.find("stem.mel.deviation")) {
        (Some(mean), Some(deviation)) => Ok(Some(MelStatistics { mean: mean.offset, deviation: deviation.offset })),
        _ => Err(missing("stem.mel")),
    }
}
