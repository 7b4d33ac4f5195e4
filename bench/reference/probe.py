"""Makes crates/lab/tests/data/probe: features, labels, and the scores of scikit-learn's classifiers on them.

The features are synthetic: three clusters for each of six classes in 20 dimensions, with noise, so that a linear
classifier is clearly worse than one with hidden layers. The tags are the class number in three groups that overlap.
The classifiers follow the protocol `adam` of `samplecnn probe`: features standardised on the training part, Adam 1e-3,
batches of 128, rate x 0.2 after 3 epochs without a new minimum of the validation loss, end after 10, weights of the
best epoch. LogisticRegression has its own solver and its default penalty.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install scikit-learn==1.9.1
    /tmp/venv/bin/python bench/reference/probe.py
"""

import copy
import json
import pathlib
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier

FOLDER = pathlib.Path(__file__).parents[2] / "crates/lab/tests/data/probe"
TRAIN, VALID, TEST = 400, 100, 500
WIDTH, CLASSES, CLUSTERS = 20, 6, 3
HIDDEN = (48, 32)
SEEDS = 10
GROUPS = [[0, 1], [1, 2, 3], [3, 4, 5]]


def data():
    random = np.random.default_rng(14)
    centres = random.normal(size=(CLASSES, CLUSTERS, WIDTH))
    count = TRAIN + VALID + TEST
    classes = random.integers(CLASSES, size=count)
    clusters = random.integers(CLUSTERS, size=count)
    noise = random.normal(size=(count, WIDTH))
    scale = random.uniform(0.2, 5, WIDTH)
    features = (centres[classes, clusters] + 1.1 * noise) * scale + random.normal(size=WIDTH) * 3
    return features.astype(np.float32), classes


def write_lists(classes, tags):
    """The list of the files as `embed` writes it, and manifests with one tag or several tags for each clip."""
    compact = lambda value: json.dumps(value, separators=(",", ":"))
    start = {"levels": [-1], "modelHash": "abc", "type": "start"}
    rows = [{"file": f"{clip}.wav", "type": "embedding", "width": WIDTH} for clip in range(len(classes))]
    lines = [start, *rows, {"files": len(rows), "type": "done"}]
    (FOLDER / "features.jsonl").write_text("".join(compact(line) + "\n" for line in lines))
    split = ["train"] * TRAIN + ["valid"] * VALID + ["test"] * TEST
    named = lambda row: "|".join(f"group {group}" for group in np.flatnonzero(row))
    for name, column in [("classes", classes), ("tags", [named(row) for row in tags])]:
        rows = [f"{clip}.wav,{value},{split[clip]}\n" for clip, value in enumerate(column)]
        (FOLDER / f"{name}.csv").write_text("path,tags,split\n" + "".join(rows))


def parts(array):
    return array[:TRAIN], array[TRAIN : TRAIN + VALID], array[TRAIN + VALID :]


def valid_loss(network, features, targets):
    probabilities = network.predict_proba(features)
    if targets.ndim == 1:
        return log_loss(targets, probabilities, labels=range(CLASSES))
    clipped = np.clip(probabilities, 1e-7, 1 - 1e-7)
    return -np.mean(targets * np.log(clipped) + (1 - targets) * np.log(1 - clipped))


def perceptron(features, targets, seed):
    """The test scores of MLPClassifier after early stopping on the validation part."""
    (train, valid, test), (train_targets, valid_targets, _) = map(parts, (features, targets))
    settings = {"alpha": 0.0, "batch_size": 128, "learning_rate_init": 1e-3, "shuffle": False}
    network = MLPClassifier(HIDDEN, random_state=seed, **settings)
    # With shuffle, every call of partial_fit would start the random numbers again: each epoch would have the same
    # order.
    random = np.random.default_rng(seed)
    best, best_loss, since, flat = None, np.inf, 0, 0
    for _ in range(200):
        order = random.permutation(TRAIN)
        outputs = CLASSES if targets.ndim == 1 else len(GROUPS)
        network.partial_fit(train[order], train_targets[order], classes=range(outputs))
        loss = valid_loss(network, valid, valid_targets)
        since, flat = since + 1, flat + 1
        if loss < best_loss:
            best, best_loss, since, flat = copy.deepcopy(network), loss, 0, 0
        elif flat == 3:
            flat = 0
            network._optimizer.learning_rate_init *= 0.2
        if since == 10:
            break
    return best.predict_proba(test)


def main():
    warnings.filterwarnings("ignore")
    features, classes = data()
    tags = np.stack([np.isin(classes, group) for group in GROUPS], 1).astype(int)
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.save(FOLDER / "features.npy", features)
    write_lists(classes, tags)
    standard = (features - features[:TRAIN].mean(0)) / features[:TRAIN].std(0)
    (train, _, test) = parts(standard)
    test_classes, test_tags = parts(classes)[2], parts(tags)[2]

    linear = LogisticRegression(max_iter=10_000).fit(train, parts(classes)[0])
    linear_tags = OneVsRestClassifier(LogisticRegression(max_iter=10_000)).fit(train, parts(tags)[0])
    runs = [perceptron(standard, classes, seed) for seed in range(SEEDS)]
    runs_tags = [perceptron(standard, tags, seed) for seed in range(SEEDS)]
    accuracies = [float((run.argmax(1) == test_classes).mean()) for run in runs]
    areas = [float(roc_auc_score(test_tags, run)) for run in runs_tags]
    spread = lambda values: {"mean": float(np.mean(values)), "deviation": float(np.std(values, ddof=1))}
    result = {
        "scikitLearn": sklearn.__version__,
        "hidden": list(HIDDEN),
        "seeds": SEEDS,
        "logisticRegression": {
            "accuracy": float(linear.score(test, test_classes)),
            "rocAuc": float(roc_auc_score(test_tags, linear_tags.predict_proba(test))),
        },
        "mlpClassifier": {"accuracy": spread(accuracies), "rocAuc": spread(areas)},
    }
    (FOLDER / "sklearn.json").write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps({key: result[key] for key in ("logisticRegression", "mlpClassifier")}, indent=2))


main()
