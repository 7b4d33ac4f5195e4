"""PyTorch for the benchmark: reads commands from stdin, like the example programs of the engine.

    python torch_peer.py MODEL.safetensors infer|train --batch N --threads N [--planar] [--fold] [--compile] [--bf16]

`run SECONDS` runs batches (or steps) for at least this time and prints the seconds of one. `logits FILE` prints the
logits of the f32 samples in FILE.
"""

import argparse
import json
import sys
import time

import numpy
import torch
from torch import nn

import network


def inference(model, options):
    dtype = torch.bfloat16 if options.bf16 else torch.float32
    net, facts = network.load(model, options.planar)
    net.eval()
    net = (network.fold(net) if options.fold else net).to(dtype)
    net = net.to(memory_format=torch.channels_last) if options.planar else net
    run = torch.compile(net) if options.compile else net

    def batch(segments):
        with torch.no_grad() if options.compile else torch.inference_mode():
            return run(torch.from_numpy(segments).to(dtype)).float().numpy()

    return batch, facts


def training(model, options):
    net, facts = network.load(model, options.planar)
    net.train()
    run = torch.compile(net) if options.compile else net
    optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    target = (torch.rand(options.batch, len(facts["tags"])) > 0.95).float()

    def step(segments):
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            logits = run(torch.from_numpy(segments))
        loss = nn.functional.binary_cross_entropy_with_logits(logits.float(), target)
        loss.backward()
        optimiser.step()
        return loss.item()

    return step, facts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("mode", choices=["infer", "train"])
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    for flag in ("planar", "fold", "compile", "bf16"):
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    work, facts = (inference if options.mode == "infer" else training)(options.model, options)
    shape = (options.batch, facts["architecture"]["inputLength"])
    noise = 0.1 * (numpy.random.default_rng(1).random(shape, "f4") - 0.5)
    for line in sys.stdin:
        command, argument = line.split()
        if command == "logits":
            print(json.dumps(work(numpy.fromfile(argument, "<f4").reshape(shape)).ravel().tolist()), flush=True)
            continue
        began, count = time.perf_counter(), 0
        while count == 0 or time.perf_counter() - began < float(argument):
            work(noise)
            count += 1
        print((time.perf_counter() - began) / count, flush=True)


if __name__ == "__main__":
    main()
