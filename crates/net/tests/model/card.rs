//! Cards in model files, their output rules, and models of some of the tags.

use error::Code;
use net::{Calibration, Card, CardOutput, CardScores, CardTagScores, CardWithheld, Layout, Model, PlattLine, Task};

use crate::{forged, format_of, model, refused};

/// A card that fits `model()` with `thresholds`.
fn card() -> Card {
    let row = |tag: &str| CardTagScores {
        tag: tag.into(),
        positives: Some(12),
        roc_auc: Some(0.8),
        roc_auc_interval: Some([0.7, 0.9]),
        ..CardTagScores::default()
    };
    Card {
        name: Some("small".into()),
        licence: Some("MIT".into()),
        scores: vec![CardScores {
            measured_on: "a test".into(),
            roc_auc: Some(0.8),
            per_tag: vec![row("guitar"), row("no vocals \"ü\"")],
            ..CardScores::default()
        }],
        withheld: vec![CardWithheld { tag: "choir".into(), reason: "9 clips".into() }],
        output: Some(CardOutput::Thresholds { top: 5 }),
        ..Card::default()
    }
}

fn released() -> Model {
    Model { thresholds: Some(vec![Some(0.25), None]), card: Some(card()), ..model() }
}

#[test]
fn a_card_is_kept_and_its_output_rule_is_refused_by_older_versions() {
    let bytes = released().to_bytes().unwrap();
    assert_eq!(Model::from_bytes(&bytes).unwrap(), released());
    assert_eq!(format_of(&bytes), 2, "an older version would name the five best tags");
    let told = Model { card: Some(Card { output: None, ..card() }), ..released() };
    assert_eq!(format_of(&told.to_bytes().unwrap()), 1, "an older version loses nothing that changes a result");
}

#[test]
fn a_card_that_does_not_fit_is_refused_with_its_field() {
    type Change = fn(&mut Card);
    let cases: [(Change, &str); 14] = [
        (|card| card.name = Some(" ".into()), "name must be a line of text"),
        (|card| card.limits = vec!["a\nb".into()], "limits[0] must be a line of text without control characters"),
        (|card| card.licence = Some("CC0".into()), "licence is \"CC0\", but the licence of the model is \"MIT\""),
        (|card| card.scores[0].per_tag[0].tag = "gitar".into(), "did you mean \"guitar\"?"),
        (|card| card.scores[0].per_tag[0].tag = "no vocals \"ü\"".into(), "scores[0].perTag[1].tag"),
        (
            |card| card.scores[0].per_tag[1].roc_auc = Some(1.5),
            "scores[0].perTag[1].rocAuc must be a number from 0 to 1",
        ),
        (|card| card.scores[0].roc_auc = Some(f64::NAN), "scores[0].rocAuc must be a number from 0 to 1, received NaN"),
        (|card| card.scores[0].roc_auc_interval = Some([0.9, 0.7]), "the lower one first, received [0.9, 0.7]"),
        (|card| card.scores[0].pr_auc_interval = Some([0.1, 0.2]), "the interval of scores[0].prAuc, which is missing"),
        (
            |card| card.scores[0].per_tag[0].rank_correlation = Some(-2.0),
            "rankCorrelation must be a number from -1 to 1",
        ),
        (|card| card.scores[0].clips = Some(0), "scores[0].clips must be a whole number from 1, received 0"),
        (|card| card.withheld[0].tag = "guitar".into(), "withheld[0].tag is \"guitar\", which the model has"),
        (
            |card| {
                card.data = vec![net::CardSource { name: "d".into(), url: Some("x.org".into()), ..Default::default() }]
            },
            "data[0].url must begin with https:// or http://, received \"x.org\"",
        ),
        (|card| card.output = Some(CardOutput::Thresholds { top: 0 }), "output.top must be a whole number from 1"),
    ];
    for (change, part) in cases {
        let mut model = released();
        change(model.card.as_mut().unwrap());
        let failure = model.to_bytes().unwrap_err();
        assert_eq!(failure.code, Code::InvalidOption, "{failure}");
        assert!(failure.message.starts_with("card: ") && failure.message.contains(part), "{part}: {failure}");
    }
    let failure = Model { thresholds: None, ..released() }.to_bytes().unwrap_err();
    assert!(failure.message.contains("the model has no thresholds"), "{failure}");
    let failure = Model { task: Task::SingleLabel, ..released() }.to_bytes().unwrap_err();
    assert!(failure.message.contains("thresholds are for multi-label models"), "{failure}");
    let forged = forged(|facts, _| facts["card"] = serde_json::json!({"output": {"kind": "thresholds", "top": 5}}));
    refused(&forged, Code::ModelFormat, "its card is not valid: output: the model has no thresholds");
}

#[test]
fn the_output_rule_uses_the_thresholds_of_the_scores_that_are_given() {
    assert_eq!(Model { card: None, ..released() }.default_output(false), None);
    let rule = released().default_output(false).unwrap();
    assert_eq!((rule.top, rule.thresholds), (5, vec![Some(0.25), None]));
    let line = PlattLine { scale: 2.0, offset: 1.0 };
    let calibrated = Model { calibration: Some(Calibration::Platt { tags: vec![Some(line), None] }), ..released() };
    assert_eq!(calibrated.default_output(false).unwrap().thresholds, [Some(0.25), None]);
    assert_eq!(calibrated.default_output(true).unwrap().thresholds, [Some(line.apply(0.25)), None]);
}

#[test]
fn a_model_of_some_tags_has_their_outputs_and_what_belongs_to_them() {
    let [guitar, vocals] = ["guitar", "no vocals \"ü\""].map(String::from);
    let line = PlattLine { scale: 2.0, offset: 1.0 };
    let whole = Model { calibration: Some(Calibration::Platt { tags: vec![None, Some(line)] }), ..released() };
    let rows = |model: &Model, name: &str| {
        let layout = Layout::new(&model.architecture, model.tags.len());
        let spec = layout.find(name).unwrap();
        let values = model.parameters.tensor(spec).to_vec();
        values.chunks(spec.len() / spec.shape[0]).map(<[f32]>::to_vec).collect::<Vec<_>>()
    };
    let swapped = whole.with_tags(&[vocals.clone(), guitar.clone()]).unwrap();
    for name in ["head.out.weight", "head.out.bias"] {
        let [first, second] = <[Vec<f32>; 2]>::try_from(rows(&whole, name)).unwrap();
        assert_eq!(rows(&swapped, name), [second, first], "{name}");
    }
    assert_eq!(rows(&swapped, "blocks.1.conv.weight"), rows(&whole, "blocks.1.conv.weight"));
    assert_eq!(swapped.thresholds, Some(vec![None, Some(0.25)]));
    assert_eq!(swapped.card, whole.card, "every tag is still there");
    assert_eq!(swapped.with_tags(&[guitar.clone(), vocals.clone()]).unwrap(), whole);

    let cut = whole.with_tags(std::slice::from_ref(&guitar)).unwrap();
    assert_eq!(rows(&cut, "head.out.weight"), rows(&whole, "head.out.weight")[..1]);
    assert_eq!(cut.calibration, Some(Calibration::Platt { tags: vec![None] }));
    let scores = &cut.card.as_ref().unwrap().scores[0];
    assert_eq!((scores.per_tag.len(), scores.roc_auc), (1, None), "an average over other tags says nothing");
    assert_eq!(Model::from_bytes(&cut.to_bytes().unwrap()).unwrap(), cut);

    for (tags, part) in [
        (vec![], "name at least one tag"),
        (vec!["gitar".into()], "the model has no tag \"gitar\"; did you mean \"guitar\"?"),
        (vec!["x".into()], "it has guitar, no vocals"),
        (vec![guitar.clone(), guitar.clone()], "\"guitar\" is named twice"),
    ] {
        let failure = whole.with_tags(&tags).unwrap_err();
        assert!(failure.code == Code::InvalidOption && failure.message.contains(part), "{failure}");
    }
    let single = Model { task: Task::SingleLabel, ..model() };
    assert!(single.with_tags(&[guitar]).unwrap_err().message.contains("depend on all its tags"));
}
