"""Test metrics, computed without samplecnn: accuracy, ROC-AUC and average precision."""

import numpy as np


def roc_auc(target, score):
    """The share of pairs of a positive and a negative that are in the right order; ties count half."""
    positive, negative = score[target], score[~target]
    above = (positive[:, None] > negative[None]).mean()
    return above + (positive[:, None] == negative[None]).mean() / 2


def average_precision(target, score):
    """The mean of the precision, weighted by the rise of the recall at each distinct score; no interpolation."""
    thresholds = np.unique(score)[::-1]
    chosen = score[None] >= thresholds[:, None]
    hits = (chosen & target[None]).sum(1)
    rises = np.diff(hits, prepend=0) / target.sum()
    return float((rises * hits / chosen.sum(1)).sum())


def multi_label(targets, scores):
    """Means over the tags with both positives and negatives."""
    tags = [tag for tag in range(targets.shape[1]) if 0 < targets[:, tag].sum() < len(targets)]
    return {
        "tags": len(tags),
        "rocAuc": float(np.mean([roc_auc(targets[:, tag], scores[:, tag]) for tag in tags])),
        "prAuc": float(np.mean([average_precision(targets[:, tag], scores[:, tag]) for tag in tags])),
    }


def single_label(targets, scores):
    right = scores.argmax(1) == targets.argmax(1)
    return {"right": int(right.sum()), "accuracy": float(right.mean())}
