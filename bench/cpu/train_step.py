"""Training step, ours beside PyTorch, interleaved: python bench/cpu/train_step.py [--network 3^9] [--batch 23] ...

Every case runs in a process of its own; a round runs all cases once in random order; the table gives medians over all rounds.
Build ours first: cargo build --release -p samplecnn-engine --example step. Needs a Python with torch; networks m^n only for the
peers (`--ours-only` for others).
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# What makes glibc keep freed memory and use huge pages: PyTorch's eager mode is twice as fast with it.
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 40),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 40),
    "MALLOC_TOP_PAD_": str(64 << 20),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "THP_MEM_ALLOC_ENABLE": "1",
}
RATES = {2000: "3333222222", 4000: "3333222422", 8000: "3333224422", 12000: "3333324422", 16000: "3333333522",
         20000: "3333333342", 22050: "3333333333"}


def digits(network):
    """Filter sizes bottom to top, the first convolution's first."""
    if network.startswith("rate:"):
        return [int(d) for d in RATES[int(network[5:])]]
    size, count = (int(part) for part in network.split("^"))
    return [size] * (count + 1)


def peer(network, batch, threads, steps, channels_last):
    """One PyTorch case: the same network, loss and optimiser; prints the seconds of each step."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    sizes = digits(network)
    count = len(sizes) - 1
    widths = [128, 128] + [256] * (count - 4) + [512, 512]
    layers, channels = [], 1
    for index, (size, width) in enumerate(zip(sizes, [128] + widths)):
        stem = index == 0
        if channels_last:
            pad = nn.ZeroPad2d(((size - 1) // 2, size // 2, 0, 0)) if not stem and size % 2 == 0 else None
            inner = (0, 0 if stem or pad else size // 2)
            convolution = nn.Conv2d(channels, width, (1, size), stride=(1, size) if stem else 1, padding=inner)
            norm, pool = nn.BatchNorm2d(width), nn.MaxPool2d((1, size))
        else:
            pad = nn.ConstantPad1d(((size - 1) // 2, size // 2), 0.0) if not stem and size % 2 == 0 else None
            inner = 0 if stem or pad else size // 2
            convolution = nn.Conv1d(channels, width, size, stride=size if stem else 1, padding=inner)
            norm, pool = nn.BatchNorm1d(width), nn.MaxPool1d(size)
        layers += ([pad] if pad else []) + [convolution, norm, nn.ReLU()] + ([] if stem else [pool])
        channels = width
    last = [nn.Conv2d(512, 512, 1), nn.BatchNorm2d(512)] if channels_last else [nn.Conv1d(512, 512, 1), nn.BatchNorm1d(512)]
    model = nn.Sequential(*layers, *last, nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(512, 50))
    length = 1
    for size in sizes:
        length *= size
    x = 0.1 * torch.randn(batch, 1, length)
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x[:, :, None, :].to(memory_format=torch.channels_last)
    target = (torch.rand(batch, 50) > 0.95).float()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    seconds = []
    for _ in range(steps + 1):
        start = time.perf_counter()
        optimiser.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(x), target)
        loss.backward()
        optimiser.step()
        loss.item()
        seconds.append(time.perf_counter() - start)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds[1:], "peak": f"{peak} kB"}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="3^9")
    parser.add_argument("--batch", type=int, default=23)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=3, help="timed steps of a case in one round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ours", default=os.path.join(ROOT, "target", "release", "examples", "step"))
    parser.add_argument("--ours-only", action="store_true")
    parser.add_argument("--skip", default="", help="cases to leave out, by comma")
    parser.add_argument("--peer", choices=["plain", "channels-last"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.peer:
        return peer(given.network, given.batch, given.threads, given.steps, given.peer == "channels-last")

    common = ["--batch", str(given.batch), "--threads", str(given.threads), "--steps", str(given.steps)]
    own = [sys.executable, os.path.abspath(__file__), "--network", given.network, *common, "--peer"]
    cases = {"ours": ([given.ours, given.network, *common], {})}
    if not given.ours_only:
        cases["torch eager, stock"] = ([*own, "plain"], {})
        cases["torch eager, tuned"] = ([*own, "plain"], TUNED)
        cases["torch channels-last, tuned"] = ([*own, "channels-last"], TUNED)
    for name in filter(None, given.skip.split(",")):
        cases.pop(name, None)
    seconds = {name: [] for name in cases}
    peaks = {}
    for _ in range(given.rounds):
        for name, (command, variables) in random.sample(list(cases.items()), len(cases)):
            run = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True)
            if run.returncode:
                print(f"{name}: failed\n{run.stderr[-2000:]}", file=sys.stderr)
                continue
            record = json.loads(run.stdout)
            seconds[name] += record["seconds"]
            peaks[name] = int(record["peak"].split()[0]) // 1024
    ours = statistics.median(seconds["ours"])
    print(f"training step, {given.network}, batch {given.batch}, {given.threads} threads, f32")
    print("| case | median s | min-max | ours is faster by | peak MiB |\n|---|---|---|---|---|")
    for name, values in seconds.items():
        if values:
            middle = statistics.median(values)
            print(f"| {name} | {middle:.3f} | {min(values):.3f}-{max(values):.3f} | {middle / ours:.2f} | {peaks[name]} |")


if __name__ == "__main__":
    main()
