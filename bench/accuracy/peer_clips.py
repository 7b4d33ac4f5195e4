"""The clips of a manifest for PyTorch: audio that ffmpeg decodes, segments, targets."""

import csv
import hashlib
import os
import pathlib
import subprocess

import numpy as np


def decode(path, rate, folder):
    """Mono samples of 16 bits at `rate`, kept in `folder` for the next training."""
    kept = pathlib.Path(folder, str(rate), hashlib.sha1(path.encode()).hexdigest()[:20] + ".npy")
    if not kept.exists():
        command = ["ffmpeg", "-v", "error", "-i", path, "-f", "s16le", "-ac", "1", "-ar", str(rate), "-"]
        sound = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2")
        kept.parent.mkdir(parents=True, exist_ok=True)
        whole = kept.with_suffix(f".{os.getpid()}.npy")
        np.save(whole, sound)
        os.replace(whole, kept)
    return np.load(kept)


class Clip:
    """The samples and targets of a clip."""

    def __init__(self, sound, target):
        self.sound, self.target = sound, target

    def segment(self, start, length):
        """A segment of f32 samples, with zeros after the end of the clip."""
        sound = self.sound[start : start + length].astype(np.float32) / 32768
        return np.pad(sound, (0, length - len(sound)))

    def starts(self, length, segments):
        """The first samples of all complete segments, or of `segments` evenly spread ones; at least one."""
        complete = max(len(self.sound) // length, 1)
        if segments == "all" or segments >= complete:
            return [index * length for index in range(complete)]
        return [(2 * index + 1) * complete // (2 * segments) * length for index in range(segments)]


def load(job, rate):
    """The clips of each part."""
    parts = {"train": [], "valid": [], "test": []}
    for row in csv.DictReader(open(job["manifest"])):
        target = np.zeros(len(job["tags"]), np.float32)
        target[[job["tags"].index(tag) for tag in row["tags"].split("|")]] = 1
        sound = decode(row["path"], rate, job["audio"])
        most = None if job["clipSeconds"] is None else round(job["clipSeconds"] * rate)
        parts[row["split"]].append(Clip(sound[:most], target))
    return parts


def epoch(clips, length, crops, random):
    """The training segments of an epoch, (clip, first sample): all of them, or `crops` random ones of each clip."""
    if crops is None:
        return [(number, start) for number, clip in enumerate(clips) for start in clip.starts(length, "all")]
    last = [max(len(clip.sound) - length, 0) for clip in clips]
    return [(number, int(random.integers(last[number] + 1))) for number in range(len(clips)) for _ in range(crops)]
