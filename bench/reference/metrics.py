"""Writes the values with which crates/train/tests/sklearn_metrics.rs checks our metrics.

    python bench/reference/metrics.py > crates/train/tests/data/sklearn.json

Random clips with many equal scores, measured with scikit-learn (version 1.9.1 made the file). Undefined values are
null: scikit-learn warns, raises or returns nan or 0 for them, depending on the version.
"""

import json
import sys
import warnings

import numpy as np
import sklearn
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    log_loss,
    roc_auc_score,
)

SEED = 20261130
# Our log loss takes scores no closer to 0 and 1 than this.
SMALLEST = 1e-7


def column(labels, scores):
    """ROC-AUC and average precision of one ranking; nulls without a positive or without a negative."""
    if labels.all() or not labels.any():
        return None, None
    return float(roc_auc_score(labels, scores)), float(average_precision_score(labels, scores))


def mean(values, weights):
    kept = [(value, weight) for value, weight in zip(values, weights) if value is not None and weight > 0]
    return float(np.average([v for v, _ in kept], weights=[w for _, w in kept])) if kept else None


def losses(labels, scores, classes):
    """The log loss: the mean over the tags, or over the clips of one class each."""
    if classes is not None:
        # scikit-learn scales rows to the sum 1, which scores of a softmax have; ours are taken as they are.
        return float(-np.log(np.maximum(scores[np.arange(len(classes)), classes], SMALLEST)).mean())
    clipped = np.clip(scores, SMALLEST, 1 - SMALLEST)
    return float(np.mean([log_loss(labels[:, tag], clipped[:, tag], labels=[0, 1]) for tag in range(labels.shape[1])]))


def case(random, clips, tags, distinct, single):
    # Scores are multiples of 2^-8, which are exact in every float; with few distinct scores, many are equal.
    scores = random.integers(0, distinct, (clips, tags)) * (256 // distinct) / 256.0
    if single:
        classes = random.integers(0, tags, clips)
        labels = np.eye(tags, dtype=bool)[classes]
    else:
        shares = random.choice([0.0, 0.05, 0.3, 0.5, 0.95, 1.0], tags)
        labels = random.random((clips, tags)) < shares
    columns = [column(labels[:, tag], scores[:, tag]) for tag in range(tags)]
    positives = labels.sum(0)
    ones = [1] * tags
    decisions = scores > 0.5
    # A clip ranks its tags like a tag ranks its clips.
    rows = [column(labels[clip], scores[clip]) for clip in range(clips)]
    kept = [tag for tag in range(tags) if positives[tag]]
    return {
        "clips": clips,
        "tags": tags,
        "single": single,
        "scores": (scores * 256).astype(int).ravel().tolist(),
        "labels": "".join("01"[int(label)] for label in labels.ravel()),
        "rocAuc": [roc for roc, _ in columns],
        "prAuc": [precision for _, precision in columns],
        "macro": [mean([c[i] for c in columns], ones) for i in (0, 1)],
        "weighted": [mean([c[i] for c in columns], positives) for i in (0, 1)],
        "micro": list(column(labels.ravel(), scores.ravel())),
        # The first of several highest scores, like argmax.
        "accuracy": float(accuracy_score(classes, scores.argmax(1))) if single else None,
        "balancedAccuracy": float(balanced_accuracy_score(classes, scores.argmax(1))) if single else None,
        "confusion": confusion_matrix(classes, scores.argmax(1), labels=range(tags)).tolist() if single else None,
        "logLoss": losses(labels, scores, classes if single else None),
        "clipwise": [mean([row[i] for row in rows], [1] * clips) for i in (0, 1)],
        "f1": mean([f1_score(labels[:, tag], decisions[:, tag], zero_division=0) for tag in kept], [1] * len(kept)),
    }


def main():
    warnings.simplefilter("ignore")
    random = np.random.default_rng(SEED)
    sizes = [(1, 1), (2, 1), (3, 2), (5, 3), (12, 4), (40, 6), (97, 3)]
    cases = [
        case(random, clips, tags, distinct, single)
        for clips, tags in sizes
        for distinct in (1, 2, 8, 256)
        for single in (False, True)
    ]
    out = {"scikitLearn": sklearn.__version__, "cases": cases}
    json.dump(out, sys.stdout, separators=(",", ":"))
    sys.stdout.write("\n")


main()
