//! Random numbers: a counter-based generator, the same on CPU and GPU.

/// What random numbers are drawn for; part of the key, so that no two uses share numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// First parameters.
    Initialise = 1,
    /// Order of the training segments.
    Shuffle = 2,
    /// Dropout masks.
    Dropout = 3,
    /// A split that the dataset does not give.
    Split = 4,
    /// Synthetic music.
    Synthesise = 5,
}

/// Philox4x32-10, keyed by (seed, purpose, step).
#[derive(Clone, Debug)]
pub struct Philox {
    key: [u32; 2],
    counter: [u32; 4],
}

impl Philox {
    /// The generator of `seed` for `purpose` at `step`.
    pub fn new(seed: u64, purpose: Purpose, step: u64) -> Self {
        Self {
            key: [seed as u32, (seed >> 32) as u32 ^ ((purpose as u32) << 24)],
            counter: [0, 0, step as u32, (step >> 32) as u32],
        }
    }

    /// The four words of block `index`, without moving the generator.
    pub fn block(&self, index: u64) -> [u32; 4] {
        let mut c = self.counter;
        c[0] = index as u32;
        c[1] = (index >> 32) as u32;
        let mut k = self.key;
        for _ in 0..10 {
            let p0 = u64::from(c[0]) * 0xD251_1F53;
            let p1 = u64::from(c[2]) * 0xCD9E_8D57;
            c = [(p1 >> 32) as u32 ^ c[1] ^ k[0], p1 as u32, (p0 >> 32) as u32 ^ c[3] ^ k[1], p0 as u32];
            k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
        }
        c
    }

    /// A number in [0, 1) from 24 bits of word `index` of the stream.
    pub fn uniform(&self, index: u64) -> f32 {
        (self.block(index / 4)[(index % 4) as usize] >> 8) as f32 / (1 << 24) as f32
    }
}
