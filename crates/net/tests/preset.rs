//! Tests of the grammar of preset names, and of invalid names.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use error::Code;
use net::{Architecture, HeadKind, InputNormalisation, Pooling, Side, StemKind, PRESET_EXAMPLES};

fn preset(name: &str) -> Architecture {
    Architecture::preset(name).unwrap_or_else(|reason| panic!("{name}: {reason}"))
}

fn refusal(name: &str) -> String {
    let failure = Architecture::preset(name).expect_err(name);
    assert_eq!(failure.code, Code::InvalidOption, "{name}");
    assert!(failure.message.contains(name), "{failure}");
    failure.message
}

#[test]
fn every_example_parses() {
    for (name, meaning) in PRESET_EXAMPLES {
        preset(name);
        assert!(!meaning.is_empty());
    }
    for block in ["basic", "se", "res1", "res2", "rese1", "rese2"] {
        for suffix in ["", "-multi", "-small", "-multi-small", "-small-multi"] {
            preset(&format!("{block}{suffix}"));
        }
    }
}

#[test]
fn the_rate_suffix_sets_the_rate_and_nothing_else() {
    let plain = preset("3^7");
    let slow = preset("3^7@8000");
    assert_eq!(slow.sampling_rate, 8_000);
    assert_eq!(Architecture { sampling_rate: 22_050, ..slow }, plain);
    assert_eq!(preset("2017:3^9@16000").sampling_rate, 16_000);
    assert_eq!(preset("minzwon@22050").sampling_rate, 22_050);
}

#[test]
fn a_plus_sets_the_normalisation_of_the_waveform_and_nothing_else() {
    let plain = preset("3^7");
    for normalisation in [InputNormalisation::Standardise, InputNormalisation::SignedLog] {
        let name = format!("3^7+{}", normalisation.name());
        assert_eq!(preset(&name), Architecture { input_normalisation: normalisation, ..plain.clone() });
        let slow = Architecture { input_normalisation: normalisation, ..preset("3^7@8000") };
        assert_eq!(preset(&format!("{name}@8000")), slow);
        assert_eq!(preset(&format!("3^7@8000+{}", normalisation.name())), slow);
    }
    assert!(refusal("3^7+none").contains("is standardise or signed-log"));
    assert!(refusal("3^7+").contains("is standardise or signed-log"));
    assert!(refusal("3^7+standardise+signed-log").contains("may appear only once"));
    assert!(refusal("3^7@8000@8000").contains("may appear only once"));
    assert!(refusal("mel:4,729,729+standardise").contains("a mel stem standardises its own values"));
}

#[test]
fn each_source_keeps_its_own_constants() {
    assert_eq!((preset("3^9").norm.eps, preset("3^9").norm.momentum), (1e-5, 0.01));
    assert_eq!((preset("se").norm.eps, preset("se").norm.momentum), (1e-3, 0.01));
    assert_eq!((preset("minzwon").norm.eps, preset("minzwon").norm.momentum), (1e-5, 0.1));
    assert_eq!(preset("minzwon").stem.unwrap().padding, [1, 1]);
    assert_eq!(preset("3^9").same, Side::Right);
    assert_eq!((preset("msd").head.channels, preset("msd").head.dropout), (256, 0.0));
    assert_eq!((preset("clmr").head.kernel, preset("kyungyunlee").head.kernel), (3, 3));
    let dropouts: Vec<f64> = preset("kyungyunlee").blocks.iter().map(|block| block.dropout).collect();
    assert_eq!(dropouts, [0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!((preset("rese2").blocks[0].dropout, preset("rese1").blocks[0].dropout), (0.2, 0.0));
    assert_eq!((preset("leenet11").sampling_rate, preset("minzwon").sampling_rate), (32_000, 16_000));
    assert_eq!(preset("leenet24").head.pooling, Pooling::MaxMean);
    assert_eq!((preset("se").head.kind, preset("se-multi").head.levels), (HeadKind::Dense, 3));
}

#[test]
fn a_window_longer_than_the_hop_is_padded_on_both_sides() {
    assert_eq!(preset("raw:5,729,243").stem.unwrap().padding, [243, 243]);
    assert_eq!(preset("raw:6,243,81").stem.unwrap().padding, [81, 81]);
    assert_eq!(preset("raw:6,81,81").stem.unwrap().padding, [0, 0]);
    let mel = preset("mel:6,243,81").stem.unwrap();
    assert_eq!((mel.kind, mel.kernel, mel.stride, mel.fft, mel.channels), (StemKind::Mel, 243, 81, 729, 128));
}

#[test]
fn small_networks_for_tests_have_plans_too() {
    let widths = |name: &str| preset(name).blocks.iter().map(|block| block.channels).collect::<Vec<_>>();
    assert_eq!(widths("3^1"), [512]);
    assert_eq!(widths("3^2"), [512, 512]);
    assert_eq!(widths("3^3"), [128, 512, 512]);
    assert_eq!(widths("3^4"), [128, 128, 512, 512]);
    assert_eq!(widths("2017:3^3"), [128, 128, 512]);
}

#[test]
fn a_misspelt_name_gets_the_nearest_preset() {
    for (name, meant) in [
        ("3x9", "3^9"),
        ("minzwonn", "minzwon"),
        ("Minzwon-SE", "minzwon-se"),
        ("leenet12", "leenet11"),
        ("rese2-mutli", "rese2-multi"),
        ("kyunyunlee", "kyungyunlee"),
        ("basik", "basic"),
    ] {
        let message = refusal(name);
        assert!(message.contains(&format!("did you mean \"{meant}\"")), "{name}: {message}");
    }
    assert!(refusal("wavenet").contains("3^9"), "without a near one there are examples");
    refusal("");
}

#[test]
fn numbers_that_make_no_network_are_explained() {
    for (name, part) in [
        ("3^0", "at least one module"),
        ("1^9", "at least 2 samples"),
        ("0^3", "at least 2 samples"),
        ("3^99", "at most 32"),
        ("9^30", "longer than memory"),
        ("3^17", "inputLength must be"),
        ("3^9/0", "stride"),
        ("3^-9", "whole numbers"),
        ("3^9/", "whole numbers"),
        ("^", "whole numbers"),
        ("rate:11025", "2000, 4000"),
        ("raw:5,729", "window and hop"),
        ("mel:5,729,243,1", "window and hop"),
        ("mel:0,729,243", "at least one module"),
        ("raw:5,0,243", "kernel must be"),
        ("2017:3^2", "starts at 3 modules"),
        ("2017:se", "the prefix 2017:"),
        ("2017:minzwon", "the prefix 2017:"),
        ("3^9@", "sampling rate"),
        ("3^9@8k", "sampling rate"),
        ("3^9@5", "samplingRate must be"),
        ("99999999999999999999^9", "whole numbers"),
        ("se-multi-multi", "did you mean"),
    ] {
        let message = refusal(name);
        assert!(message.contains(part), "{name}: {message}");
    }
}

#[test]
fn a_name_with_control_characters_is_shown_escaped() {
    for text in ["3^\u{1b}[2J", "nothing\u{7}", "{\"samplingRate\":8000,\"\\u001b]0;x\":1}"] {
        let failure = Architecture::parse(text).unwrap_err();
        assert!(!failure.message.contains(char::is_control) && failure.message.contains("\\u{"), "{failure}");
    }
}
