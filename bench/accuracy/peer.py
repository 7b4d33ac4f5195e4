"""The same training in PyTorch: network, weight initialisation, segments, schedule and evaluation as in samplecnn.

    python peer.py MANIFEST NETWORK EPOCHS PATIENCE SEED [THREADS]        e.g.  peer.py fsdd.csv 3^7 15 2 1

Prints one JSON line: test accuracy of the clips, epochs, seconds. Single-label: softmax, mean over segments, argmax.
"""

import csv
import json
import math
import subprocess
import sys
import time
import wave

import numpy as np
import torch
from torch import nn

RATE, BATCH, STAGES = 8000, 23, (0.01, 0.002, 0.0004, 0.00008, 0.000016)


def widths(n):
    return [128, 128] + [256] * (n - 4) + [512, 512]


class Network(nn.Module):
    """m^n SampleCNN with the paper's widths; weights initialised with the He scheme, dense layers with Glorot's."""

    def __init__(self, m, n, tags, momentum):
        super().__init__()
        conv = lambda i, o, k, **more: nn.Sequential(
            nn.Conv1d(i, o, k, **more), nn.BatchNorm1d(o, eps=1e-5, momentum=momentum), nn.ReLU())
        self.stem = conv(1, 128, m, stride=m)
        layers, last = [], 128
        for width in widths(n):
            layers += [conv(last, width, m, padding="same"), nn.MaxPool1d(m)]
            last = width
        self.blocks = nn.Sequential(*layers)
        self.head = conv(last, last, 1)
        self.dropout, self.out = nn.Dropout(0.5), nn.Linear(last, tags)
        for part in self.modules():
            if isinstance(part, (nn.Conv1d, nn.Linear)):
                o, i = part.weight.shape[:2]
                fan_in = i * part.kernel_size[0] if isinstance(part, nn.Conv1d) else i + o
                limit = math.sqrt(6 / fan_in)
                nn.init.uniform_(part.weight, -limit, limit)
                nn.init.zeros_(part.bias)

    def forward(self, x):
        return self.out(self.dropout(self.head(self.blocks(self.stem(x[:, None])))[:, :, 0]))


def samples(path):
    """Mono f32 at RATE; ffmpeg decodes and resamples files that are not WAV at this rate."""
    if path.endswith(".wav"):
        with wave.open(path) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2):
                return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    command = ["ffmpeg", "-v", "error", "-i", path, "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)


def segments(sound, length):
    if len(sound) < length:
        sound = np.pad(sound, (0, length - len(sound)))
    count = len(sound) // length
    return sound[: count * length].reshape(count, length)


def load(manifest, length):
    rows = list(csv.DictReader(open(manifest)))
    names = sorted({row["tags"] for row in rows})
    parts = {"train": [], "valid": [], "test": []}
    for row in rows:
        parts[row["split"]].append((segments(samples(row["path"]), length), names.index(row["tags"])))
    return names, parts


def flat(clips):
    x = np.concatenate([part for part, _ in clips])
    y = np.concatenate([[label] * len(part) for part, label in clips])
    return torch.from_numpy(x), torch.from_numpy(y)


def evaluate(network, clips):
    network.eval()
    right = 0
    with torch.no_grad():
        for part, label in clips:
            right += int(network(torch.from_numpy(part.copy())).softmax(1).mean(0).argmax() == label)
    return right / len(clips)


def main():
    manifest, name = sys.argv[1:3]
    epochs, patience, seed = map(int, sys.argv[3:6])
    m, n = map(int, name.split("^"))
    torch.manual_seed(seed)
    torch.set_num_threads(int(sys.argv[6]) if len(sys.argv) > 6 else 2)
    tags, parts = load(manifest, m ** (n + 1))
    x, y = flat(parts["train"])
    vx, vy = flat(parts["valid"])
    updates = math.ceil(len(x) / BATCH)
    network = Network(m, n, len(tags), 0.1 if updates < 500 else 0.01)
    loss_of = nn.CrossEntropyLoss()
    began, epoch = time.time(), 0
    best_state = None
    for rate in STAGES:
        if epoch == epochs:
            break
        if best_state is not None:
            network.load_state_dict(best_state)
        optimiser = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9, nesterov=True)
        best, since, done = math.inf, 0, 0
        while since < patience and epoch < epochs:
            network.train()
            order = torch.randperm(len(x))
            for start in range(0, len(x), BATCH):
                take = order[start : start + BATCH]
                optimiser.param_groups[0]["lr"] = rate / (1 + 1e-6 * done)
                optimiser.zero_grad()
                loss_of(network(x[take]), y[take]).backward()
                optimiser.step()
                done += 1
            network.eval()
            with torch.no_grad():
                total = sum(loss_of(network(vx[i : i + 64]), vy[i : i + 64]).item() * len(vx[i : i + 64])
                            for i in range(0, len(vx), 64))
            valid = total / len(vx)
            epoch += 1
            if valid < best:
                best, since = valid, 0
                best_state = {key: value.clone() for key, value in network.state_dict().items()}
            else:
                since += 1
            print(json.dumps({"epoch": epoch, "learningRate": rate, "validLoss": valid}), file=sys.stderr, flush=True)
    network.load_state_dict(best_state)
    accuracy = evaluate(network, parts["test"])
    print(json.dumps({"side": "pytorch", "seed": seed, "accuracy": accuracy, "epochs": epoch,
                      "seconds": time.time() - began}))


main()
