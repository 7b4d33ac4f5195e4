//! Detects HE-AAC, so that it can be refused: symphonia decodes only its lower half, at half the sampling rate and
//! without an error.
//!
//! If HE-AAC is signalled explicitly, symphonia refuses the track. The remaining cases are a signal after the
//! configuration (ISO/IEC 14496-3, 1.6.5: sync extension 0x2b7) and no signal at all. In the last case only the packets
//! show it: each of them ends with a fill element with spectral band replication data.

/// The number of AAC packets to examine, about a second and a half of audio.
pub(crate) const PACKETS: usize = 32;

/// Extension types of a fill element that carry spectral band replication, without and with a checksum.
const SBR: [u32; 2] = [0xd, 0xe];

/// Whether the AudioSpecificConfig signals spectral band replication after its end.
pub(crate) fn is_signalled(config: &[u8]) -> bool {
    // 11 bits sync extension, 5 bits object type 5 (SBR) or 22, 1 bit "present"; it can start at any bit.
    (0..(config.len() * 8).saturating_sub(16)).any(|bit| {
        bits(config, bit, 11) == Some(0x2b7)
            && matches!(bits(config, bit + 11, 5), Some(5 | 22))
            && bits(config, bit + 16, 1) == Some(1)
    })
}

/// Whether most of `packets` (raw AAC data blocks) end with spectral band replication data.
pub(crate) fn is_carried<'a>(packets: impl Iterator<Item = &'a [u8]>) -> bool {
    let (mut found, mut seen) = (0, 0);
    for packet in packets {
        seen += 1;
        found += usize::from(ends_in_sbr(packet));
    }
    // By chance, about one packet in 60 looks like this.
    seen >= 4 && found * 2 > seen
}

/// The packet is read from the end, because the earlier parts need the whole entropy decoder: the last set bits are the
/// end element (111), and a fill element (110, count of bytes, payload) of any length must end directly before it.
fn ends_in_sbr(packet: &[u8]) -> bool {
    let Some(last) = packet.iter().rposition(|&byte| byte != 0) else { return false };
    let last_bit = last * 8 + 7 - packet[last].trailing_zeros() as usize;
    let Some(end) = last_bit.checked_sub(2).filter(|&end| bits(packet, end, 3) == Some(7)) else { return false };
    // For fewer than 15 bytes the count has 4 bits. For up to 269 bytes these are 15, and 8 more bits give the count
    // minus 14.
    (1..=269_usize).any(|bytes| {
        let header = if bytes < 15 { 7 } else { 15 };
        let Some(start) = end.checked_sub(header + 8 * bytes) else { return false };
        let count_fits = if bytes < 15 {
            bits(packet, start + 3, 4) == Some(bytes as u32)
        } else {
            bits(packet, start + 3, 12) == Some((15 << 8) | (bytes as u32 - 14))
        };
        let kind = bits(packet, start + header, 4);
        bits(packet, start, 3) == Some(6) && count_fits && kind.is_some_and(|kind| SBR.contains(&kind))
    })
}

/// `count` bits (up to 16) of `data` from bit `start`, most significant first.
fn bits(data: &[u8], start: usize, count: usize) -> Option<u32> {
    let mut value = 0;
    for bit in start..start + count {
        value = value << 1 | u32::from(data.get(bit / 8)? >> (7 - bit % 8) & 1);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::{is_carried, is_signalled};

    /// A packet: `noise` bits of pseudo-random data, a fill element of `kind` with `bytes` bytes, the end element.
    fn packet(seed: u32, noise: usize, kind: u32, bytes: usize) -> Vec<u8> {
        let mut state = seed;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 31
        };
        let mut bits: Vec<u32> = (0..noise).map(|_| random()).collect();
        let mut put = |value: u32, count: usize| bits.extend((0..count).rev().map(|bit| value >> bit & 1));
        put(6, 3);
        if bytes < 15 {
            put(bytes as u32, 4);
        } else {
            put(15, 4);
            put(bytes as u32 - 14, 8);
        }
        put(kind, 4);
        for _ in 0..8 * bytes - 4 {
            bits.push(random());
        }
        bits.extend([1, 1, 1]);
        bits.resize(bits.len().next_multiple_of(8), 0);
        bits.chunks(8).map(|byte| byte.iter().fold(0, |byte, &bit| byte << 1 | bit as u8)).collect()
    }

    #[test]
    fn packets_with_band_replication_are_told_from_those_without() {
        for (kind, expected) in [(13, true), (14, true), (0, false), (11, false)] {
            let packets: Vec<_> =
                (0..32).map(|i| packet(i, 700 + 13 * i as usize, kind, [9, 14, 15, 40][i as usize % 4])).collect();
            assert_eq!(is_carried(packets.iter().map(Vec::as_slice)), expected, "extension type {kind}");
        }
        assert!(!is_carried([[0_u8; 40].as_slice(); 8].into_iter()), "zeros");
        assert!(!is_carried(std::iter::empty()), "nothing");
    }

    #[test]
    fn a_configuration_with_the_sync_extension_is_told_from_a_plain_one() {
        // AAC-LC 22.05 kHz stereo, plain, and as encoders write HE-AAC that old players accept.
        assert!(!is_signalled(&[0x13, 0x90]));
        assert!(is_signalled(&[0x13, 0x90, 0x56, 0xe5, 0xa0]));
        assert!(!is_signalled(&[0x13, 0x90, 0x56, 0xe5, 0x00]));
    }
}
