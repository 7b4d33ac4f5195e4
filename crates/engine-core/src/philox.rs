//! Random numbers: a counter-based generator that gives the same numbers on CPU and GPU.
//!
//! The generator is Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3"
//! (2011).

/// The purpose for which random numbers are drawn. It is part of the key, so that no two purposes share numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Initial parameters.
    Initialise = 1,
    /// Order of the training segments.
    Shuffle = 2,
    /// Dropout masks.
    Dropout = 3,
    /// Split of a dataset that does not define one.
    Split = 4,
    /// Synthetic music.
    Synthesise = 5,
    /// Random changes of training segments.
    Augment = 6,
    /// Random places of training segments.
    Crop = 7,
}

/// The number of blocks computed at the same time, one in each vector lane.
const LANES: usize = 16;

/// Philox4x32-10 with the key (seed, purpose, step): a stream of 2^66 words with random access.
///
/// For every purpose, seeds below 2^56 give independent streams.
#[derive(Clone, Debug)]
pub struct Philox {
    key: [u32; 2],
    counter: [u32; 4],
}

impl Philox {
    /// Creates the generator of `seed` for `purpose` at `step`.
    #[inline]
    pub fn new(seed: u64, purpose: Purpose, step: u64) -> Self {
        Self {
            key: [seed as u32, (seed >> 32) as u32 ^ ((purpose as u32) << 24)],
            counter: [0, 0, step as u32, (step >> 32) as u32],
        }
    }

    /// The key, for GPU kernels.
    #[inline]
    pub fn key(&self) -> [u32; 2] {
        self.key
    }

    /// The four words of block `index`; the state of the generator does not change.
    #[inline]
    pub fn block(&self, index: u64) -> [u32; 4] {
        self.blocks::<1>(index).map(|[word]| word)
    }

    /// A number in [0, 1) from the upper 24 bits of word `index` of the stream.
    #[inline]
    pub fn uniform(&self, index: u64) -> f32 {
        unit(self.block(index / 4)[(index % 4) as usize])
    }

    /// Words `first..first + out.len()` of the stream. Always inlined, so that it is compiled for the caller's
    /// instruction set.
    #[inline(always)]
    pub fn fill_words(&self, first: u64, out: &mut [u32]) {
        self.for_words(first, out, |word| word);
    }

    /// Writes the numbers that [`Philox::uniform`] gives for `first..first + out.len()`, several times faster.
    #[inline]
    pub fn fill_uniform(&self, first: u64, out: &mut [f32]) {
        self.for_words(first, out, unit);
    }

    #[inline(always)]
    fn for_words<T>(&self, first: u64, out: &mut [T], convert: impl Fn(u32) -> T) {
        // Convert single words up to the next whole block, then whole blocks in parallel lanes.
        let lead = ((4 - first % 4) % 4).min(out.len() as u64) as usize;
        let (head, body) = out.split_at_mut(lead);
        for (i, value) in head.iter_mut().enumerate() {
            let index = first + i as u64;
            *value = convert(self.block(index / 4)[(index % 4) as usize]);
        }
        let mut block = (first + lead as u64) / 4;
        for chunk in body.chunks_mut(4 * LANES) {
            let words = self.blocks::<LANES>(block);
            for (i, value) in chunk.iter_mut().enumerate() {
                *value = convert(words[i % 4][i / 4]);
            }
            block += LANES as u64;
        }
    }

    /// Blocks `first..first + N`; word w of block b is `[w][b]`.
    #[inline(always)]
    fn blocks<const N: usize>(&self, first: u64) -> [[u32; N]; 4] {
        let mut c = self.counter.map(|word| [word; N]);
        for lane in 0..N {
            let index = first.wrapping_add(lane as u64);
            (c[0][lane], c[1][lane]) = (index as u32, (index >> 32) as u32);
        }
        let mut key = self.key;
        for _ in 0..10 {
            let mut next = [[0; N]; 4];
            for lane in 0..N {
                let p0 = u64::from(c[0][lane]) * 0xD251_1F53;
                let p1 = u64::from(c[2][lane]) * 0xCD9E_8D57;
                next[0][lane] = (p1 >> 32) as u32 ^ c[1][lane] ^ key[0];
                next[1][lane] = p1 as u32;
                next[2][lane] = (p0 >> 32) as u32 ^ c[3][lane] ^ key[1];
                next[3][lane] = p0 as u32;
            }
            c = next;
            key = [key[0].wrapping_add(0x9E37_79B9), key[1].wrapping_add(0xBB67_AE85)];
        }
        c
    }
}

/// The upper 24 bits as a number in [0, 1), which f32 represents exactly.
fn unit(word: u32) -> f32 {
    (word >> 8) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known-answer test of the authors' Random123 library (philox4x32, 10 rounds).
    #[test]
    fn the_published_vectors_come_out() {
        let pi = [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344];
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (pi, [0xa409_3822, 0x299f_31d0], [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]),
        ];
        for (counter, key, words) in cases {
            let index = u64::from(counter[0]) | u64::from(counter[1]) << 32;
            assert_eq!(Philox { key, counter }.block(index), words);
        }
    }

    #[test]
    fn filling_gives_the_same_stream_from_anywhere() {
        let philox = Philox::new(7, Purpose::Dropout, 3);
        for first in [0, 1, 2, 3, 63, 1 << 34] {
            for count in [0, 1, 2, 5, 64, 200] {
                let mut numbers = vec![0.0; count];
                philox.fill_uniform(first, &mut numbers);
                let mut words = vec![0; count];
                philox.fill_words(first, &mut words);
                for i in 0..count {
                    let index = first + i as u64;
                    assert_eq!(numbers[i].to_bits(), philox.uniform(index).to_bits());
                    assert_eq!(words[i], philox.block(index / 4)[(index % 4) as usize]);
                }
            }
        }
    }

    #[test]
    fn seed_purpose_and_step_each_give_another_stream() {
        let first = |seed, purpose, step| Philox::new(seed, purpose, step).block(0);
        let one = first(1, Purpose::Shuffle, 1);
        assert_ne!(one, first(2, Purpose::Shuffle, 1));
        assert_ne!(one, first(1 << 32, Purpose::Shuffle, 1));
        assert_ne!(one, first(1, Purpose::Dropout, 1));
        assert_ne!(one, first(1, Purpose::Shuffle, 2));
        assert_ne!(one, first(1, Purpose::Shuffle, 1 << 32));
    }

    #[test]
    fn numbers_are_uniform() {
        let mut numbers = vec![0.0; 100_000];
        Philox::new(1, Purpose::Initialise, 0).fill_uniform(0, &mut numbers);
        assert!(numbers.iter().all(|u| (0.0..1.0).contains(u)));
        let mean = numbers.iter().map(|&u| f64::from(u)).sum::<f64>() / 1e5;
        let square = numbers.iter().map(|&u| f64::from(u).powi(2)).sum::<f64>() / 1e5;
        // Four standard deviations of the mean.
        assert!((mean - 0.5).abs() < 4.0 * 0.000_913, "{mean}");
        assert!((square - 1.0 / 3.0).abs() < 4.0 * 0.000_943, "{square}");
    }
}
