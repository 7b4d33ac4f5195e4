//! How much a Vorbis decoder would have to hold: a code book of 20 bytes may stand for hundreds of MiB, and there may
//! be 256 of them.

use symphonia::core::codecs::audio::well_known::CODEC_ID_VORBIS;
use symphonia::core::codecs::audio::AudioCodecParameters;

/// Most entries of all code books together: libvorbis has up to 11,241. For each, symphonia holds up to 3 KiB of a tree
/// and a vector of up to 32 numbers.
const ENTRIES: u64 = 32 << 10;
/// The word that begins a code book: three bytes, the lowest bit first.
const SYNC: u64 = 0x56_4342;
/// Dimensions and entries above which the decoder itself refuses a book.
const MOST_OF_ONE: (u64, u64) = (32, 128 << 10);

/// Whether a decoder for `codec` would need more than any music.
pub(crate) fn are_too_large(codec: &AudioCodecParameters) -> bool {
    let headers = codec.extra_data.as_deref().filter(|_| codec.codec == CODEC_ID_VORBIS);
    headers.is_some_and(|headers| entries(headers) > ENTRIES)
}

/// Entries of the code books in `headers`. Books begin at any bit, and where one ends is known only to
/// whoever reads all of it; so every place counts where a book could begin, of which each true beginning is one.
fn entries(headers: &[u8]) -> u64 {
    let mut entries = 0;
    for at in 0..headers.len() {
        let mut window = [0; 16];
        let there = &headers[at..headers.len().min(at + 9)];
        window[..there.len()].copy_from_slice(there);
        let bits = u128::from_le_bytes(window);
        for shift in 0..8 {
            let book = (bits >> shift) as u64;
            let (dimensions, length) = (book >> 24 & 0xffff, book >> 40);
            if book & 0xff_ffff == SYNC && dimensions <= MOST_OF_ONE.0 && length <= MOST_OF_ONE.1 {
                entries += length;
            }
        }
        if entries > ENTRIES {
            break;
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The beginnings of `count` books, `gap` bits apart.
    fn books(count: usize, gap: usize, dimensions: u128, length: u128) -> Vec<u8> {
        let mut bytes = vec![0; (count * (64 + gap)).div_ceil(8) + 9];
        for book in 0..count {
            let at = book * (64 + gap);
            let bits = (u128::from(SYNC) | dimensions << 24 | length << 40) << (at % 8);
            for (byte, more) in bytes[at / 8..].iter_mut().zip(bits.to_le_bytes()).take(9) {
                *byte |= more;
            }
        }
        bytes
    }

    #[test]
    fn books_are_counted_at_every_bit() {
        for gap in 1..20 {
            assert_eq!(entries(&books(7, gap, 4, 625)), 7 * 625, "{gap} bits between books");
        }
    }

    #[test]
    fn books_that_stand_for_gigabytes_are_too_large_and_those_of_music_are_not() {
        let mut codec = AudioCodecParameters::new();
        codec.for_codec(CODEC_ID_VORBIS);
        for (books, too_large) in
            [(books(256, 107, 32, 1 << 17), true), (books(1, 0, 1, 1 << 17), true), (books(40, 107, 8, 729), false)]
        {
            codec.with_extra_data(books.into());
            assert_eq!(are_too_large(&codec), too_large);
        }
    }
}
