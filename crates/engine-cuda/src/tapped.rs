//! The values of taps, read from the memory of a GPU after a pass.

use engine_core::{Reduction, Tap};
use error::{Code, Error, Result};

use crate::gpu::Address;
use crate::network::Network;

/// A tap, and where the GPU keeps its values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TapPlace {
    /// The map with this number, which is reduced on the host: levels near the end of a network are short.
    Map(usize, Reduction),
    /// The factors of the excitation with this number.
    Factors(usize),
}

impl TapPlace {
    /// Finds the values of `tap`.
    ///
    /// # Errors
    /// [`Code::InvalidOption`] for values that the GPU does not keep.
    pub(crate) fn find(network: &Network, tap: Tap) -> Result<Self> {
        let place = network.tape.nodes.get(tap.node());
        let found = match tap {
            Tap::Output { reduction, .. } => {
                let kept = |map: &usize| network.memory.maps[*map].data != Address::NULL;
                place.and_then(|place| place.map).filter(kept).map(|map| Self::Map(map, reduction))
            }
            Tap::Factors { .. } => place.and_then(|place| place.excite).map(Self::Factors),
        };
        found.ok_or_else(|| {
            let message = format!("{tap:?} is not kept in the memory of a GPU: use device cpu, or precision f32");
            Error::new(Code::InvalidOption, message)
        })
    }

    /// The number of values for one segment.
    pub(crate) fn width(self, network: &Network) -> usize {
        match self {
            Self::Map(map, _) => network.tape.maps[map].channels,
            Self::Factors(excite) => network.tape.excites[excite].channels,
        }
    }

    /// Writes the values of the first `n` segments of the last pass into `rows` `[n, all]`, from column `at` on.
    pub(crate) fn read(self, network: &Network, n: usize, rows: &mut [f32], all: usize, at: usize) -> Result<()> {
        let width = self.width(network);
        match self {
            Self::Factors(excite) => {
                let factors = network.download(network.memory.excites[excite].factors, n * width)?;
                for (row, factors) in rows.chunks_exact_mut(all).zip(factors.chunks_exact(width)) {
                    row[at..at + width].copy_from_slice(factors);
                }
            }
            Self::Map(map, reduction) => {
                let (spec, place) = (&network.tape.maps[map], network.map_place(map));
                let count = ((n - 1) * place.pitch + spec.length) * width;
                let values = network.download_as(place.data, count, network.element(map))?;
                for (segment, row) in rows.chunks_exact_mut(all).take(n).enumerate() {
                    let values = &values[segment * place.pitch * width..][..spec.length * width];
                    reduce(reduction, values, &mut row[at..at + width]);
                }
            }
        }
        Ok(())
    }
}

/// Reduces `values` `[length, channels]` over time to `[channels]`.
fn reduce(reduction: Reduction, values: &[f32], to: &mut [f32]) {
    let (channels, length) = (to.len(), values.len() / to.len());
    match reduction {
        Reduction::Max => {
            to.fill(f32::NEG_INFINITY);
            for row in values.chunks_exact(channels) {
                to.iter_mut().zip(row).for_each(|(most, &value)| *most = most.max(value));
            }
        }
        Reduction::Mean => {
            let mut sums = vec![0.0f64; channels];
            for row in values.chunks_exact(channels) {
                sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
            }
            to.iter_mut().zip(sums).for_each(|(mean, sum)| *mean = (sum / length as f64) as f32);
        }
    }
}
