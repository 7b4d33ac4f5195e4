//! Genres that ID3 writes as numbers: `17`, `(17)`, `(31)(39)Hard Trance`, `(RX)`.

use lofty::id3::v1::GENRES;

/// The genres in `text`, with names in place of numbers (the list of ID3v1 with the additions of Winamp). A text
/// without numbers is its own genre. An unknown number stays, and is no tag later.
pub(super) fn genres(text: &str) -> Vec<String> {
    let mut genres = Vec::new();
    let mut rest = text.trim();
    while let Some(inner) = rest.strip_prefix('(').filter(|inner| !inner.starts_with('(')) {
        let Some((reference, after)) = inner.split_once(')') else { break };
        let Some(genre) = named(reference) else { break };
        genres.push(genre.to_owned());
        rest = after.trim_start();
    }
    // "((" stands for a parenthesis that belongs to the text.
    let rest = rest.strip_prefix('(').filter(|inner| inner.starts_with('(')).unwrap_or(rest);
    // A refinement repeats the name of its number: "(17)Rock".
    if !rest.is_empty() && !genres.iter().any(|genre| genre.eq_ignore_ascii_case(rest)) {
        genres.push(named(rest).unwrap_or(rest).to_owned());
    }
    genres
}

/// The genre of a number or of an abbreviation.
fn named(reference: &str) -> Option<&'static str> {
    match reference.trim() {
        "RX" => Some("Remix"),
        "CR" => Some("Cover"),
        number if (1..=3).contains(&number.len()) => GENRES.get(number.parse::<usize>().ok()?).copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_named() {
        for (text, expected) in [
            ("17", vec!["Rock"]),
            ("(17)", vec!["Rock"]),
            ("(17)Rock", vec!["Rock"]),
            ("(31)(39)Hard Trance", vec!["Trance", "Noise", "Hard Trance"]),
            ("(4)Eurodisco", vec!["Disco", "Eurodisco"]),
            ("(RX)(CR)", vec!["Remix", "Cover"]),
            ("((my own)", vec!["(my own)"]),
            ("(live) Rock", vec!["(live) Rock"]),
            ("(999)", vec!["(999)"]),
            ("Rock", vec!["Rock"]),
            ("80s", vec!["80s"]),
            ("(17", vec!["(17"]),
            ("", vec![]),
        ] {
            assert_eq!(genres(text), expected, "{text}");
        }
    }
}
