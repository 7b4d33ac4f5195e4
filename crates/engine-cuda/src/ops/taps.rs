//! Weights as products read them, made anew when the values have changed: rounded, in reverse for the data gradient, in the order
//! of our own kernels.

use engine_core::tape::Conv;
use error::Result;

use crate::gpu::arguments::{Taps, TapsList, MOST_LISTED};
use crate::gpu::{launch, Address, Element, Kernel, Shape};
use crate::network::Network;

impl Network {
    /// Makes the weights that products read those of the values.
    pub(crate) fn take_values(&self) -> Result<()> {
        if self.stored != Element::F32 {
            self.narrow(self.memory.values, self.memory.narrow, self.tape.layout.trainable)?;
        }
        let (mut reversed, mut fused) = (Vec::new(), Vec::new());
        for (conv, place) in self.tape.convs.iter().zip(&self.memory.convs) {
            if let Some(own) = &place.fused {
                fused.push(self.taps(conv, own.taps, false));
                fused.push(self.taps(conv, own.reversed, true));
            }
            reversed.push(self.taps(conv, place.reversed, false));
        }
        let rows = |taps: &Taps| (taps.taps * taps.to) as usize;
        self.reorder(Kernel::ReverseTaps, &reversed, |taps| [rows(taps), taps.from as usize])?;
        self.reorder(Kernel::FusedTaps, &fused, |taps| [rows(taps) * taps.from as usize * self.stored.bytes() / 4, 1])
    }

    fn taps(&self, conv: &Conv, out: Address, is_reverse: bool) -> Taps {
        let (from, to) = (conv.from as u32, conv.to as u32);
        let [from, to] = if is_reverse { [to, from] } else { [from, to] };
        let weights = self.value(conv.weight);
        Taps { weights, out, taps: conv.kernel as u32, from, to, is_reverse: u32::from(is_reverse) }
    }

    /// Launches a kernel for all that have a place to go, which is `size` rows and channels.
    fn reorder(&self, kernel: Kernel, all: &[Taps], size: impl Fn(&Taps) -> [usize; 2]) -> Result<()> {
        let wanted: Vec<Taps> = all.iter().filter(|taps| taps.out != Address::NULL).copied().collect();
        for some in wanted.chunks(MOST_LISTED) {
            let mut list = TapsList::default();
            list.0[..some.len()].copy_from_slice(some);
            let (mut most, mut moved) = ([0, 0], 0);
            for taps in some {
                let [rows, channels] = size(taps);
                most = [most[0].max(rows), most[1].max(channels)];
                moved += (taps.taps * taps.from * taps.to) as usize * (4 + self.stored.bytes());
            }
            launch!(self.gpu, kernel, Shape::rows(most[0], most[1]).layers(some.len()).moving(moved), [list])?;
        }
        Ok(())
    }
}
