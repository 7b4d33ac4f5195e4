//! The My Tags that Rekordbox writes into comments.

/// The My Tags in a comment, which Rekordbox writes as `/* Deep / Late Night */`, and the rest of the comment.
pub(super) fn my_tags(comment: &str) -> (Vec<String>, String) {
    let between = comment.split_once("/*").and_then(|(before, rest)| {
        let (inside, after) = rest.split_once("*/")?;
        Some((before, inside, after))
    });
    let Some((before, inside, after)) = between else { return (Vec::new(), comment.trim().to_owned()) };
    let tags = inside.split(" / ").map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned);
    (tags.collect(), format!("{} {}", before.trim(), after.trim()).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn my_tags_are_separated_from_the_comment() {
        assert_eq!(my_tags("hello"), (vec![], "hello".into()));
        assert_eq!(my_tags("/* A */"), (vec!["A".into()], String::new()));
        assert_eq!(my_tags("x /* A / B/C */ y"), (vec!["A".into(), "B/C".into()], "x y".into()));
        assert_eq!(my_tags("/* open"), (vec![], "/* open".into()));
    }
}
