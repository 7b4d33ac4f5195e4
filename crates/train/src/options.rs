//! The options of training, preparing and evaluating. Their names, limits and defaults come from the crate `options`.

mod cache;
mod check;
mod class_weights;
mod distill;
mod evaluate;
mod phase;
mod prepare;
mod protocol;
mod train;

pub use cache::{ListCacheOptions, PruneCacheOptions};
pub use check::CheckOptions;
pub use class_weights::ClassWeights;
pub use distill::DistillOptions;
pub use evaluate::{EvaluateOptions, PartChoice};
pub use phase::{PhaseOptions, PhaseStart, ScheduleKind};
pub use prepare::PrepareOptions;
pub use protocol::Protocol;
pub use train::{Best, TrainOptions};

/// Options of a training that do not change anything that it computes.
pub(crate) const WITHOUT_EFFECT: [&str; 8] =
    ["out", "resume", "force", "cache", "checkpointSeconds", "strict", "bootstrap", "checksum"];

#[cfg(test)]
mod tests {
    use super::*;
    use error::{Code, Result};
    use serde::de::DeserializeOwned;
    use serde_json::{json, Value};

    /// Reads options to which the fields of `more` are added.
    fn with<Options: DeserializeOwned>(more: &Value) -> Options {
        let mut fields = more.clone();
        fields["dataset"] = json!({"kind": "folders", "root": "music"});
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn values_out_of_bounds_are_refused_with_the_bounds() {
        type Check = fn(&Value) -> Result<()>;
        let train: Check = |more| with::<TrainOptions>(more).validate();
        let evaluate: Check = |more| with::<EvaluateOptions>(more).validate();
        let prepare: Check = |more| with::<PrepareOptions>(more).validate();
        for (check, verb, name, value, message) in [
            (train, "out", "batchSize", json!(4097), "batchSize must be a whole number from 1 to 4096, received 4097"),
            (train, "out", "epochs", json!(0), "epochs must be a whole number from 1, received 0"),
            (train, "out", "threads", json!(1025), "threads must be a whole number from 1 to 1024, received 1025"),
            (train, "out", "momentum", json!(1.0), "momentum must be a number from 0 to below 1, received 1"),
            (train, "out", "learningRates", json!([]), "learningRates must be a list of numbers above 0, received []"),
            (
                train,
                "out",
                "segments",
                json!(0),
                "segments must be \"all\", a whole number from 1, or \"overlapping:N\", received 0",
            ),
            (evaluate, "model", "batchSize", json!(0), "batchSize must be a whole number from 1 to 4096, received 0"),
            (
                evaluate,
                "model",
                "segments",
                json!(0),
                "segments must be \"all\", a whole number from 1, or \"overlapping:N\", received 0",
            ),
            (evaluate, "model", "clipSeconds", json!(0.0), "clipSeconds must be a number above 0, received 0"),
            (evaluate, "model", "force", json!(true), "force needs out: give out too"),
            (
                prepare,
                "cache",
                "samplingRate",
                json!(99),
                "samplingRate must be a whole number from 100 to 768000, received 99",
            ),
            (
                prepare,
                "cache",
                "segments",
                json!(0),
                "segments must be \"all\", a whole number from 1, or \"overlapping:N\", received 0",
            ),
        ] {
            check(&json!({verb: "x"})).unwrap();
            let refused = check(&json!({verb: "x", name: value})).unwrap_err();
            assert_eq!((refused.code, refused.message.as_str()), (Code::InvalidOption, message));
        }
        let refused = train(&json!({"out": "x", "resume": true, "force": true})).unwrap_err();
        assert_eq!(refused.message, "resume and force exclude each other: leave out one of them");
    }

    #[test]
    fn segments_and_parts_have_one_form() {
        let read = |segments: Value| with::<TrainOptions>(&json!({"out": "x", "segments": segments})).segments;
        assert_eq!(read(json!("all")), read(Value::Null), "older runs recorded null");
        let written = serde_json::to_value(with::<TrainOptions>(&json!({"out": "x"}))).unwrap();
        assert_eq!(written["segments"], "all");
        for part in ["train", "valid", "test", "all"] {
            let options: EvaluateOptions = with(&json!({"model": "m", "part": part}));
            assert_eq!(options.part.part().map_or("all".to_owned(), |part| part.to_string()), part);
        }
    }
}
