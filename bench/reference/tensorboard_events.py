"""Reads the event file of a run with TensorBoard, and compares it with epochs.csv.

    python bench/reference/tensorboard_events.py RUN

Needs the package tensorboard. Prints the number of values of each tag; fails if a value differs.
"""

import csv
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {
    "loss/train": "trainLoss",
    "loss/valid": "validLoss",
    "learning_rate": "learningRate",
    "segments_per_second": "segmentsPerSecond",
}


def main():
    run = Path(sys.argv[1])
    events = EventAccumulator(str(run))
    events.Reload()
    with open(run / "epochs.csv", newline="") as file:
        epochs = list(csv.DictReader(file))
    for tag, column in TAGS.items():
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        expected = [(int(row["epoch"]), float(row[column])) for row in epochs]
        same = len(found) == len(expected) and all(
            step == number and abs(value - wanted) <= 1e-6 * max(1.0, abs(wanted))
            for (step, value), (number, wanted) in zip(found, expected)
        )
        if not same:
            sys.exit(f"{tag} differs from {column} of epochs.csv: {found[:3]}, {expected[:3]}")
    for tag in events.Tags()["scalars"]:
        print(f"{tag}: {len(events.Scalars(tag))} values")


main()
