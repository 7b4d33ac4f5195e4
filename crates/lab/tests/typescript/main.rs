//! Generates the TypeScript types of the records and of `Architecture` from the Rust types that serde writes and reads.
//!
//! The test compares them with the committed files. With `SAMPLECNN_GENERATE`, which `npm run generate` sets, it writes
//! the files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // Clippy exempts only test functions.

mod file;
mod item;
mod kinds;
mod parse;
mod print;

use std::path::Path;

use error::{Code, WarningCode};
use file::File;
use item::Item;
use ts_rs::TS;

/// The module that defines the error codes and the warning codes.
const CODES: &str = "src/codes.ts";

/// All generated files: their paths, their descriptions, and their types in reading order.
fn files() -> Vec<File> {
    use lab::experiment::{
        AxisValue, Cell, ClaimResult, Comparison, ExperimentDone, ExperimentEvent, MissingRow, PublishedCell, Row, Run,
        Verdict,
    };
    use lab::probe::{ProbeDone, ProbeEpoch, ProbeEvent, ProbeStart, ProbeTrial, Protocol};
    use tagger::{ClipFacts, Embedded, Failed, FileFacts, Record, SampleEmbedding, SampleScores, Skipped, Tagged};
    use train::metrics::{Averages, Intervals, TagMetrics};
    use train::{Evaluation, LeftOut};

    let of_file = |item: Item| item.with_first(&Item::of::<FileFacts>());
    let of_clip = |item: Item| of_file(item.with_first(&Item::of::<ClipFacts>()));
    let mut embedded = of_clip(Item::of::<Embedded>());
    embedded.variant("embedding");
    vec![
        File::new("src/architecture.ts", "Architectures: a network and its parts.", kinds::architecture()),
        File::new(
            "src/records/generated/inspect.ts",
            "The record of `inspect`.",
            vec![
                Item::of::<net::CardSource>(),
                Item::of::<net::CardTeacher>(),
                Item::of::<net::CardTagScores>(),
                Item::of::<net::CardScores>(),
                Item::of::<net::CardWithheld>(),
                Item::of::<net::CardOutput>(),
                Item::of::<net::Card>(),
                Item::of::<net::LayerRow>(),
                Item::of::<net::Inspection>().tagged("architecture"),
            ],
        ),
        File::new(
            "src/records/generated/doctor.ts",
            "The record of `doctor`.",
            vec![Item::of::<lab::Diagnosis>().tagged("doctor")],
        ),
        File::new(
            "src/records/generated/tag.ts",
            "Records of `tag`, and the scores of audio in memory.",
            vec![
                Item::of::<tagger::TagScore>(),
                Item::of::<tagger::TagTimeline>(),
                Item::of::<tagger::Failure>(),
                Item::of::<tagger::Warning>(),
                Item::of::<tagger::Start>(),
                of_clip(Item::of::<Tagged>()),
                of_file(Item::of::<Failed>()),
                of_file(Item::of::<Skipped>()),
                Item::of::<tagger::Progress>(),
                Item::of::<tagger::Done>(),
                Item::of::<Record>(),
                Item::of::<tagger::Event>(),
                Item::of::<SampleScores>(),
            ],
        ),
        File::new(
            "src/records/generated/embed.ts",
            "Records of `embed` besides those of `tag`, and the embedding of audio in memory.",
            vec![embedded, Item::of::<SampleEmbedding>()],
        ),
        File::new(
            "src/records/generated/train.ts",
            "Records of `train`; `prepare`, `evaluate`, `experiment` and `demo` tell some of them too.",
            vec![
                Item::of::<train::dataset::Part>(),
                Item::of::<train::PartCounts>(),
                Item::of::<train::Start>(),
                Item::of::<train::Epoch>(),
                Item::of::<train::Progress>(),
                Item::of::<train::Checkpoint>(),
                Item::of::<train::Warning>(),
                Item::of::<train::Scores>(),
                Item::of::<train::Timing>(),
                Item::of::<LeftOut>(),
                Item::of::<Intervals>(),
                Item::of::<train::SeedDone>(),
                Item::of::<train::SeedRun>(),
                Item::of::<train::SeedSummary>(),
                Item::of::<train::TrainDone>(),
                Item::of::<train::Event>(),
            ],
        ),
        File::new(
            "src/records/generated/dataset.ts",
            "Records of `dataset check`.",
            vec![
                Item::of::<train::TagCounts>(),
                Item::of::<train::DatasetFacts>(),
                Item::of::<train::DoubtfulLabel>(),
                Item::of::<train::Finding>(),
                Item::of::<train::CheckDone>(),
                Item::of::<train::CheckEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/prepare.ts",
            "The result of `prepare`.",
            vec![Item::of::<train::Prepared>().tagged("done")],
        ),
        File::new(
            "src/records/generated/cache.ts",
            "Records of `listCache` and `pruneCache`.",
            vec![
                Item::of::<train::cache::CacheRate>(),
                Item::of::<train::cache::OlderCache>(),
                Item::of::<train::cache::CacheList>().tagged("done"),
                Item::of::<train::cache::CachePruned>(),
                Item::of::<train::cache::PruneEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/distill.ts",
            "The result of `distill`.",
            vec![Item::of::<train::Distilled>().tagged("done")],
        ),
        File::new(
            "src/records/generated/evaluate.ts",
            "The result of `evaluate`.",
            vec![Item::of::<TagMetrics>(), Item::of::<Averages>(), Item::of::<Evaluation>().tagged("evaluation")],
        ),
        File::new(
            "src/records/generated/compare.ts",
            "Records of `compare`.",
            vec![
                Item::of::<train::CompareMetric>(),
                Item::of::<train::CompareVerdict>(),
                Item::of::<train::RunComparison>(),
                Item::of::<train::MetricEstimate>(),
                Item::of::<train::RunGroup>(),
                Item::of::<train::CompareDone>(),
                Item::of::<train::CompareEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/probe.ts",
            "Records of `probe`.",
            vec![
                Item::of::<Protocol>(),
                Item::of::<ProbeStart>(),
                Item::of::<ProbeEpoch>(),
                Item::of::<ProbeTrial>(),
                Item::of::<ProbeDone>(),
                Item::of::<ProbeEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/learn.ts",
            "Records of `learn`.",
            vec![
                Item::of::<library::Source>(),
                Item::of::<library::SourceCount>(),
                Item::of::<library::Spelling>(),
                Item::of::<library::TagCount>(),
                Item::of::<library::IgnoredTag>(),
                Item::of::<library::Claim>(),
                Item::of::<library::Conflict>(),
                Item::of::<library::LibraryFailure>(),
                Item::of::<library::LibrarySummary>(),
                Item::of::<lab::learn::GroupCounts>(),
                Item::of::<lab::learn::LearnStart>(),
                Item::of::<lab::learn::LearnProgress>(),
                Item::of::<lab::learn::LearnFold>(),
                Item::of::<lab::learn::LearnTag>(),
                Item::of::<lab::learn::LearnFineTuning>(),
                Item::of::<lab::LearnDone>(),
                Item::of::<lab::LearnEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/experiment.ts",
            "Records of `experiment`.",
            vec![
                Item::of::<AxisValue>(),
                Item::of::<Cell>(),
                Item::of::<PublishedCell>(),
                Item::of::<Run>(),
                Item::of::<Row>().tagged("row"),
                Item::of::<Verdict>(),
                Item::of::<Comparison>(),
                Item::of::<ClaimResult>().tagged("claim"),
                Item::of::<MissingRow>(),
                Item::of::<ExperimentDone>().tagged("done"),
                Item::of::<ExperimentEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/visualize.ts",
            "Records of `visualize`.",
            vec![
                Item::of::<lab::analyses::bootstrap::Estimate>(),
                Item::of::<lab::analyses::filters::LayerNumbers>(),
                Item::of::<lab::analyses::ModelFilters>(),
                Item::of::<lab::analyses::tsne::TagCloseness>(),
                Item::of::<lab::analyses::MapNumbers>(),
                Item::of::<lab::analyses::LevelNumbers>(),
                Item::of::<lab::analyses::BlockNumbers>(),
                Item::of::<lab::analyses::excitations::RegressionLine>(),
                Item::of::<lab::analyses::excitations::LoudnessNumbers>(),
                Item::of::<lab::analyses::ExcitationNumbers>(),
                Item::of::<lab::analyses::TimelineNumbers>(),
                Item::of::<lab::analyses::FigureNumbers>(),
                Item::of::<lab::analyses::FigureRecord>().tagged("figure"),
                Item::of::<lab::analyses::VisualizeDone>().tagged("done"),
                Item::of::<lab::analyses::VisualizeEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/cross-validation.ts",
            "Records of `crossValidate`.",
            vec![
                Item::of::<lab::FoldResult>().tagged("fold"),
                Item::of::<lab::CrossValidationDone>().tagged("done"),
                Item::of::<lab::CrossValidationEvent>(),
            ],
        ),
        File::new(
            "src/records/generated/demo.ts",
            "The result of `demo`.",
            vec![Item::of::<lab::DemoDone>().tagged("done")],
        ),
    ]
}

#[test]
fn the_typescript_types_are_current() {
    let config = item::config();
    let foreign = [(Code::ident(&config), CODES), (WarningCode::ident(&config), CODES)];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (path, text) in file::texts(files(), &foreign) {
        assert!(!text.contains("[`"), "{path}: a link that only rustdoc follows, in a comment for TypeScript");
        let file = root.join(path);
        if std::env::var_os("SAMPLECNN_GENERATE").is_some() {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        } else {
            let present = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(present == text, "{path} is out of date: run `npm run generate`");
        }
    }
}
