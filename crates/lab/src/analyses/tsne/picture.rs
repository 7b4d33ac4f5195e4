//! The maps of clips as a figure, and as a page that shows and plays the clips.

use charts::{Figure, MapPanel, MapPoint, PointMap};

use super::{LevelMap, MapSetting, TagCloseness, TsneMap};

/// The maps with the clips: a panel for each level, below each other for several perplexities and starts.
pub(crate) fn maps(map: &TsneMap, model: &str) -> PointMap {
    let mut panels = Vec::new();
    for (row, MapSetting { perplexity, start }) in map.settings.iter().enumerate() {
        let start = start.map_or_else(String::new, |seed| format!(", random start {seed}"));
        for level in &map.levels {
            let is_last = row + 1 == map.settings.len();
            // With one map, the numbers of the feature space say more than those of the map.
            let mut lines = if map.settings.len() > 1 { in_map(&level.in_maps[row]) } else { Vec::new() };
            lines.extend(notes(level).filter(|_| is_last));
            panels.push(MapPanel {
                title: format!("level {}, {} features, perplexity {perplexity}{start}", level.level, level.width),
                notes: lines,
            });
        }
    }
    let point = |clip: usize| {
        let tags = map.clips.tags.iter().zip(&map.clips.labels[clip]).filter(|(_, has)| **has);
        MapPoint {
            name: map.clips.names[clip].clone(),
            text: tags.map(|(tag, _)| tag.as_str()).collect::<Vec<_>>().join(", "),
            group: map.groups[clip].unwrap_or(map.tags.len()),
            at: (0..map.settings.len()).flat_map(|row| map.levels.iter().map(move |l| l.maps[row][clip])).collect(),
            audio: map.clips.files[clip].as_ref().map(|file| file.to_string_lossy().into_owned()),
        }
    };
    let mut groups = group_names(map);
    if map.groups.iter().all(Option::is_some) {
        groups.pop();
    }
    PointMap {
        title: format!("Maps of clips by t-SNE, {model}"),
        caption: "Each point is a clip; clips that the network describes alike lie close together. Distances between \
                  groups mean nothing. The numbers are measured in the feature space, unless they are those of a map: \
                  purity is the share of the 10 nearest neighbours with the same tag, with a 95 % interval; chance is \
                  what unrelated tags would have."
            .to_owned(),
        panels,
        groups,
        points: (0..map.clips.len()).map(point).collect(),
    }
}

/// The maps as a figure, a column for each level.
pub(crate) fn figure(map: &TsneMap, points: &PointMap) -> Figure {
    points.figure().columns(map.levels.len().max(1)).panel_size(345.0, 300.0)
}

/// The names of the groups: one for each tag, and one for the clips with several of the tags.
pub(crate) fn group_names(map: &TsneMap) -> Vec<String> {
    let several = if map.tags.len() == 2 { "both" } else { "several of them" };
    map.tags.iter().map(|&tag| map.clips.tags[tag].clone()).chain([several.to_owned()]).collect()
}

/// The purity of each tag in a map.
fn in_map(numbers: &[TagCloseness]) -> Vec<String> {
    let line = |TagCloseness { tag, purity, .. }: &TagCloseness| {
        format!("{tag}: purity in the map {:.2} [{:.2}, {:.2}]", purity.value, purity.low, purity.high)
    };
    numbers.iter().map(line).collect()
}

/// The numbers of each tag as lines of text.
fn notes(level: &LevelMap) -> impl Iterator<Item = String> + '_ {
    level.closeness.iter().flat_map(|TagCloseness { tag, purity, chance, silhouette, .. }| {
        let first =
            format!("{tag}: purity {:.2} [{:.2}, {:.2}], chance {chance:.2}", purity.value, purity.low, purity.high);
        let second = silhouette
            .map(|value| format!("{tag}: silhouette {:.2} [{:.2}, {:.2}]", value.value, value.low, value.high));
        std::iter::once(first).chain(second)
    })
}
