"""The network of a samplecnn model file in PyTorch, for benchmarks: in either memory layout, with or without its norms.

`planar` is the layout in which PyTorch is fastest: [batch, channels, 1, length], channels last.
"""

import json
import struct

import numpy
import torch
import torch.nn.functional as F
from torch import nn


def read(path):
    """Returns the facts and tensors of a model file."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    facts = json.loads(header.pop("__metadata__")["samplecnn"])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = torch.from_numpy(numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy())
    return facts, tensors


class Conv(nn.Module):
    def __init__(self, planar, into, out, kernel, stride, padding, bias):
        super().__init__()
        self.padding = tuple(padding) + ((0, 0) if planar else ())
        even = padding[0] == padding[1]
        size = (1, kernel) if planar else kernel
        step = (1, stride) if planar else stride
        same = ((0, padding[0]) if planar else padding[0]) if even else 0
        self.pad = not even
        self.conv = (nn.Conv2d if planar else nn.Conv1d)(into, out, size, step, same, bias=bias)

    def forward(self, x):
        return self.conv(F.pad(x, self.padding) if self.pad else x)


class Mel(nn.Module):
    """A mel spectrogram as the first layer: [batch, samples] to [batch, bands, frames]."""

    def __init__(self, stem, rate, samples):
        super().__init__()
        self.size, self.hop, self.window_length = stem["fft"], stem["stride"], stem["kernel"]
        self.frames = samples // self.hop
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("deviation", torch.ones(1))
        self.register_buffer("window", torch.hann_window(self.window_length), persistent=False)
        bands, top = stem["channels"], 2595 * numpy.log10(1 + rate / 2 / 700)
        edges = 700 * (10 ** (top * numpy.arange(bands + 2) / (bands + 1) / 2595) - 1)
        hertz = numpy.arange(self.size // 2 + 1) * rate / self.size
        rising = (hertz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
        falling = (edges[2:, None] - hertz) / (edges[2:] - edges[1:-1])[:, None]
        filters = torch.from_numpy(numpy.maximum(0, numpy.minimum(rising, falling)).astype("f4"))
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, segments):
        spectrum = torch.stft(segments, self.size, self.hop, self.window_length, self.window, center=True,
                              pad_mode="constant", return_complex=True)[..., : self.frames]
        return (torch.log(1 + 10 * (self.filters @ spectrum.abs())) - self.mean) / self.deviation


class Block(nn.Module):
    def __init__(self, network, b, into):
        super().__init__()
        self.network, self.kind, self.pool, self.dropout = [network], b["kind"], b["pool"], b.get("dropout", 0.0)
        width, stride, count = b["channels"], b.get("stride", 1), b.get("convs", 1)
        self.names = [str(i + 1) if self.kind == "res" or count > 1 else "" for i in range(count)]
        for i, name in enumerate(self.names):
            first = into if i == 0 else width
            setattr(self, "conv" + name,
                    network.conv(first, width, b["kernel"], stride if i == 0 else 1, b.get("bias", True)))
            setattr(self, "norm" + name, network.norm(width))
        if b.get("excite"):
            hidden = max(1, int(width * b["excite"] + 0.5))
            self.excite = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})
        if self.kind == "res" and (into != width or stride != 1):
            conv = network.conv(into, width, b.get("shortcutKernel", 1), stride, b.get("bias", True))
            self.shortcut = nn.ModuleDict({"conv": conv, "norm": network.norm(width)})

    def scale(self, x):
        e = torch.relu(self.excite["fc1"](x.mean(tuple(range(2, x.dim())))))
        e = torch.sigmoid(self.excite["fc2"](e))
        return x * e.reshape(e.shape + (1,) * (x.dim() - 2))

    def forward(self, x):
        into = x
        for i, name in enumerate(self.names):
            x = getattr(self, "norm" + name)(getattr(self, "conv" + name)(x))
            if self.kind != "res":
                x = torch.relu(x)
            elif i + 1 < len(self.names):
                x = F.dropout(torch.relu(x), self.dropout, self.training)
        if self.kind == "res":
            x = self.scale(x) if hasattr(self, "excite") else x
            x = torch.relu(
                x + (self.shortcut["norm"](self.shortcut["conv"](into)) if hasattr(self, "shortcut") else into))
        if self.pool > 1:
            x = F.max_pool2d(x, (1, self.pool)) if x.dim() == 4 else F.max_pool1d(x, self.pool)
        if self.kind == "se":
            x = self.scale(x)
        return x if self.kind == "res" else F.dropout(x, self.dropout, self.training)


class Network(nn.Module):
    def __init__(self, facts, planar):
        super().__init__()
        a = facts["architecture"]
        self.planar, self.same, self.norms = planar, a.get("same", "right"), a.get("norm", {})
        s, h = a["stem"], a["head"]
        if s.get("kind") == "mel":
            self.stem = nn.ModuleDict({"mel": Mel(s, a["samplingRate"], a["inputLength"])})
        else:
            stem = Conv(planar, 1, s["channels"], s["kernel"], s["stride"], s.get("padding", [0, 0]),
                        s.get("bias", True))
            self.stem = nn.ModuleDict({"conv": stem, "norm": self.norm(s["channels"])})
        into, self.blocks = s["channels"], nn.ModuleList()
        for b in a["blocks"]:
            self.blocks.append(Block(self, b, into))
            into = b["channels"]
        self.levels, self.dropout, self.normed = h.get("levels", 1), h.get("dropout", 0.5), h.get("norm", True)
        self.mean = h.get("pooling", "max") == "maxmean"
        into = sum(b["channels"] for b in a["blocks"][-self.levels :])
        width, self.dense = h.get("channels", 0) or into, h["kind"] != "conv"
        hidden = nn.Linear(into, width) if self.dense else self.conv(into, width, h.get("kernel", 1), 1, True)
        norm = (nn.BatchNorm1d(width) if self.dense else self.norm(width)) if self.normed else nn.Identity()
        self.head = nn.ModuleDict({"hidden" if self.dense else "conv": hidden, "norm": norm})
        self.head["out"] = nn.Linear(width, len(facts["tags"]))

    def conv(self, into, out, kernel, stride, bias):
        less, more = (kernel - 1) // 2, kernel // 2
        return Conv(self.planar, into, out, kernel, stride, (more, less) if self.same == "left" else (less, more), bias)

    def norm(self, width):
        if self.norms.get("kind", "batch") == "none":
            return nn.Identity()
        make = nn.BatchNorm2d if self.planar else nn.BatchNorm1d
        return make(width, eps=self.norms.get("eps", 1e-5), momentum=self.norms.get("momentum", 0.01))

    def forward(self, segments):
        if "mel" in self.stem:
            with torch.no_grad():
                x = self.stem["mel"](segments)
            x = x[:, :, None].contiguous(memory_format=torch.channels_last) if self.planar else x
        else:
            x = segments[:, None, None] if self.planar else segments[:, None]
            x = torch.relu(self.stem["norm"](self.stem["conv"](x)))
        levels = []
        for block in self.blocks:
            x = block(x)
            levels.append(x)
        if self.dense:
            wide = tuple(range(2, x.dim()))
            pooled = [y.amax(wide) + y.mean(wide) if self.mean else y.amax(wide) for y in levels[-self.levels :]]
            x = torch.cat(pooled, 1)
            x = x if self.normed else F.dropout(x, self.dropout, self.training)
            x = torch.relu(self.head["norm"](self.head["hidden"](x)))
        else:
            x = torch.relu(self.head["norm"](self.head["conv"](x))).flatten(1)
        x = F.dropout(x, self.dropout, self.training) if self.normed else x
        return self.head["out"](x)


def load(path, planar=False):
    """The network with the weights of a model file."""
    facts, tensors = read(path)
    network = Network(facts, planar)
    state = network.state_dict()
    for name in state:
        own = (name.replace(".conv.weight", ".weight").replace(".conv.bias", ".bias")
               if name.endswith((".conv.weight", ".conv.bias")) else name)
        value = tensors.get(own, tensors.get(name))
        if value is not None:
            state[name] = value.reshape(state[name].shape)
        elif not name.endswith("num_batches_tracked"):
            raise KeyError(f"{path} has no {name}")
    network.load_state_dict(state)
    return network.to(memory_format=torch.channels_last) if planar else network, facts


@torch.no_grad()
def fold(network):
    """Folds the norms into the convolutions before them, for inference."""
    for module in [network.stem, network.head, *network.blocks,
                   *[b.shortcut for b in network.blocks if hasattr(b, "shortcut")]]:
        parts = dict(module.named_children())
        for name, norm in parts.items():
            if not name.startswith("norm") or isinstance(norm, nn.Identity):
                continue
            layer = parts.get(name.replace("norm", "conv"), parts.get("hidden"))
            layer = getattr(layer, "conv", layer)
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            bias = 0 if layer.bias is None else layer.bias
            layer.weight.mul_(scale.reshape((-1,) + (1,) * (layer.weight.dim() - 1)))
            layer.bias = nn.Parameter((bias - norm.running_mean) * scale + norm.bias)
            (setattr(module, name, nn.Identity()) if not isinstance(module, nn.ModuleDict)
             else module.update({name: nn.Identity()}))
    return network
