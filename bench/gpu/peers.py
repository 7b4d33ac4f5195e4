"""Training steps and inference of the same networks in PyTorch on a GPU: python3 bench/gpu/peers.py. Prints one JSON object.

The counterpart of `gpu time` (crates/engine/tests/gpu/time.rs); scripts/gpu-check runs both in one go. Variants: eager Conv1d, and
Conv2d (1 x k) in channels_last; f32 without and with TF32, and AMP in bf16; torch.compile for the case of the paper. Medians after
warm-up, wall clock with the batch's upload and the loss's download, as ours.
"""

import json
import statistics
import time

import torch
from torch import nn

TAGS = 50
LENGTH = 3**10
WARM_UP, STEPS = 10, 50


def network(layout):
    """3^9 with the widths of the paper's Table 1."""
    widths = [128, 128, 128, 256, 256, 256, 256, 256, 256, 512]
    conv, norm, pool = (
        (nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d) if layout == "conv1d" else (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d)
    )
    size = (lambda k: k) if layout == "conv1d" else (lambda k: (1, k))
    pad = (lambda p: p) if layout == "conv1d" else (lambda p: (0, p))
    layers, channels = [], 1
    for index, width in enumerate(widths):
        first = index == 0
        layers += [conv(channels, width, size(3), stride=size(3) if first else 1, padding=pad(0 if first else 1))]
        layers += [norm(width), nn.ReLU()] + ([] if first else [pool(size(3))])
        channels = width
    layers += [conv(512, 512, 1), norm(512), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(512, TAGS)]
    model = nn.Sequential(*layers).cuda()
    return model if layout == "conv1d" else model.to(memory_format=torch.channels_last)


def shaped(x, layout):
    if layout == "conv1d":
        return x[:, None, :]
    return x[:, None, None, :].contiguous(memory_format=torch.channels_last)


def timed(step):
    seconds = []
    for index in range(WARM_UP + STEPS):
        start = time.perf_counter()
        step(index)
        torch.cuda.synchronize()
        if index >= WARM_UP:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3


def training(layout, precision, batch, compiled=False):
    torch.manual_seed(0)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "f32"
    model = network(layout)
    run = torch.compile(model, mode="reduce-overhead") if compiled else model
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, fused=True)
    inputs = [torch.rand(batch, LENGTH).mul_(0.2).sub_(0.1).pin_memory() for _ in range(4)]
    targets = [(torch.rand(batch, TAGS) > 0.95).float().pin_memory() for _ in range(4)]

    def step(index):
        x = shaped(inputs[index % 4].cuda(non_blocking=True), layout)
        t = targets[index % 4].cuda(non_blocking=True)
        with torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
            loss = nn.functional.binary_cross_entropy_with_logits(run(x).float(), t)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return loss.item()

    return timed(step)


def inference(layout, precision, segments=1000, batch=100):
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = precision != "f32"
    model = network(layout).eval()
    x = torch.rand(batch, LENGTH).mul_(0.2).sub_(0.1).pin_memory()
    seconds = []
    with torch.inference_mode(), torch.autocast("cuda", torch.bfloat16, enabled=precision == "bf16"):
        for index in range(6):
            start = time.perf_counter()
            for _ in range(segments // batch):
                model(shaped(x.cuda(non_blocking=True), layout)).float().cpu()
            if index > 0:
                seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3


def main():
    rows, failed = [], []

    def case(kind, name, measure, *arguments, **options):
        try:
            rows.append({"case": kind, "variant": name, "milliseconds": measure(*arguments, **options)})
        except Exception as why:  # a variant that this PyTorch cannot run must not hide the others
            failed.append(f"{kind} {name}: {why}"[:300])
        torch.cuda.empty_cache()

    for batch in (23, 128):
        for layout in ("conv1d", "conv2d channels_last"):
            for precision in ("f32", "tf32", "bf16"):
                case(f"3^9 step, batch {batch}", f"eager {layout} {precision}", training, layout, precision, batch)
    for layout in ("conv1d", "conv2d channels_last"):
        for precision in ("f32", "tf32", "bf16"):
            case("3^9 inference, 1000 segments", f"eager {layout} {precision}", inference, layout, precision)
    for precision in ("f32", "tf32", "bf16"):
        name = f"compiled conv2d channels_last {precision}"
        case("3^9 step, batch 23", name, training, "conv2d channels_last", precision, 23, compiled=True)
    device = torch.cuda.get_device_name()
    print(json.dumps({"torch": torch.__version__, "device": device, "peers": rows, "variantsThatFailed": failed, "failed": []}))


main()
