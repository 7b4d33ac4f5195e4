"""Training steps and inference of the same networks in PyTorch on a GPU: `python3 bench/gpu/peers.py NETWORKS.json`,
one JSON object.

The counterpart of `gpu time` (crates/engine/tests/gpu/time.rs); `gpu networks` prints NETWORKS.json. scripts/gpu-check
runs both together. Variants: eager Conv1d, and Conv2d (1 x k) in channels_last; f32 without and with TF32, and AMP in
bf16; torch.compile with CUDA graphs at batch 23. Medians after warm-up, in wall-clock time with the upload of the batch
and the download of the loss, as for samplecnn.
"""

import json
import os
import statistics
import sys
import time

import torch
from torch import nn

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cpu", "peers"))
from network import Network  # noqa: E402

WARM_UP, STEPS = 10, 50
PRECISIONS = ("f32", "tf32", "bf16")
LAYOUTS = ("conv1d", "conv2d channels_last")


def build(facts, layout, precision):
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "f32"
    planar = layout != "conv1d"
    model = Network(facts, planar).cuda()
    return model.to(memory_format=torch.channels_last) if planar else model


def noise(batch, facts):
    return torch.rand(batch, facts["architecture"]["inputLength"]).mul_(0.2).sub_(0.1).pin_memory()


def timed(step):
    seconds = []
    for index in range(WARM_UP + STEPS):
        start = time.perf_counter()
        step(index)
        torch.cuda.synchronize()
        if index >= WARM_UP:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3


def training(facts, layout, precision, batch, compiled=False):
    model = build(facts, layout, precision)
    run = torch.compile(model, mode="reduce-overhead") if compiled else model
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, fused=True)
    inputs = [noise(batch, facts) for _ in range(4)]
    targets = [(torch.rand(batch, len(facts["tags"])) > 0.95).float().pin_memory() for _ in range(4)]

    def step(index):
        x = inputs[index % 4].cuda(non_blocking=True)
        t = targets[index % 4].cuda(non_blocking=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            loss = nn.functional.binary_cross_entropy_with_logits(run(x).float(), t)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return timed(step)


def inference(facts, layout, precision, segments=1000, batch=100):
    model = build(facts, layout, precision).eval()
    x = noise(batch, facts)
    seconds = []
    with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
        for index in range(6):
            start = time.perf_counter()
            for _ in range(segments // batch):
                model(x.cuda(non_blocking=True)).float().cpu()
            if index > 0:
                seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3


def main():
    with open(sys.argv[1], encoding="utf8") as file:
        networks = json.load(file)["networks"]
    rows, failed = [], []

    def case(network, batch, variant, precision, measure, *arguments, **options):
        try:
            milliseconds = measure(networks[network], *arguments, **options)
            rows.append({"network": network, "batch": batch, "variant": variant, "precision": precision,
                         "milliseconds": milliseconds})
        except Exception as why:  # a variant that this PyTorch version cannot run must not stop the others
            failed.append(f"{network} batch {batch} {variant} {precision}: {why}"[:300])
        torch.cuda.empty_cache()

    for network, batch in (("3^9", 23), ("3^9", 128), ("se-multi", 23), ("rese2-multi", 23)):
        for layout in LAYOUTS:
            for precision in PRECISIONS:
                case(network, batch, f"eager {layout}", precision, training, layout, precision, batch)
    for layout in LAYOUTS:
        for precision in PRECISIONS:
            case("3^9", 0, f"eager {layout}", precision, inference, layout, precision)
    for network in ("3^9", "se-multi", "rese2-multi"):
        for precision in ("bf16", "tf32", "f32") if network == "3^9" else ("bf16", "tf32"):
            case(network, 23, f"compiled {LAYOUTS[1]}", precision, training, LAYOUTS[1], precision, 23, compiled=True)
    device = torch.cuda.get_device_name()
    print(json.dumps({"torch": torch.__version__, "device": device, "peers": rows,
                      "variantsThatFailed": failed, "failed": []}))


main()
