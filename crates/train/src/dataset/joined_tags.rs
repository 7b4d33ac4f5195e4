//! Several tags in one cell of a table: joined by `|`. A `|` or `\` inside a tag is written with a `\` before it.

/// The cell for `tags`.
pub fn join_tags(tags: &[impl AsRef<str>]) -> String {
    let escaped = tags.iter().map(|tag| tag.as_ref().replace('\\', "\\\\").replace('|', "\\|"));
    escaped.collect::<Vec<_>>().join("|")
}

/// The tags of a cell. Spaces around tags and empty tags are ignored. A `\` before any other character stands for
/// itself.
pub fn split_tags(cell: &str) -> Vec<String> {
    let mut tags = vec![String::new()];
    let mut characters = cell.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = if character == '\\' { characters.next_if(|next| matches!(next, '|' | '\\')) } else { None };
        match (escaped, character, tags.last_mut()) {
            (None, '|', _) => tags.push(String::new()),
            (_, _, Some(tag)) => tag.push(escaped.unwrap_or(character)),
            (_, _, None) => {}
        }
    }
    tags.into_iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_gives_back_its_tags() {
        for tags in
            [vec![], vec!["rock"], vec!["a|b", "c"], vec!["AC\\DC", "x\\", "|", "\\|"], vec!["é, ü; ö", "\"q\""]]
        {
            assert_eq!(split_tags(&join_tags(&tags)), tags, "{}", join_tags(&tags));
        }
        assert_eq!(join_tags(&["a|b", "c"]), "a\\|b|c");
    }

    #[test]
    fn spaces_and_nothing_are_no_tags() {
        assert_eq!(split_tags(" rock || slow pop |"), ["rock", "slow pop"]);
        assert!(split_tags("  ").is_empty());
        assert_eq!(split_tags("AC\\DC"), ["AC\\DC"]);
    }
}
