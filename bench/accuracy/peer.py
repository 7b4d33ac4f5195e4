"""One training in PyTorch, with the network, segments, batches, update rule, schedule and evaluation of samplecnn.

    python peer.py JOB.json

JOB.json is written by peer.mjs. Prints one JSON line: the test metrics, the number of test clips, epochs and updates.
With `model` in the job, scores the test clips with a model file of samplecnn instead of training.
"""

import json
import math
import os
import pathlib
import sys

import numpy as np
import torch
from torch import nn

import peer_clips
import peer_metrics

sys.path.append(str(pathlib.Path(__file__).parents[1] / "cpu" / "peers"))
import network as networks


def initialise(network):
    """The He scheme of samplecnn: He uniform for convolutions, Glorot uniform for dense layers, biases 0."""
    for part in network.modules():
        if isinstance(part, (nn.Conv2d, nn.Linear)):
            outputs, inputs = part.weight.shape[:2]
            fan = inputs * part.weight[0, 0].numel() if isinstance(part, nn.Conv2d) else inputs + outputs
            limit = math.sqrt(6 / fan)
            nn.init.uniform_(part.weight, -limit, limit)
            nn.init.zeros_(part.bias)


def optimiser_of(job, network):
    if job["optimiser"] == "adam":
        return torch.optim.Adam(network.parameters(), lr=job["learningRate"])
    return torch.optim.SGD(network.parameters(), lr=job["learningRate"], momentum=0.9, nesterov=True)


def train(job, network, clips, length, is_multi):
    """Trains for all epochs; the learning rate falls along half a cosine wave. Returns the number of updates.

    Every epoch leaves a checkpoint, from which an interrupted training goes on with the same random numbers.
    """
    optimiser = optimiser_of(job, network)
    loss_of = nn.BCEWithLogitsLoss() if is_multi else nn.CrossEntropyLoss()
    random = np.random.default_rng(job["seed"])
    done, first_epoch = 0, 0
    if os.path.exists(job["checkpoint"]):
        state = torch.load(job["checkpoint"], weights_only=False)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        random.bit_generator.state = state["random"]
        torch.set_rng_state(state["torchRandom"])
        done, first_epoch = state["updates"], state["epochs"]
    for epoch in range(first_epoch, job["epochs"]):
        places = peer_clips.epoch(clips, length, job["randomCrops"], random)
        random.shuffle(places)
        updates = math.ceil(len(places) / job["batchSize"])
        network.train()
        total = 0.0
        for first in range(0, len(places), job["batchSize"]):
            batch = places[first : first + job["batchSize"]]
            x = torch.from_numpy(np.stack([clips[clip].segment(start, length) for clip, start in batch]))
            y = torch.from_numpy(np.stack([clips[clip].target for clip, _ in batch]))
            share = done / (updates * job["epochs"])
            optimiser.param_groups[0]["lr"] = job["learningRate"] * 0.5 * (1 + math.cos(math.pi * share))
            optimiser.zero_grad()
            loss = loss_of(network(x), y if is_multi else y.argmax(1))
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
            done += 1
        print(f"epoch {epoch + 1}: training loss {total / len(places):.4f}", file=sys.stderr, flush=True)
        state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "epochs": epoch + 1,
                 "updates": done, "random": random.bit_generator.state, "torchRandom": torch.get_rng_state()}
        torch.save(state, job["checkpoint"] + ".part")
        os.replace(job["checkpoint"] + ".part", job["checkpoint"])
    return done


@torch.no_grad()
def scores_of(network, clips, length, segments, is_multi):
    """The scores of clips, `[clips, tags]`: the mean over the segments of each clip."""
    network.eval()
    rows = []
    for clip in clips:
        x = np.stack([clip.segment(start, length) for start in clip.starts(length, segments)])
        logits = network(torch.from_numpy(x))
        rows.append((logits.sigmoid() if is_multi else logits.softmax(1)).mean(0).numpy())
    return np.stack(rows)


def main():
    job = json.load(open(sys.argv[1]))
    torch.manual_seed(job["seed"])
    torch.set_num_threads(job["threads"])
    architecture, is_multi = job["architecture"], job["task"] == "multi-label"
    length = architecture["inputLength"]
    if "model" in job:
        network, facts = networks.load(job["model"], planar=True)
        # The order of a model's outputs is its own.
        job["tags"] = facts["tags"]
    parts = peer_clips.load(job, architecture["samplingRate"])
    updates = 0
    if "model" not in job:
        network = networks.Network({"architecture": architecture, "tags": job["tags"]}, planar=True)
        initialise(network)
        network = network.to(memory_format=torch.channels_last)
        updates = train(job, network, parts["train"], length, is_multi)
    scores = scores_of(network, parts["test"], length, job["segments"], is_multi)
    if "scores" in job:
        np.save(job["scores"], scores)
    targets = np.stack([clip.target for clip in parts["test"]]) > 0
    metrics = peer_metrics.multi_label(targets, scores) if is_multi else peer_metrics.single_label(targets, scores)
    print(json.dumps({**metrics, "clips": len(scores), "epochs": job["epochs"], "updates": updates,
                      "version": torch.__version__}))


main()
