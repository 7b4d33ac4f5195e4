//! Compares the presets with every published or derived number of parameters and multiply-adds.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use net::{Architecture, Layout};

/// The number of parameters with batch norm, and millions of multiply-adds, of `architecture` with `tags` outputs.
fn count(architecture: &Architecture, tags: usize) -> (u64, f64) {
    architecture.validate().unwrap();
    let layers = architecture.layers(tags);
    let parameters: u64 = layers.iter().map(|row| row.parameters).sum();
    assert_eq!(parameters, Layout::new(architecture, tags).trainable as u64, "the rows sum to the layout");
    (parameters, layers.iter().map(|row| row.flops).sum::<u64>() as f64 / 2e6)
}

/// The number of parameters without gamma and beta, as counted in the rows of the paper's Table 1.
fn count_without_norm(architecture: &Architecture, tags: usize) -> u64 {
    let mut bare = architecture.clone();
    bare.norm.kind = net::NormKind::None;
    count(&bare, tags).0
}

fn preset(name: &str) -> Architecture {
    Architecture::preset(name).unwrap_or_else(|reason| panic!("{name}: {reason}"))
}

#[test]
fn table_1_row_by_row() {
    let layers = preset("3^9").layers(50);
    let rows: Vec<_> = layers.iter().map(|row| (row.length, row.channels, row.parameters)).collect();
    let expected = [
        (19_683, 128, 512 + 256),
        (6_561, 128, 49_280 + 256),
        (2_187, 128, 49_280 + 256),
        (729, 256, 98_560 + 512),
        (243, 256, 196_864 + 512),
        (81, 256, 196_864 + 512),
        (27, 256, 196_864 + 512),
        (9, 256, 196_864 + 512),
        (3, 512, 393_728 + 1_024),
        (1, 512, 786_944 + 1_024),
        (1, 512, 262_656 + 1_024),
        (1, 50, 25_650),
    ];
    assert_eq!(rows, expected);
    let millions: Vec<f64> = layers.iter().map(|row| (row.flops as f64 / 2e4).round() / 100.0).collect();
    assert_eq!(millions, [7.56, 967.46, 322.49, 214.99, 143.33, 47.78, 15.93, 5.31, 3.54, 2.36, 0.26, 0.03]);
    assert_eq!(count_without_norm(&preset("3^9"), 50), 2_454_066);
    assert_eq!(count(&preset("3^9"), 50).0, 2_460_466);
}

#[test]
fn the_eight_multi_scale_models_in_both_plans() {
    // name, samples, paper plan without and with norm, M MAC, 2017 plan without and with norm
    let table = [
        ("2^13", 16_384, 2_258_354, 2_266_802, 808.7, 1_864_882, 1_872_818),
        ("2^14", 32_768, 2_389_682, 2_398_642, 1_616.1, 1_996_210, 2_004_658),
        ("3^8", 19_683, 2_257_202, 2_263_090, 579.4, 1_667_122, 1_672_498),
        ("3^9", 59_049, 2_454_066, 2_460_466, 1_731.0, 1_863_986, 1_869_874),
        ("4^6", 16_384, 2_387_890, 2_392_754, 400.8, 1_601_202, 1_605_554),
        ("4^7", 65_536, 2_650_290, 2_655_666, 1_581.5, 1_863_602, 1_868_466),
        ("5^5", 15_625, 2_584_370, 2_588_722, 352.9, 1_601_074, 1_604_914),
        ("5^6", 78_125, 2_912_306, 2_917_170, 1_712.6, 1_929_010, 1_933_362),
    ];
    for (name, samples, bare, normed, mac, bare_2017, normed_2017) in table {
        let paper = preset(name);
        assert_eq!(paper.input_length, samples, "{name}");
        assert_eq!(count_without_norm(&paper, 50), bare, "{name}");
        let (parameters, millions) = count(&paper, 50);
        assert_eq!(parameters, normed, "{name}");
        assert!((millions - mac).abs() <= 0.05, "{name}: {millions} M MAC, expected {mac}");
        let plan_2017 = preset(&format!("2017:{name}"));
        assert_eq!(count_without_norm(&plan_2017, 50), bare_2017, "2017:{name}");
        assert_eq!(count(&plan_2017, 50).0, normed_2017, "2017:{name}");
    }
    assert!((count(&preset("2017:3^9"), 50).1 - 1_728.07).abs() < 0.005);
}

#[test]
fn other_sizes_in_both_plans() {
    let table = [
        ("2^7", 1_475_762, 1_081_778),
        ("2^8", 1_607_602, 1_213_618),
        ("2^9", 1_739_442, 1_345_458),
        ("2^10", 1_871_282, 1_477_298),
        ("2^11", 2_003_122, 1_609_138),
        ("2^12", 2_134_962, 1_740_978),
        ("3^5", 1_670_962, 1_080_370),
        ("3^6", 1_868_338, 1_277_746),
        ("3^7", 2_065_714, 1_475_122),
        ("4^5", 2_129_842, 1_342_642),
        ("5^4", 2_096_434, 1_276_466),
    ];
    for (name, paper, plan_2017) in table {
        assert_eq!(count(&preset(name), 50).0, paper, "{name}");
        assert_eq!(count(&preset(&format!("2017:{name}")), 50).0, plan_2017, "2017:{name}");
    }
}

#[test]
fn the_mixed_digit_models() {
    // rate, samples, without and with norm, as printed in the paper, M MAC
    let table = [
        (2_000, 5_184, 1_798_706, 1_805_106, "1.80", 150.9),
        (4_000, 10_368, 1_929_778, 1_936_178, "1.93", 301.5),
        (8_000, 20_736, 2_060_850, 2_067_250, "2.06", 604.8),
        (12_000, 31_104, 2_126_386, 2_132_786, "2.13", 912.3),
        (16_000, 43_740, 2_191_922, 2_198_322, "2.19", 1_282.7),
        (20_000, 52_488, 2_322_994, 2_329_394, "2.32", 1_538.7),
        (22_050, 59_049, 2_454_066, 2_460_466, "2.46", 1_731.0),
    ];
    for (rate, samples, bare, normed, printed, mac) in table {
        let architecture = preset(&format!("rate:{rate}"));
        assert_eq!((architecture.sampling_rate, architecture.input_length), (rate, samples));
        assert_eq!(count_without_norm(&architecture, 50), bare, "{rate}");
        let (parameters, millions) = count(&architecture, 50);
        assert_eq!(parameters, normed, "{rate}");
        assert_eq!(format!("{}.{:02}", parameters / 1_000_000, parameters / 10_000 % 100), printed, "cut, not rounded");
        assert!((millions - mac).abs() <= 0.05, "{rate}: {millions} M MAC, expected {mac}");
    }
    assert_eq!(preset("rate:22050"), preset("3^9"));
    assert!((1_410_000..=1_870_000).contains(&count(&preset("2017:rate:2000"), 50).0));
    assert_eq!(preset("2017:rate:22050"), preset("2017:3^9"));
}

#[test]
fn the_eight_dcase_models_from_json() {
    // stem, blocks from the first to the last, samples, without and with norm; 17 classes, 44,100 Hz, widths of the
    // 2017 plan
    let table = [
        (2, [vec![2; 13]].concat(), 16_384, 1_847_953, 1_855_889),
        (2, [vec![2; 12], vec![3]].concat(), 24_576, 1_979_025, 1_986_961),
        (2, [vec![2; 9], vec![3; 3]].concat(), 27_648, 1_978_769, 1_986_193),
        (2, [vec![2; 14]].concat(), 32_768, 1_979_281, 1_987_729),
        (3, [vec![3; 8], vec![2]].concat(), 39_366, 1_715_985, 1_721_873),
        (2, [vec![2; 15]].concat(), 65_536, 2_110_609, 2_119_569),
        (3, [vec![3; 9], vec![2]].concat(), 118_098, 1_912_849, 1_919_249),
        (5, [vec![5; 6], vec![2]].concat(), 156_250, 1_846_801, 1_851_665),
    ];
    for (stem, digits, samples, bare, normed) in table {
        let n = digits.len();
        let width = |i: usize| {
            if i < 2 {
                128
            } else if i + 1 < n {
                256
            } else {
                512
            }
        };
        let blocks: Vec<String> = digits
            .iter()
            .enumerate()
            .map(|(i, digit)| format!(r#"{{"kind":"basic","kernel":{digit},"pool":{digit},"channels":{}}}"#, width(i)))
            .collect();
        let json = format!(
            r#"{{"samplingRate":44100,"inputLength":{samples},"stem":{{"kernel":{stem},"stride":{stem},"channels":128}},
                "same":"left","blocks":[{}],"head":{{"kind":"conv","channels":512}}}}"#,
            blocks.join(",")
        );
        let architecture = Architecture::from_json(&json).unwrap();
        assert_eq!(count_without_norm(&architecture, 17), bare, "{samples}");
        assert_eq!(count(&architecture, 17).0, normed, "{samples}");
    }
}

#[test]
fn the_thirteen_models_of_table_2() {
    // name, frames, without and with norm, M MAC
    let table = [
        ("mel:4,729,729", 81, 1_764_402, 1_768_498, 19.5),
        ("mel:5,729,243", 243, 1_961_266, 1_965_874, 51.3),
        ("mel:5,243,243", 243, 1_961_266, 1_965_874, 51.3),
        ("mel:6,243,81", 729, 2_158_130, 2_163_250, 146.9),
        ("mel:6,81,81", 729, 2_158_130, 2_163_250, 146.9),
        ("raw:4,729,729", 81, 1_857_842, 1_862_194, 27.0),
        ("raw:5,729,243", 243, 2_054_706, 2_059_570, 74.0),
        ("raw:5,243,243", 243, 1_992_498, 1_997_362, 58.9),
        ("raw:6,243,81", 729, 2_189_362, 2_194_738, 169.5),
        ("raw:6,81,81", 729, 2_168_626, 2_174_002, 154.4),
        ("raw:7,27,27", 2_187, 2_358_578, 2_364_466, 441.1),
        ("raw:8,9,9", 6_561, 2_405_554, 2_411_698, 763.6),
        ("raw:9,3,3", 19_683, 2_454_066, 2_460_466, 1_731.0),
    ];
    for (name, frames, bare, normed, mac) in table {
        let architecture = preset(name);
        assert_eq!(architecture.input_length, 59_049, "{name}");
        assert_eq!(architecture.layers(50)[0].length, frames, "{name}");
        assert_eq!(count_without_norm(&architecture, 50), bare, "{name}");
        let (parameters, millions) = count(&architecture, 50);
        assert_eq!(parameters, normed, "{name}");
        assert!((millions - mac).abs() <= 0.05, "{name}: {millions} M MAC, expected {mac}");
    }
    assert_eq!(preset("raw:9,3,3"), preset("3^9"));
    assert_ne!(preset("raw:7,27,27"), preset("3^7/27"));
}

#[test]
fn the_42_models_of_the_2017_sweep_by_position() {
    // m, samples, strides, parameters with norm
    let sweep: [(u32, usize, &[usize], &[u64]); 8] = [
        (
            2,
            16_384,
            &[256, 128, 64, 32, 16, 8, 4, 2],
            &[982_450, 1_097_906, 1_221_554, 1_349_298, 1_479_090, 1_609_906, 1_741_234, 1_872_818],
        ),
        (
            2,
            32_768,
            &[256, 128, 64, 32, 16, 8, 4, 2],
            &[1_114_290, 1_229_746, 1_353_394, 1_481_138, 1_610_930, 1_741_746, 1_873_074, 2_004_658],
        ),
        (3, 19_683, &[729, 243, 81, 27, 9, 3], &[680_242, 913_714, 1_090_354, 1_280_818, 1_475_890, 1_672_498]),
        (3, 59_049, &[729, 243, 81, 27, 9, 3], &[975_922, 1_111_090, 1_287_730, 1_478_194, 1_673_266, 1_869_874]),
        (4, 16_384, &[256, 64, 16, 4], &[718_002, 1_087_410, 1_344_178, 1_605_554]),
        (4, 65_536, &[256, 64, 16, 4], &[1_111_986, 1_350_322, 1_607_090, 1_868_466]),
        (5, 15_625, &[125, 25, 5], &[799_538, 1_279_026, 1_604_914]),
        (5, 78_125, &[125, 25, 5], &[1_291_826, 1_607_474, 1_933_362]),
    ];
    let mut models = 0;
    for (m, samples, strides, counts) in sweep {
        for (&stride, &parameters) in strides.iter().zip(counts) {
            let n = (samples / stride).ilog(m as usize);
            let architecture = preset(&format!("2017:{m}^{n}/{stride}"));
            assert_eq!(architecture.input_length, samples);
            assert_eq!(count(&architecture, 50).0, parameters, "2017:{m}^{n}/{stride}");
            models += 1;
        }
    }
    assert_eq!(models, 42);
    assert_eq!(preset("2017:3^9/3"), preset("2017:3^9"));
    assert_eq!(preset("3^4/729").input_length, 59_049);
    assert_eq!(preset("2^6/256").input_length, 16_384);
}

#[test]
fn the_networks_of_the_se_paper() {
    // name, parameters, with the multi-level head, M MAC
    let table = [
        ("basic", 1_869_874, 2_683_442, 1_728.1),
        ("se", 23_929_138, 24_742_706, 1_750.1),
        ("res1", 2_036_018, 2_849_586, 1_800.1),
        ("res2", 4_107_314, 4_920_882, 3_736.5),
        ("rese1", 24_095_282, 24_908_850, 1_822.1),
        ("rese2", 26_166_578, 26_980_146, 3_758.5),
        ("se-small", 2_044_498, 2_858_066, 1_728.2),
        ("rese1-small", 2_210_642, 3_024_210, 1_800.3),
        ("rese2-small", 4_281_938, 5_095_506, 3_736.7),
    ];
    for (name, single, multi, mac) in table {
        let (parameters, millions) = count(&preset(name), 50);
        assert_eq!(parameters, single, "{name}");
        assert!((millions - mac).abs() <= 0.05, "{name}: {millions} M MAC, expected {mac}");
        let base = name.strip_suffix("-small").map_or(format!("{name}-multi"), |base| format!("{base}-multi-small"));
        assert_eq!(count(&preset(&base), 50).0, multi, "{base}");
    }
    assert_eq!(preset("se-small-multi"), preset("se-multi-small"));
    assert_eq!(preset("res2-small"), preset("res2"), "there is nothing to make small without excitation");
}

#[test]
fn the_networks_of_other_repositories() {
    let table = [
        ("minzwon", 50, 1_869_874, None),
        ("minzwon-se", 50, 6_951_858, Some(4_858.0)),
        ("clmr", 50, 2_394_162, None),
        ("kyungyunlee", 50, 2_394_162, None),
        ("msd", 50, 1_462_322, None),
        ("leenet11", 527, 748_367, None),
        ("leenet24", 527, 10_003_791, None),
    ];
    for (name, tags, expected, mac) in table {
        let (parameters, millions) = count(&preset(name), tags);
        assert_eq!(parameters, expected, "{name}");
        if let Some(mac) = mac {
            assert!((millions - mac).abs() <= 0.5, "{name}: {millions} M MAC, expected {mac}");
        }
    }
    assert_eq!(count_without_norm(&preset("msd"), 50), 1_457_458);
    let encoder: u64 = preset("clmr").layers(50).iter().rev().skip(1).map(|row| row.parameters).sum();
    assert_eq!(encoder, 2_368_512);
}
