//! Everything a plan holds on the GPU: one allocation, laid out once.

pub(crate) mod budget;
pub(crate) mod fused;
pub(crate) mod geometry;
pub(crate) mod measure;
pub(crate) mod packet;
pub(crate) mod places;
pub(crate) mod terms;

use engine_core::tape::Tape;

use crate::gpu::arguments::Cut;
use crate::gpu::{Address, Element};
use crate::memory::geometry::{extent, gradient_by_rows, is_stem};
use crate::memory::measure::{element, Measure};
use crate::memory::packet::{PacketPlace, LOSSES};
use crate::memory::places::{ConvPlace, ExcitePlace, MapPlace, ResidualAddPlace};
use crate::memory::terms::Terms;

/// All places.
#[derive(Clone, Debug)]
pub(crate) struct MemoryLayout {
    pub maps: Vec<MapPlace>,
    pub convs: Vec<ConvPlace>,
    pub excites: Vec<ExcitePlace>,
    pub residual_adds: Vec<ResidualAddPlace>,
    /// Rows of the global pool's maxima, u32.
    pub global_pool_winner: Address,
    pub values: Address,
    /// The values as products read them, where those are not f32.
    pub narrow: Address,
    pub velocity: Address,
    pub gradients: Address,
    pub statistics: Address,
    pub logits: Address,
    pub logits_gradient: Address,
    /// What changes from step to step.
    pub packet: PacketPlace,
    /// f64, of every cell, and the means of the last steps.
    pub losses: Address,
    pub means: Address,
    /// A batch as it comes.
    pub staging: Address,
    /// Where [`MemoryLayout::staging`] is fed to: the input map, or (where that is not f32) its twin in f32.
    pub fed: Address,
    /// f32, `[batch][channels]`: what the output layer reads, and its gradient, where maps are not f32.
    pub last: Address,
    pub last_gradient: Address,
    /// Partial weight gradients.
    pub parts: Address,
    /// Columns of the data gradients of strided convolutions.
    pub columns: Address,
    /// What is needed in all.
    pub bytes: usize,
    /// Bytes behind every part that nobody may touch.
    #[cfg(test)]
    pub guards: Vec<(Address, usize)>,
}

impl MemoryLayout {
    /// Lays `tape` out from `base` on; from address 0 to know the size.
    pub(crate) fn new(tape: &Tape, terms: Terms, base: Address) -> Self {
        let Terms { batch, stored, .. } = terms;
        let training = terms.is_training();
        let mut measure = Measure {
            tape,
            terms,
            base,
            bytes: 0,
            #[cfg(test)]
            guards: Vec::new(),
        };
        let m = &mut measure;
        let maps: Vec<_> = tape.maps.iter().enumerate().map(|(id, map)| m.map(id, map)).collect();
        let shared = if training { None } else { Some(m.shared_raw()) };
        let convs = tape.convs.iter().enumerate().map(|(id, conv)| m.conv(id, conv, shared)).collect();
        let excites = tape
            .excites
            .iter()
            .map(|excite| ExcitePlace {
                squeezed: m.floats(batch * excite.channels),
                hidden: m.floats(batch * excite.hidden),
                factors: m.floats(batch * excite.channels),
                gradient: m.floats_if(training, batch * excite.channels),
                hidden_gradient: m.floats_if(training, batch * excite.hidden),
                sums: m.floats_if(training, 2 * batch * excite.channels),
            })
            .collect();
        let residual_adds = tape
            .residual_adds
            .iter()
            .map(|addition| {
                let runs = Cut::new(addition.length, 1, 0, addition.length);
                ResidualAddPlace {
                    cut: Cut::new(addition.length, addition.pool, addition.pool_padding, addition.pooled),
                    winner: m.bytes(batch * addition.pooled * addition.channels),
                    runs,
                    sums: m.floats_if(training, 3 * batch * runs.chunks as usize * addition.channels),
                }
            })
            .collect();
        let gathered = tape.global_pool.as_ref().map_or(0, |global_pool| tape.maps[global_pool.output].channels);
        let parts = tape.convs.iter().enumerate().map(|(id, conv)| m.parts(id, conv)).max().unwrap_or(0);
        let columns = tape.convs.iter().enumerate().filter(|&(id, conv)| !is_stem(tape, id) && !gradient_by_rows(conv));
        let columns = columns.map(|(_, conv)| m.most(conv) * conv.kernel * conv.from).max().unwrap_or(0);
        let (cells, last) = (batch * tape.tags, batch * tape.maps[tape.output_input].channels);
        let input = batch * tape.maps[0].length * tape.maps[0].channels;
        let targets = if training { cells } else { 0 };
        let narrow = stored != Element::F32;
        let fed = match element(tape, 0, stored) {
            Element::F32 => maps[0].data,
            _ => m.floats(extent(tape, 0, batch, |_, conv| m.most(conv)) * tape.maps[0].channels),
        };
        let mut layout = Self {
            maps,
            convs,
            excites,
            residual_adds,
            global_pool_winner: m.floats(batch * gathered),
            values: m.floats(tape.layout.trainable),
            narrow: if narrow { m.elements(tape.layout.trainable, stored) } else { Address::NULL },
            velocity: m.floats_if(training, tape.layout.trainable),
            gradients: m.floats_if(training, tape.layout.trainable),
            statistics: m.floats(tape.layout.statistics),
            logits: m.floats(cells),
            logits_gradient: m.floats_if(training, cells),
            packet: PacketPlace::new(m.bytes(PacketPlace::bytes(batch, targets)), batch, targets),
            losses: m.floats_if(training, 2 * cells),
            means: m.floats_if(training, 2 * LOSSES),
            staging: m.floats(input),
            fed,
            last: m.floats_if(narrow, last),
            last_gradient: m.floats_if(narrow && training, last),
            parts: m.floats_if(training, parts),
            columns: if training { m.elements(columns, stored) } else { Address::NULL },
            bytes: 0,
            #[cfg(test)]
            guards: Vec::new(),
        };
        layout.bytes = measure.bytes;
        #[cfg(test)]
        {
            layout.guards = measure.guards;
        }
        layout
    }
}
