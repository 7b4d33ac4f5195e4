//! `report.html`: what was learnt, as a page for people.

mod calibration;
mod confusion;
mod left_out;
mod tags;
mod wrong_labels;

use charts::{Column, Report, Section, Table};
use net::Task;

use super::result::Learnt;

/// The page as one file that needs no other file and no network, except the audio files that it plays.
pub(super) fn html(learnt: &Learnt<'_>) -> String {
    let done = learnt.done;
    let kept = done.tags.len();
    let mut report = Report::new("What samplecnn learnt from this library");
    report = report.summary(format!(
        "The model has {kept} {}: {}.",
        if kept == 1 { "tag" } else { "tags" },
        done.tags.join(", ")
    ));
    if let Some(accuracy) = done.accuracy {
        report = report.summary(format!(
            "Every song gets exactly one tag. Of the songs that the head did not learn from, {:.1} % get their tag; \
             95 % interval of the accuracy {}.",
            100.0 * accuracy,
            between(done.accuracy_interval)
        ));
    }
    report = report.summary(format!(
        "Learnt from {} songs. Cross-validated ROC-AUC {}, 95 % interval {}; average precision {}; expected \
         calibration error {}.",
        done.songs,
        three(done.roc_auc),
        between(done.interval),
        three(done.pr_auc),
        three(done.calibration_error)
    ));
    if learnt.fine_tuning.is_some_and(|tuning| tuning.kept) {
        report = report.summary(
            "The network was fine-tuned after that. The numbers of the tags are those of the head before fine-tuning, \
             except the thresholds, if there are any: they are those of the fine-tuned network.",
        );
    }
    if done.withheld > 0 {
        report = report.summary(format!("{} tags are withheld; the reason of each is below.", done.withheld));
    }
    if !learnt.suspects.is_empty() {
        report = report.summary(format!("{} labels are likely wrong: please look at them.", learnt.suspects.len()));
    }
    let sections = [
        Some(tags::kept(learnt)),
        confusion::section(learnt),
        tags::withheld(learnt),
        calibration::section(learnt),
        wrong_labels::section(learnt),
        Some(method(learnt)),
        left_out::section(learnt),
    ];
    report.sections = sections.into_iter().flatten().collect();
    report
        .fact("version", env!("CARGO_PKG_VERSION"))
        .fact("base model", learnt.start.from.display().to_string())
        .fact("SHA-256 of the base model", learnt.start.from_hash.clone())
        .html()
}

/// How the numbers were measured.
fn method(learnt: &Learnt<'_>) -> Section {
    let start = learnt.start;
    let groups = start.groups;
    let row = |fold: &super::event::LearnFold| {
        let numbers = [fold.train.to_string(), fold.songs.to_string()];
        let scores = [three(fold.roc_auc), three(fold.pr_auc)];
        let accuracy = fold.accuracy.map(|accuracy| format!("{accuracy:.3}")).into_iter().collect();
        [vec![fold.fold.to_string()], numbers.into(), vec![fold.head.clone()], scores.into(), accuracy].concat()
    };
    let headings =
        ["part", "songs to learn from", "songs to test on", "head", "ROC-AUC", "average precision", "accuracy"];
    let headings = &headings[..if start.task == Task::SingleLabel { 7 } else { 6 }];
    let columns = headings.iter().enumerate().map(|(at, name)| Column::new(*name, at != 3)).collect();
    let table = Table {
        caption: "The parts of the cross-validation".to_owned(),
        columns,
        rows: learnt.folds.iter().map(row).collect(),
        notes: vec![format!("The head of the model: {}.", learnt.done.head.as_deref().unwrap_or("-"))],
    };
    let mut section = Section::new("How this was measured")
        .paragraph(format!(
            "The songs are divided into {} parts. The songs of each part are scored by a head that learnt from the \
             other parts only; all metrics, the calibration and the wrong labels come from these scores. Songs that \
             belong together are never in two parts: {} groups, made of {} songs by artist, {} by album, {} by folder; \
             {} songs stand alone.",
            start.folds, groups.groups, groups.by_artist, groups.by_album, groups.by_folder, groups.alone
        ))
        .block(table);
    if let Some(tuning) = learnt.fine_tuning {
        let verdict = match tuning.kept {
            true => "the fine-tuned network is the model",
            false => "it is not measurably better, so that the model is the head on the base network",
        };
        let measure = match start.task {
            Task::MultiLabel => "ROC-AUC",
            Task::SingleLabel => "accuracy",
        };
        section = section.paragraph(format!(
            "Fine-tuning ({}): on {} songs that neither had seen, the {measure} of the head is {:.3}, that of the \
             fine-tuned network {:.3}; difference {:+.3}, 95 % interval {}: {verdict}.",
            tuning.depth,
            tuning.songs,
            tuning.head,
            tuning.tuned,
            tuning.difference,
            between(tuning.interval)
        ));
    }
    section
}

/// A number with three digits; a dash for `None`.
fn three(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

/// An interval; a dash for `None`.
fn between(interval: Option<[f64; 2]>) -> String {
    interval.map_or_else(|| "-".to_owned(), |[low, high]| format!("{low:.3} to {high:.3}"))
}
