//! Ratings of players, on many scales, as one to five stars.

/// The tag of a rating; `None` for a song that is not rated.
pub(crate) fn tag_of_stars(stars: u8) -> Option<String> {
    (1..=5).contains(&stars).then(|| format!("rating {stars}"))
}

/// The stars of a byte from 0 to 255, as in the POPM frame of ID3v2. Multiples of 51 are those of Picard, Traktor and
/// Rekordbox; the other values follow the ranges of Windows, which contain those of Windows Media Player (1, 64, 128,
/// 196, 255), Winamp and MusicBee; half stars count up.
pub(crate) fn stars_of_byte(byte: u8) -> u8 {
    match byte {
        0 => 0,
        byte if byte % 51 == 0 => byte / 51,
        1..=31 => 1,
        32..=95 => 2,
        96..=159 => 3,
        160..=223 => 4,
        224..=255 => 5,
    }
}

/// The stars of a text such as `4`, `80`, `0.8`, `★★★★`. `is_share` says that the field holds a share from 0 to 1, as
/// FMPS_RATING does. Numbers up to 5 are stars, up to 10 half stars, up to 100 percent, up to 255 bytes; a number below
/// 1 with a decimal point is a share. 0 stars: not rated, or not a rating.
pub(crate) fn stars_of_text(text: &str, is_share: bool) -> u8 {
    let text = text.trim();
    let filled = text.chars().filter(|c| matches!(c, '★' | '⭐' | '*')).count();
    if filled > 0 {
        let others = text.chars().any(|c| !matches!(c, '★' | '⭐' | '*' | '☆' | '\u{fe0f}' | ' '));
        return if others || filled > 5 { 0 } else { filled as u8 };
    }
    let Ok(number) = text.replace(',', ".").parse::<f64>() else { return 0 };
    if !(number > 0.0 && number <= 255.0) {
        return 0;
    }
    let stars = if is_share {
        if number > 1.0 {
            return 0;
        }
        number * 5.0
    } else if number < 1.0 || (number == 1.0 && text.contains(['.', ','])) {
        number * 5.0
    } else if number <= 5.0 {
        number
    } else if number <= 10.0 {
        number / 2.0
    } else if number <= 100.0 {
        number / 20.0
    } else {
        return stars_of_byte(number.round() as u8);
    };
    // Half stars count up; the least rating is one star.
    (stars.round() as u8).clamp(1, 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_players_are_their_stars() {
        for (player, bytes) in [
            ("Windows Media Player", [1, 64, 128, 196, 255]),
            ("Picard, Traktor, Rekordbox", [51, 102, 153, 204, 255]),
            ("MusicBee, half stars", [13, 54, 118, 186, 242]),
        ] {
            let stars: Vec<u8> = bytes.iter().map(|&byte| stars_of_byte(byte)).collect();
            assert_eq!(stars, [1, 2, 3, 4, 5], "{player}");
        }
        assert_eq!(stars_of_byte(0), 0);
        for byte in 1..=254 {
            assert!(stars_of_byte(byte) >= 1 && stars_of_byte(byte) <= 5, "{byte}");
        }
    }

    #[test]
    fn texts_on_every_scale_are_stars() {
        for (text, stars) in [
            ("4", 4),
            ("3.5", 4),
            ("8", 4),
            ("80", 4),
            ("100", 5),
            ("20", 1),
            ("196", 4),
            ("0.8", 4),
            ("0,2", 1),
            ("1.0", 5),
            ("1", 1),
            ("★★★☆☆", 3),
            ("*****", 5),
            ("0", 0),
            ("-1", 0),
            ("256", 0),
            ("nan", 0),
            ("good", 0),
            ("", 0),
        ] {
            assert_eq!(stars_of_text(text, false), stars, "{text}");
        }
        assert_eq!((stars_of_text("1", true), stars_of_text("0.6", true), stars_of_text("4", true)), (5, 3, 0));
        assert_eq!((tag_of_stars(0), tag_of_stars(4).as_deref()), (None, Some("rating 4")));
    }
}
