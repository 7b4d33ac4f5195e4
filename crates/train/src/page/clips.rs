//! The clips that the network gets most wrong, to listen to.

use charts::{Clip, Section};

use super::{unless_empty, Page, Shown};
use crate::metrics::log_loss;

/// Number of clips.
const COUNT: usize = 12;
/// Most tags that are named of a clip.
const TAGS: usize = 6;

/// The clips with the highest loss.
pub(super) fn section(page: &Page<'_>, shown: &Shown<'_>) -> Option<Section> {
    let width = shown.data.tags.max(1);
    let rows = shown.scores.chunks_exact(width).zip(shown.targets.chunks_exact(width));
    let mut worst: Vec<(usize, f64)> = rows
        .enumerate()
        .filter_map(|(clip, (scores, targets))| Some((clip, loss(scores, targets, page.is_single_label())?)))
        .collect();
    worst.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    worst.truncate(COUNT);
    let entry = |&(clip, loss): &(usize, f64)| {
        let (scores, targets) = (&shown.scores[clip * width..][..width], &shown.targets[clip * width..][..width]);
        let usable = &shown.data.clips[clip].clip;
        // The page stays where the audio is; elsewhere it names the clip only.
        let audio = usable.path.is_file().then(|| usable.path.to_string_lossy().into_owned());
        Clip { name: usable.name.clone(), text: words(page.tags(), scores, targets, loss), audio }
    };
    let clips: Vec<Clip> = worst.iter().map(entry).collect();
    if clips.is_empty() {
        return None;
    }
    let section = Section::new("Clips with the highest loss").paragraph(format!(
        "The {} clips of the part whose scores differ most from their tags. Errors in the labels are often among them.",
        clips.len()
    ));
    unless_empty(section.block(clips))
}

/// The loss of one clip: of its class, or the mean over the tags.
fn loss(scores: &[f32], targets: &[bool], single_label: bool) -> Option<f64> {
    if !single_label {
        return log_loss(scores, targets);
    }
    let class = targets.iter().position(|&is| is)?;
    log_loss(&scores[class..=class], &[true])
}

/// The tags of the clip with their scores, and the highest scores of other tags.
fn words(tags: &[String], scores: &[f32], targets: &[bool], loss: f64) -> String {
    let mut order: Vec<usize> = (0..tags.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let named = |wanted: bool| -> String {
        let chosen: Vec<String> = order
            .iter()
            .filter(|&&tag| targets[tag] == wanted)
            .take(if wanted { TAGS } else { 3 })
            .map(|&tag| format!("{} {:.2}", tags[tag], scores[tag]))
            .collect();
        if chosen.is_empty() {
            "none".to_owned()
        } else {
            chosen.join(", ")
        }
    };
    format!("Its tags and their scores: {}. Highest other scores: {}. Loss {loss:.3}.", named(true), named(false))
}
