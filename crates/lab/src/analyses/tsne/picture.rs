//! The figure of maps of clips.

use charts::{Axis, Figure, Panel, PointGroup};

use super::{LevelMap, TagCloseness, TsneMap};

/// The maps: a column for each level, a row for each perplexity.
pub(crate) fn maps(map: &TsneMap, model: &str) -> Figure {
    let names = group_names(map);
    let mut figure = Figure::new(format!("Maps of clips by t-SNE, {model}")).caption(
        "Each point is a clip; clips that the network describes alike lie close together. Distances between groups \
         mean nothing. The numbers are measured in the feature space: purity is the share of the 10 nearest neighbours \
         with the same tag, with a 95 % interval; chance is what unrelated tags would have.",
    );
    for (row, perplexity) in map.perplexities.iter().enumerate() {
        for level in &map.levels {
            let mut panel = Panel::new(Axis::linear("").ticks([]), Axis::linear("").ticks([])).title(format!(
                "level {}, {} features, perplexity {perplexity}",
                level.level, level.width
            ));
            let groups = names.iter().enumerate().map(|(group, name)| {
                let member = |clip: &usize| map.groups[*clip].unwrap_or(map.tags.len()) == group;
                let at = (0..map.clips.len()).filter(member).map(|clip| level.maps[row][clip]).collect();
                PointGroup { name: name.clone(), at }
            });
            panel = panel.layer(groups.filter(|group| !group.at.is_empty()).collect::<Vec<_>>());
            if row + 1 == map.perplexities.len() {
                for note in notes(level) {
                    panel = panel.note(note);
                }
            }
            figure = figure.panel(panel);
        }
    }
    figure.columns(map.levels.len().max(1)).panel_size(300.0, 280.0)
}

/// The groups with their numbers of clips: one for each tag, and one for the clips with several of the tags.
pub(crate) fn group_names(map: &TsneMap) -> Vec<String> {
    let count = |group: Option<usize>| map.groups.iter().filter(|other| **other == group).count();
    let tag = |(group, &tag): (usize, &usize)| format!("{} ({} clips)", map.clips.tags[tag], count(Some(group)));
    let several = if map.tags.len() == 2 { "both" } else { "several of them" };
    let names = map.tags.iter().enumerate().map(tag);
    names.chain([format!("{several} ({} clips)", count(None))]).collect()
}

/// The numbers of each tag as lines of text.
fn notes(level: &LevelMap) -> impl Iterator<Item = String> + '_ {
    level.closeness.iter().flat_map(|TagCloseness { tag, purity, chance, silhouette, .. }| {
        let first = format!(
            "{tag}: purity {:.2} [{:.2}, {:.2}], chance {chance:.2}",
            purity.value, purity.low, purity.high
        );
        let second = silhouette
            .map(|value| format!("{tag}: silhouette {:.2} [{:.2}, {:.2}]", value.value, value.low, value.high));
        std::iter::once(first).chain(second)
    })
}
