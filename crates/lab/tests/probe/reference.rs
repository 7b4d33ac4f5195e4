//! The classifiers against those of scikit-learn, on the same features and with the same early stopping
//! (`bench/reference/probe.py`).

use serde_json::{json, Value};

use crate::support::{reference, Data};

/// The mean and deviation of ten trainings of the reference's perceptron.
fn perceptron(data: &Data, more: Value) -> lab::probe::ProbeDone {
    let mut options = json!({
        "hidden": reference()["hidden"], "dropout": 0.0, "seeds": 10, "epochs": 200, "out": data.path("mlp")
    });
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    data.run(options).0.unwrap()
}

fn close(ours: (f64, f64), theirs: &Value) {
    let (mean, deviation) = (theirs["mean"].as_f64().unwrap(), theirs["deviation"].as_f64().unwrap());
    let spread = ours.1.max(deviation);
    assert!((ours.0 - mean).abs() < spread, "{ours:?}, scikit-learn {mean} ± {deviation}");
    assert!(ours.1 < 2.0 * deviation, "{ours:?}, scikit-learn {mean} ± {deviation}");
}

#[test]
fn the_accuracy_of_hidden_layers_is_that_of_scikit_learn() {
    let data = Data::new();
    let done = perceptron(&data, json!({}));
    close((done.test.accuracy.unwrap(), done.deviation.accuracy.unwrap()), &reference()["mlpClassifier"]["accuracy"]);
}

#[test]
fn the_area_of_hidden_layers_is_that_of_scikit_learn() {
    let data = Data::new();
    let tags = json!({"kind": "manifest", "path": data.path("tags.csv")});
    let done = perceptron(&data, json!({"dataset": tags, "task": "multi-label"}));
    assert_eq!(done.test.accuracy, None);
    close((done.test.roc_auc.unwrap(), done.deviation.roc_auc.unwrap()), &reference()["mlpClassifier"]["rocAuc"]);
}

#[test]
fn a_linear_probe_is_a_logistic_regression() {
    let data = Data::new();
    let theirs = &reference()["logisticRegression"];
    // The solver of scikit-learn goes to the minimum of a loss with a penalty; ours stops early instead. Their spread
    // over samples of 500 test clips is .02.
    let linear = json!({"hidden": [0], "learningRate": 0.02, "epochs": 200, "out": data.path("linear")});
    let done = data.run(linear).0.unwrap();
    assert_eq!(done.parameters, 21 * 6);
    let accuracy = done.test.accuracy.unwrap();
    assert!((accuracy - theirs["accuracy"].as_f64().unwrap()).abs() < 0.02, "{accuracy} {theirs}");
    let tags = json!({"kind": "manifest", "path": data.path("tags.csv")});
    let linear = json!({"hidden": [0], "learningRate": 0.02, "epochs": 200, "dataset": tags, "task": "multi-label"});
    let area = data.run(linear).0.unwrap().test.roc_auc.unwrap();
    assert!((area - theirs["rocAuc"].as_f64().unwrap()).abs() < 0.01, "{area} {theirs}");
}

#[test]
fn batch_norm_dropout_and_the_kaist_protocols_learn_the_task() {
    let data = Data::new();
    for (name, more) in [
        ("norm", json!({"norm": "batch", "dropout": 0.2, "hidden": [64, 32], "epochs": 200})),
        (
            "kaist",
            json!({"protocol": "kaist-features", "hidden": [64, 32], "learningRate": 0.05, "epochs": 200,
            "standardise": "feature"}),
        ),
        ("gtzan", json!({"protocol": "kaist-gtzan", "hidden": [64, 32], "seeds": 1, "epochs": 200})),
    ] {
        let mut more = more;
        more["out"] = json!(data.path(name));
        let accuracy = data.run(more).0.unwrap().test.accuracy.unwrap();
        assert!(accuracy > 0.72, "{name}: {accuracy}");
    }
}
