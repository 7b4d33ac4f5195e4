"""Writes the values with which our optimisers and weighted losses are compared with PyTorch's.

    bench/.venv/bin/python bench/reference/optimisers.py > testdata/optimisers.json

Everything is float64. Each case of `updates` starts from `weights` and applies the gradients of `gradients` in turn,
with the learning rates of `rates`; `after` are the weights after each update. Each case of `losses` is a batch of
logits with its mean loss (a sum divided by the number of cells or segments, whatever the weights) and the gradient of
the logits.
"""

import json
import sys

import torch

torch.set_default_dtype(torch.float64)
COUNT, UPDATES = 7, 12


def update_case(random, optimiser, weight_decay, largest_norm):
    weights = torch.randn(COUNT, generator=random)
    # From tiny to large gradients; one weight has no gradient at all.
    gradients = torch.randn(UPDATES, COUNT, generator=random) * torch.tensor([0.0, 1e-9, 1e-4, 0.01, 1.0, 10.0, 100.0])
    rates = [0.01 / (1 + step) for step in range(UPDATES)]
    parameter = torch.nn.Parameter(weights.clone())
    make = {
        "sgd-nesterov": lambda: torch.optim.SGD(
            [parameter], lr=1.0, momentum=0.9, nesterov=True, weight_decay=weight_decay
        ),
        "adam": lambda: torch.optim.Adam([parameter], lr=1.0, weight_decay=weight_decay),
        "adamw": lambda: torch.optim.AdamW([parameter], lr=1.0, weight_decay=weight_decay),
    }
    rule = make[optimiser]()
    after = []
    for rate, gradient in zip(rates, gradients):
        rule.param_groups[0]["lr"] = rate
        parameter.grad = gradient.clone()
        if largest_norm is not None:
            torch.nn.utils.clip_grad_norm_([parameter], largest_norm)
        rule.step()
        after.append(parameter.detach().tolist())
    return {
        "optimiser": optimiser,
        "weightDecay": weight_decay,
        "largestNorm": largest_norm,
        "weights": weights.tolist(),
        "gradients": gradients.tolist(),
        "rates": rates,
        "after": after,
    }


def loss_case(random, task, smoothing, weights):
    rows, tags = 4, 3
    # Values that float32 holds exactly.
    logits = (torch.randn(rows, tags, generator=random) * 256).round() / 64
    logits.requires_grad_()
    weight = None if weights is None else torch.tensor(weights)
    if task == "multi-label":
        targets = (torch.rand(rows, tags, generator=random) < 0.4).double()
        smooth = targets * (1 - smoothing) + smoothing / 2
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, smooth, pos_weight=weight)
        targets = targets.flatten().tolist()
    else:
        targets = torch.randint(0, tags, (rows,), generator=random)
        loss = torch.nn.functional.cross_entropy(
            logits, targets, weight=weight, label_smoothing=smoothing, reduction="sum"
        )
        loss = loss / rows
        targets = targets.tolist()
    loss.backward()
    return {
        "task": task,
        "smoothing": smoothing,
        "weights": weights,
        "tags": tags,
        "logits": logits.detach().flatten().tolist(),
        "targets": targets,
        "loss": loss.item(),
        "gradient": logits.grad.flatten().tolist(),
    }


def main():
    random = torch.Generator().manual_seed(20261130)
    updates = [
        update_case(random, optimiser, weight_decay, largest_norm)
        for optimiser in ("sgd-nesterov", "adam", "adamw")
        for weight_decay in (0.0, 0.1)
        for largest_norm in (None, 5.0)
    ]
    losses = [
        loss_case(random, task, smoothing, weights)
        for task in ("multi-label", "single-label")
        for smoothing in (0.0, 0.125)
        for weights in (None, [2.0, 0.5, 8.0])
    ]
    json.dump({"torch": torch.__version__, "updates": updates, "losses": losses}, sys.stdout)
    print()


main()
