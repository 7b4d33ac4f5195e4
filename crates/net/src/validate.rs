//! The requirements on an architecture before anything is built from it.

use error::{shown, Code, Error, Result};
use limits::{HIGHEST_SAMPLING_RATE, LOWEST_SAMPLING_RATE};

use crate::architecture::{Architecture, Block, BlockKind, HeadKind, InputNormalisation, Stem, StemKind};

// The limits of a network, defined only here. They are far above the sizes of all networks in use, and low enough that
// a network described by a small file or a short line of JSON never needs more memory than a machine has.

/// The longest segment in samples: more than 6 minutes at 44,100 Hz.
const MAX_INPUT: usize = 1 << 24;
/// The largest number of channels, filter length and pool.
const MAX_SIZE: usize = 1 << 16;
/// The largest number of blocks in a network.
const MAX_BLOCKS: usize = 256;
/// The largest number of parameters, including those of the output layer: 1 GiB of f32.
pub(crate) const MAX_PARAMETERS: usize = 1 << 28;
/// The largest number of values in one layer's output for one segment: 512 MiB of f32.
const MAX_VALUES: usize = 1 << 27;
/// The largest number of tags of a model.
const MAX_TAGS: usize = 1 << 16;
/// The valid sampling rates in Hz.
const RATES: std::ops::RangeInclusive<u32> = LOWEST_SAMPLING_RATE..=HIGHEST_SAMPLING_RATE;

type Checked = Result<(), String>;

impl Architecture {
    /// Checks that the network can be built and run: that sizes are within bounds, that fields fit together, and that
    /// every pool leaves at least one position. A convolutional head needs a length that the strides and pools divide
    /// down to exactly 1.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], with the part, the value received and what was expected.
    pub fn validate(&self) -> Result<()> {
        self.check().map_err(|why| Error::new(Code::InvalidOption, why))
    }

    /// As [`Architecture::validate`], for a network with `tags` outputs, including the parameters of the output layer.
    ///
    /// # Errors
    /// [`Code::InvalidOption`], as [`Architecture::validate`].
    pub fn validate_with(&self, tags: usize) -> Result<()> {
        self.validate()?;
        let outputs = tags as u128 * (self.head_width() as u128 + 1);
        within("tags", tags, MAX_TAGS)
            .and_then(|()| bounded("parameters", self.hidden_parameters() + outputs, MAX_PARAMETERS))
            .map_err(|why| Error::new(Code::InvalidOption, why))
    }

    fn check(&self) -> Checked {
        if !RATES.contains(&self.sampling_rate) {
            let (lowest, highest) = (RATES.start(), RATES.end());
            return Err(format!("samplingRate must be {lowest} to {highest} Hz, got {}", self.sampling_rate));
        }
        within("inputLength", self.input_length, MAX_INPUT)?;
        if !(self.norm.eps.is_finite() && self.norm.eps > 0.0 && self.norm.eps <= 1.0) {
            return Err(format!("norm.eps must be above 0 and at most 1, got {}", self.norm.eps));
        }
        if !(self.norm.momentum > 0.0 && self.norm.momentum <= 1.0) {
            return Err(format!("norm.momentum must be above 0 and at most 1, got {}", self.norm.momentum));
        }
        if self.blocks.is_empty() || self.blocks.len() > MAX_BLOCKS {
            return Err(format!("blocks must hold 1 to {MAX_BLOCKS} blocks, got {}", self.blocks.len()));
        }
        if let Some(stem) = &self.stem {
            self.check_stem(stem).map_err(|why| format!("stem: {why}"))?;
        }
        for (index, block) in self.blocks.iter().enumerate() {
            self.check_block(index, block).map_err(|why| format!("block {index}: {why}"))?;
        }
        self.check_head().map_err(|why| format!("head: {why}"))?;
        self.check_size()
    }

    fn check_stem(&self, stem: &Stem) -> Checked {
        within("kernel", stem.kernel, MAX_SIZE)?;
        within("stride", stem.stride, MAX_SIZE)?;
        within("channels", stem.channels, MAX_SIZE)?;
        match stem.kind {
            StemKind::Conv => {
                if stem.fft != 0 {
                    return Err(format!("fft belongs to a mel stem, got {} on a convolution", stem.fft));
                }
                if stem.padding.iter().any(|&zeros| zeros >= stem.kernel) {
                    return Err(format!("padding {:?} must be shorter than the kernel {}", stem.padding, stem.kernel));
                }
                let padded = self.input_length + stem.padding[0] + stem.padding[1];
                if padded < stem.kernel {
                    return Err(format!(
                        "inputLength {} is shorter than the kernel {}",
                        self.input_length, stem.kernel
                    ));
                }
                let rest = (padded - stem.kernel) % stem.stride;
                if self.head.kind == HeadKind::Conv && stem.padding == [0, 0] && stem.kernel >= stem.stride && rest != 0
                {
                    return Err(indivisible(self.input_length, "stride", stem.stride, rest));
                }
            }
            StemKind::Mel => {
                if self.input_normalisation != InputNormalisation::None {
                    return Err(format!(
                        "a mel stem standardises its own values: inputNormalisation must be none, got {}",
                        self.input_normalisation.name()
                    ));
                }
                within("fft", stem.fft, MAX_SIZE)?;
                if stem.fft < stem.kernel {
                    return Err(format!("fft {} must be at least the window {}", stem.fft, stem.kernel));
                }
                if stem.padding != [0, 0] {
                    return Err(format!("padding does not apply to a mel stem, got {:?}", stem.padding));
                }
                let rest = self.input_length % stem.stride;
                if self.head.kind == HeadKind::Conv && rest != 0 {
                    return Err(indivisible(self.input_length, "stride", stem.stride, rest));
                }
            }
        }
        if stem.output_length(self.input_length) == 0 {
            return Err(format!("nothing is left of {} samples after a stride of {}", self.input_length, stem.stride));
        }
        Ok(())
    }

    fn check_block(&self, index: usize, block: &Block) -> Checked {
        within("kernel", block.kernel, MAX_SIZE)?;
        within("pool", block.pool, MAX_SIZE)?;
        within("channels", block.channels, MAX_SIZE)?;
        within("stride", block.stride, MAX_SIZE)?;
        within("shortcutKernel", block.shortcut_kernel, MAX_SIZE)?;
        within("convs", block.convs, 2)?;
        if block.pool_padding > block.pool / 2 {
            return Err(format!("poolPadding {} must be at most half the pool {}", block.pool_padding, block.pool));
        }
        rate("dropout", block.dropout)?;
        match (block.kind, block.excite) {
            (BlockKind::Basic, Some(ratio)) => {
                return Err(format!("excite {ratio} does not go with kind basic: use kind se"));
            }
            (BlockKind::Se, None) => return Err("kind se needs excite, such as 16".into()),
            (_, Some(ratio)) if !(ratio.is_finite() && ratio > 0.0 && ratio <= 1024.0) => {
                return Err(format!("excite must be above 0 and at most 1024, got {ratio}"));
            }
            _ => {}
        }
        if block.kind != BlockKind::Res && block.shortcut_kernel != 1 {
            return Err(format!("shortcutKernel {} needs kind res", block.shortcut_kernel));
        }
        let input = self.block_input(index).1;
        let conv = block.conv_length(input);
        if block.output_length(input) == 0 {
            return Err(format!("its pool of {} is longer than the {conv} positions that reach it", block.pool));
        }
        let must_divide = self.head.kind == HeadKind::Conv && block.pool_padding == 0;
        if must_divide && !conv.is_multiple_of(block.pool) {
            return Err(indivisible(conv, "pool", block.pool, conv % block.pool));
        }
        Ok(())
    }

    fn check_head(&self) -> Checked {
        let head = &self.head;
        rate("dropout", head.dropout)?;
        within("kernel", head.kernel, MAX_SIZE)?;
        if head.channels > MAX_SIZE {
            return Err(format!("channels must be 0 (the width of its input) to {MAX_SIZE}, got {}", head.channels));
        }
        match head.kind {
            HeadKind::Conv => {
                let left = self.block_input(self.blocks.len()).1;
                if left != 1 {
                    return Err(format!(
                        "a conv head needs a last block of length 1, but {left} positions are left of {} samples: \
                         change inputLength or the pools, or use kind dense",
                        self.input_length
                    ));
                }
                if head.levels != 1 {
                    return Err(format!("levels {} needs kind dense", head.levels));
                }
                if head.pooling != Default::default() {
                    return Err("pooling needs kind dense: a conv head has length 1".into());
                }
                if !head.norm {
                    return Err("norm: false needs kind dense".into());
                }
            }
            HeadKind::Dense => {
                if head.levels == 0 || head.levels > self.blocks.len() {
                    return Err(format!("levels must be 1 to {} (the blocks), got {}", self.blocks.len(), head.levels));
                }
                if head.kernel != 1 {
                    return Err(format!("kernel {} needs kind conv", head.kernel));
                }
            }
        }
        Ok(())
    }

    /// Checks the number of parameters and the largest activation, in arithmetic that cannot overflow.
    fn check_size(&self) -> Checked {
        let wide = |n: usize| n as u128;
        let stem = self.stem.iter().map(|stem| wide(stem.channels) * wide(stem.output_length(self.input_length)));
        let blocks = self.blocks.iter().enumerate().map(|(index, block)| {
            let (_, length) = self.block_input(index);
            wide(block.channels) * wide(block.conv_length(length))
        });
        bounded("parameters", self.hidden_parameters(), MAX_PARAMETERS)?;
        bounded("values in one layer's output", stem.chain(blocks).max().unwrap_or(0), MAX_VALUES)
    }

    /// An upper bound, close to the exact value, of the number of parameters and statistics without the output layer.
    fn hidden_parameters(&self) -> u128 {
        let wide = |n: usize| n as u128;
        let mut parameters = self.stem.as_ref().map_or(0, |stem| wide(stem.channels) * wide(stem.kernel + 8));
        for (index, block) in self.blocks.iter().enumerate() {
            let (width, hidden) = (wide(block.channels), wide(block.excitation_width()));
            let input = wide(self.block_input(index).0);
            let convs = input * wide(block.kernel) + (wide(block.convs) - 1) * width * wide(block.kernel);
            parameters += width * (convs + input * wide(block.shortcut_kernel) + 2 * hidden + 16) + hidden;
        }
        parameters + wide(self.head_width()) * (wide(self.head_input()) * wide(self.head.kernel) + 8)
    }
}

/// Checks the names of a model's outputs: at least one, none blank, none twice.
///
/// # Errors
/// [`Code::InvalidOption`], with the tag.
pub fn validate_tags(tags: &[String]) -> Result<()> {
    let invalid = |why: String| Err(Error::new(Code::InvalidOption, why));
    if tags.is_empty() || tags.len() > MAX_TAGS {
        return invalid(format!("a model has 1 to {MAX_TAGS} tags, got {}", tags.len()));
    }
    let mut seen = std::collections::HashSet::new();
    for (index, tag) in tags.iter().enumerate() {
        if tag.trim().is_empty() {
            return invalid(format!("tag {index} is blank"));
        }
        if !seen.insert(tag.as_str()) {
            return invalid(format!("tag \"{}\" appears twice", shown(tag)));
        }
    }
    Ok(())
}

fn bounded(what: &str, size: u128, most: usize) -> Checked {
    if size <= most as u128 {
        return Ok(());
    }
    Err(format!("the network has about {size} {what}; at most {most} are possible"))
}

fn within(what: &str, value: usize, most: usize) -> Checked {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("{what} must be 1 to {most}, got {value}"))
}

fn rate(what: &str, value: f64) -> Checked {
    if (0.0..1.0).contains(&value) {
        return Ok(());
    }
    Err(format!("{what} must be at least 0 and below 1, got {value}"))
}

fn indivisible(length: usize, what: &str, size: usize, rest: usize) -> String {
    format!(
        "length {length} is not divisible by the {what} of {size} ({rest} left over), which a conv head needs: change \
         inputLength, or use a dense head, which takes any length"
    )
}
