"""The network of a samplecnn export, for PyTorch.

    from model import load
    net, facts = load("weights.safetensors")
    scores = net.scores(segments)

`segments` has the shape [batch, inputLength]: mono audio at facts["samplingRate"] Hz with full scale +-1.

The score of a clip is the mean over its segments. Needs torch and safetensors. The names of the tensors are those of the
samplecnn model file.
"""

# The wiring is written here a second time, from the architecture alone and not from samplecnn's own graph, on purpose: this
# file works without samplecnn, and a mistake on either side shows as a difference of the scores.

import json
import math

import torch
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn


class Conv(nn.Module):
    """Convolution with zero padding on both sides; `same` is the side on which an even filter has one more zero."""

    def __init__(self, into, out, kernel, stride=1, bias=True, padding=None, same="right"):
        super().__init__()
        less, more = (kernel - 1) // 2, kernel // 2
        self.padding = padding or ((more, less) if same == "left" else (less, more))
        self.stride = stride
        self.weight = nn.Parameter(torch.zeros(out, into, kernel))
        self.bias = nn.Parameter(torch.zeros(out)) if bias else None

    def forward(self, x):
        return F.conv1d(F.pad(x, tuple(self.padding)), self.weight, self.bias, self.stride)


class Standardisation(nn.Module):
    """(x - mean) / deviation, with one mean and one deviation of the training set."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("deviation", torch.ones(1))

    def forward(self, x):
        return (x - self.mean) / self.deviation


class SignedLog(nn.Module):
    """sign(x) ln(1 + mu |x|) / ln(1 + mu) with mu = 255."""

    def forward(self, x):
        return torch.sign(x) * torch.log1p(255 * x.abs()) / math.log(256)


class Mel(nn.Module):
    """log(1 + 10 A), standardised, where A is the mel magnitude: a periodic Hann window in the middle of the FFT's frame,
    centred on every hop; triangles of height 1 on the HTK scale from 0 to half the rate."""

    def __init__(self, stem, length, rate):
        super().__init__()
        window, size, bands = stem["kernel"], stem["fft"], stem["channels"]
        self.hop, self.frames, bins = stem["stride"], length // stem["stride"], size // 2 + 1
        self.before = size // 2 - (size - window) // 2
        self.after = max(0, (self.frames - 1) * self.hop + window - length - self.before)
        i, b = torch.arange(window, dtype=torch.float64), torch.arange(bins, dtype=torch.float64)
        hann, angle = 0.5 - 0.5 * torch.cos(2 * math.pi * i / window), 2 * math.pi * torch.outer(b, i) / size
        self.register_buffer("taps", torch.cat([hann * angle.cos(), hann * angle.sin()]).unsqueeze(1).float(), persistent=False)
        mel = torch.linspace(0, 2595 * math.log10(1 + rate / 1400), bands + 2, dtype=torch.float64)
        edge, hertz = (700 * (10 ** (mel / 2595) - 1)).unsqueeze(1), b * rate / size
        rise, fall = (hertz - edge[:-2]) / (edge[1:-1] - edge[:-2]), (edge[2:] - hertz) / (edge[2:] - edge[1:-1])
        self.register_buffer("triangles", torch.minimum(rise, fall).clamp(min=0).float(), persistent=False)
        self.register_buffer("mean", torch.zeros(1))
        self.register_buffer("deviation", torch.ones(1))

    def forward(self, x):
        real, imaginary = F.conv1d(F.pad(x, (self.before, self.after)), self.taps, stride=self.hop).chunk(2, 1)
        magnitude = torch.sqrt(real**2 + imaginary**2)[..., : self.frames]
        return (torch.log1p(10 * (self.triangles @ magnitude)) - self.mean) / self.deviation


class Block(nn.Module):
    def __init__(self, b, into, norm, same):
        super().__init__()
        self.b, self.residual, width = b, b["kind"] == "res", b["channels"]
        self.convs = b.get("convs", 1)
        stride, bias = b.get("stride", 1), b.get("bias", True)
        for i in range(self.convs):
            number = str(i + 1) if self.residual or self.convs > 1 else ""
            conv = Conv(into if i == 0 else width, width, b["kernel"], stride if i == 0 else 1, bias, same=same)
            setattr(self, "conv" + number, conv)
            setattr(self, "norm" + number, norm(width))
        if b.get("excite"):
            # Rounded half away from zero, like the shapes in the file.
            hidden = max(1, int(width * b["excite"] + 0.5))
            self.excite = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})
        if self.residual and (into != width or stride != 1):
            conv = Conv(into, width, b.get("shortcutKernel", 1), stride, bias, same=same)
            self.shortcut = nn.ModuleDict({"conv": conv, "norm": norm(width)})

    def scale(self, x):
        e = torch.relu(self.excite["fc1"](x.mean(2)))
        return x * torch.sigmoid(self.excite["fc2"](e)).unsqueeze(2)

    def forward(self, x):
        into, b, rate = x, self.b, self.b.get("dropout", 0.0)
        for i in range(self.convs):
            number = str(i + 1) if self.residual or self.convs > 1 else ""
            x = getattr(self, "norm" + number)(getattr(self, "conv" + number)(x))
            if not self.residual or i + 1 < self.convs:
                x = torch.relu(x)
            if self.residual and i + 1 < self.convs:
                x = F.dropout(x, rate, self.training)
        if self.residual:
            x = self.scale(x) if hasattr(self, "excite") else x
            if hasattr(self, "shortcut"):
                into = self.shortcut["norm"](self.shortcut["conv"](into))
            x = torch.relu(into + x)
        if b["pool"] > 1:
            x = F.max_pool1d(x, b["pool"], padding=b.get("poolPadding", 0))
        if b["kind"] == "se":
            x = self.scale(x)
        return x if self.residual else F.dropout(x, rate, self.training)


class SampleCNN(nn.Module):
    def __init__(self, architecture, tags, task="multi-label"):
        super().__init__()
        a, self.task, self.head_kind = architecture, task, architecture["head"]["kind"]
        same, n, h = a.get("same", "right"), a.get("norm", {}), a["head"]

        def norm(width):
            if n.get("kind", "batch") == "none":
                return nn.Identity()
            return nn.BatchNorm1d(width, eps=n.get("eps", 1e-5), momentum=n.get("momentum", 0.01))

        inputs = {"none": nn.Identity, "standardise": Standardisation, "signed-log": SignedLog}
        self.input = inputs[a.get("inputNormalisation", "none")]()
        into = 1
        if "stem" in a:
            s = a["stem"]
            if s.get("kind", "conv") == "mel":
                mel = Mel(s, a["inputLength"], a["samplingRate"])
                self.stem, into = nn.ModuleDict({"mel": mel}), s["channels"]
        if "stem" in a and into == 1:
            conv = Conv(1, s["channels"], s["kernel"], s["stride"], s.get("bias", True), s.get("padding", [0, 0]))
            self.stem, into = nn.ModuleDict({"conv": conv, "norm": norm(s["channels"])}), s["channels"]
        self.blocks = nn.ModuleList()
        for b in a["blocks"]:
            self.blocks.append(Block(b, into, norm, same))
            into = b["channels"]
        self.levels, self.pooling = h.get("levels", 1), h.get("pooling", "max")
        self.dropout, self.drop_first = h.get("dropout", 0.5), not h.get("norm", True)
        into = sum(b["channels"] for b in a["blocks"][-self.levels :])
        width = h.get("channels", 0) or into
        hidden = Conv(into, width, h.get("kernel", 1), same=same) if h["kind"] == "conv" else nn.Linear(into, width)
        normed = norm(width) if h.get("norm", True) else nn.Identity()
        self.head = nn.ModuleDict({"conv" if h["kind"] == "conv" else "hidden": hidden, "norm": normed})
        self.head["out"] = nn.Linear(width, tags)

    def forward(self, segments):
        x = self.input(segments.unsqueeze(1))
        if hasattr(self, "stem") and "mel" in self.stem:
            x = self.stem["mel"](x)
        elif hasattr(self, "stem"):
            x = torch.relu(self.stem["norm"](self.stem["conv"](x)))
        levels = []
        for block in self.blocks:
            x = block(x)
            levels.append(x)
        if self.head_kind == "conv":
            x = torch.relu(self.head["norm"](self.head["conv"](x))).flatten(1)
        else:
            pool = lambda y: y.amax(2) + y.mean(2) if self.pooling == "maxmean" else y.amax(2)
            x = torch.cat([pool(y) for y in levels[-self.levels :]], 1)
            x = F.dropout(x, self.dropout, self.training) if self.drop_first else x
            x = torch.relu(self.head["norm"](self.head["hidden"](x)))
        x = x if self.drop_first else F.dropout(x, self.dropout, self.training)
        return self.head["out"](x)

    @torch.no_grad()
    def scores(self, segments):
        logits = self(segments)
        return torch.sigmoid(logits) if self.task == "multi-label" else torch.softmax(logits, 1)


def load(path="weights.safetensors"):
    with safe_open(path, "pt") as file:
        facts = json.loads(file.metadata()["samplecnn"])
        weights = {name: file.get_tensor(name) for name in file.keys()}
    net = SampleCNN(facts["architecture"], len(facts["tags"]), facts["task"])
    net.load_state_dict(weights)
    return net.eval(), facts
