"""Writes the small checkpoints of other programs in crates/import/tests/data, with the scores that PyTorch gives for
them.

    python bench/reference/checkpoints.py crates/import/tests/data

Needs torch, numpy and h5py. Every network is the published network with reduced widths, random weights and significant
running statistics. The file of each source has the key names, layouts and container of that source. Scores are computed
in float64 by the definition below, for a whole clip of two segments and a remainder.
"""

import json
import sys
from collections import OrderedDict
from pathlib import Path

import h5py
import numpy as np
import torch
import torch.nn.functional as F

SEED = 20170301


def clip(samples):
    """The test clip: splitmix64 of the index, in [-0.5, 0.5), rounded to float32."""
    with np.errstate(over="ignore"):
        z = (np.arange(1, samples + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (((z >> np.uint64(40)).astype(np.float64) / 2**23 - 1) * 0.5).astype(np.float32)


class Net:
    """A network as a list of layers; `w` holds its tensors by (layer, part)."""

    def __init__(self, eps=1e-5, left=False):
        self.w = OrderedDict()
        self.eps = eps
        self.left = left
        self.random = np.random.default_rng(SEED)

    def weights(self, name, shape, bias=True):
        fan = int(np.prod(shape[1:]))
        self.w[name, "weight"] = self.random.standard_normal(shape) * np.sqrt(2.0 / fan)
        if bias:
            self.w[name, "bias"] = self.random.standard_normal(shape[0]) * 0.1

    def norm(self, name, width):
        self.w[name, "gamma"] = self.random.uniform(0.6, 1.4, width)
        self.w[name, "beta"] = self.random.standard_normal(width) * 0.2
        self.w[name, "mean"] = self.random.standard_normal(width) * 0.3
        self.w[name, "var"] = self.random.uniform(0.4, 1.6, width)

    def tensor(self, name, part):
        # The file contains float32 values, so the computation uses these values.
        return torch.from_numpy(np.asarray(self.w[name, part], np.float32).astype(np.float64))

    def conv(self, x, name, norm, width, kernel, stride=1, padding=None, bias=True):
        if (name, "weight") not in self.w:
            self.weights(name, (width, x.shape[1], kernel), bias)
            self.norm(norm, width)
        if padding is None:
            less, more = (kernel - 1) // 2, kernel // 2
            padding = (more, less) if self.left else (less, more)
        b = self.tensor(name, "bias") if bias else None
        x = F.conv1d(F.pad(x, padding), self.tensor(name, "weight"), b, stride=stride)
        return self.normed(x, norm)

    def normed(self, x, norm):
        g, b, m, v = (self.tensor(norm, part) for part in ("gamma", "beta", "mean", "var"))
        return F.batch_norm(x, m, v, g, b, training=False, eps=self.eps)

    def dense(self, x, name, width):
        if (name, "weight") not in self.w:
            self.weights(name, (width, x.shape[1]))
        return F.linear(x, self.tensor(name, "weight"), self.tensor(name, "bias"))

    def excite(self, x, first, second, hidden):
        e = torch.relu(self.dense(x.mean(2), first, hidden))
        return x * torch.sigmoid(self.dense(e, second, x.shape[1])).unsqueeze(2)


WIDTHS = [128, 128, 256, 256, 256, 256, 256, 256, 512]
# Fewer blocks if the overhead of HDF5 would make the file large.
SHORT = [128, 128, 256, 256, 512]


def plain(net, x, name, digits, widths, outputs, divide, last=1, stem_padding=(0, 0), output="out"):
    """Stem, modules, last convolution and dense layer; name(i) names the i-th convolution and its norm."""
    x = torch.relu(net.conv(x, *name(0), 128 // divide, digits[0], digits[0], stem_padding))
    for i, (digit, width) in enumerate(zip(digits[1:], widths)):
        x = torch.relu(net.conv(x, *name(i + 1), width // divide, digit))
        x = F.max_pool1d(x, digit)
    n = len(widths) + 1
    top = (widths[-1] if last == 1 or last == 3 else last) // divide
    x = torch.relu(net.conv(x, *name(n), top, 3 if last == 3 else 1))
    return x.flatten(1) if outputs == 0 else net.dense(x.flatten(1), output, outputs)


def score(forward, length, task="multi-label"):
    audio = torch.from_numpy(clip(2 * length + 100).astype(np.float64))
    segments = audio[: 2 * length].reshape(2, 1, length)
    logits = forward(segments)
    scores = torch.sigmoid(logits) if task == "multi-label" else torch.softmax(logits, 1)
    return scores.mean(0).tolist()


def torch_tensors(net, key, old=False):
    """The state dict with the names that key(layer) returns."""
    state = OrderedDict()
    parts = {"gamma": "weight", "beta": "bias", "mean": "running_mean", "var": "running_var"}
    for (layer, part), value in net.w.items():
        state[f"{key(layer)}.{parts.get(part, part)}"] = torch.tensor(np.asarray(value), dtype=torch.float32)
        if part == "var" and not old:
            state[f"{key(layer)}.num_batches_tracked"] = torch.tensor(7)
    return state


def write_h5(path, net, layers, old):
    """A Keras file: `layers` are pairs (layer, Keras name). `old` is None for Keras 2, otherwise the
    layout of W in Keras 1."""
    with h5py.File(path, "w") as file:
        group = file.create_group("model_weights") if old != "bare" else file
        group.attrs["layer_names"] = [keras.encode() for _, keras in layers]
        group.attrs["keras_version"] = b"2.0.5" if old is None else b"1.1.0"
        for ours, keras in layers:
            inner = group.create_group(keras)
            names = []
            for part in ("weight", "bias", "gamma", "beta", "mean", "var"):
                if (ours, part) not in net.w:
                    continue
                value = np.asarray(net.w[ours, part], np.float32)
                if part == "weight" and value.ndim == 3:
                    if old is None:
                        value = value.transpose(2, 1, 0)
                    elif old == "1.0":
                        value = value[:, :, ::-1, None]
                    else:
                        value = value[:, :, ::-1].transpose(2, 1, 0)[:, None]
                elif part == "weight":
                    value = value.T
                if old is None:
                    part = {"weight": "kernel", "mean": "moving_mean", "var": "moving_variance"}.get(part, part)
                    name = f"{keras}/{part}:0"
                else:
                    part = {"weight": "W", "bias": "b", "mean": "running_mean", "var": "running_std"}.get(part, part)
                    name = f"{keras}_{part}"
                inner.create_dataset(name, data=np.ascontiguousarray(value))
                names.append(name.encode())
            inner.attrs["weight_names"] = names


def keras1_names(n):
    layers = []
    for i in range(n + 2):
        layers += [(f"c{i}", f"convolution1d_{i + 1}"), (f"n{i}", f"batchnormalization_{i + 1}")]
    return layers + [("out", "dense_1")]


def pair(i):
    return f"c{i}", f"n{i}"


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}

    def record(file, forward, length, **more):
        with torch.no_grad():
            expected[file] = {"scores": score(forward, length, more.get("task", "multi-label")),
                              "inputLength": length, **more}

    def run(net, build, length, output="out"):
        """Fills the network with one forward pass, and returns the forward function. Logits get a deviation of 1.5."""
        forward = lambda x: build(net, x)
        with torch.no_grad():
            logits = forward(torch.from_numpy(clip(length).astype(np.float64)).reshape(1, 1, length))
        if (output, "weight") in net.w:
            net.w[output, "weight"] *= 1.5 / float(logits.std())
        return forward

    numbered = lambda conv, norm: lambda layer: (conv if layer[0] == "c" else norm).format(int(layer[1:]) + 1)
    three, length = [3] * 10, 3**10

    # kyungyunlee: legacy stream without num_batches_tracked (PyTorch 0.4), and zip under a DataParallel prefix.
    net = Net()
    forward = run(net, lambda n, x: plain(n, x, pair, three, WIDTHS, 50, 16, last=3), length)
    key = lambda layer: "fc" if layer == "out" else numbered("conv{}.0", "conv{}.1")(layer)
    torch.save(torch_tensors(net, key, old=True), folder / "kyungyunlee.pth", _use_new_zipfile_serialization=False)
    record("kyungyunlee.pth", forward, length, format="kyungyunlee", rate=22050)
    state = OrderedDict(("module." + name, value) for name, value in torch_tensors(net, key).items())
    torch.save({"epoch": 3, "state_dict": state, "optimizer": {"state": {}, "lr": 0.1}},
               folder / "kyungyunlee-nested.pt")
    record("kyungyunlee-nested.pt", forward, length, format="kyungyunlee", rate=22050)

    # CLMR: Lightning with the encoder twice (one storage) and a projector; fine-tuned with a linear head, or with a
    # hidden layer; version 1.
    net = Net()
    forward = run(net, lambda n, x: n.dense(plain(n, x, pair, three, WIDTHS, 0, 16, last=3), "out", 50), length)
    encoder = Net()
    encoder.w = OrderedDict((name, value) for name, value in net.w.items() if name[0] != "out")
    key = lambda layer: numbered("sequential.{}.0", "sequential.{}.1")(layer[0] + str(int(layer[1:]) - 1))
    once = torch_tensors(encoder, key)
    state = OrderedDict(("encoder." + name, value) for name, value in once.items())
    state.update(("model.encoder." + name, value) for name, value in once.items())
    state["model.projector.0.weight"] = torch.zeros(32, 32)
    state["model.projector.2.weight"] = torch.zeros(8, 32)
    torch.save({"epoch": 9, "pytorch-lightning_version": "1.4.9", "state_dict": state}, folder / "clmr.ckpt")
    expected["clmr.ckpt"] = {"format": "clmr", "rate": 22050, "inputLength": length}
    state = OrderedDict(("encoder." + name, value) for name, value in once.items())
    state["model.0.weight"] = net.tensor("out", "weight").float()
    state["model.0.bias"] = net.tensor("out", "bias").float()
    torch.save({"pytorch-lightning_version": "1.4.9", "state_dict": state}, folder / "clmr-finetuned.ckpt")
    record("clmr-finetuned.ckpt", forward, length, format="clmr", rate=22050)
    net = Net()
    forward = run(
        net,
        lambda n, x: n.dense(
            torch.relu(n.dense(plain(n, x, pair, three, WIDTHS, 0, 16, last=3), "hidden", 32)), "out", 50),
        length)
    names = lambda layer: {"hidden": "model.0", "out": "model.2"}.get(layer) or "encoder." + key(layer)
    torch.save({"pytorch-lightning_version": "1.4.9", "state_dict": torch_tensors(net, names)},
               folder / "clmr-hidden.ckpt")
    record("clmr-hidden.ckpt", forward, length, format="clmr", rate=22050)
    key = lambda layer: "encoder." + numbered("conv{}.0", "conv{}.1")(layer)
    torch.save(torch_tensors(encoder, key), folder / "clmr-v1.pt")
    expected["clmr-v1.pt"] = {"format": "clmr", "rate": 22050, "inputLength": length}

    # configurable: different sizes, an even filter, no classifier.
    net = Net()
    run(net, lambda n, x: plain(n, x, pair, [4] * 5, [128, 128, 256, 512], 0, 16), 4**5)
    key = lambda layer: numbered("all_blocks.{}.0", "all_blocks.{}.1")(layer[0] + str(int(layer[1:]) - 1))
    torch.save(torch_tensors(net, key), folder / "configurable.pt")
    expected["configurable.pt"] = {"format": "configurable", "rate": 22050, "inputLength": 4**5}

    # minzwon, legacy as published; stem padded on both sides.
    net = Net()
    forward = run(net, lambda n, x: plain(n, x, pair, three, WIDTHS, 50, 16, stem_padding=(1, 1)), length)
    key = lambda layer: "dense" if layer == "out" else numbered("layer{}.conv", "layer{}.bn")(layer)
    torch.save(torch_tensors(net, key), folder / "minzwon.pth", _use_new_zipfile_serialization=False)
    record("minzwon.pth", forward, length, format="minzwon", rate=16000)

    # minzwon SampleCNNSE.
    def minzwon_se(n, x):
        for i, width in enumerate([128, *WIDTHS, 512]):
            width, kernel, stride = width // 16, 1 if i == 10 else 3, 3 if i == 0 else 1
            name = lambda part: f"layer{i + 1}.{part}"
            y = torch.relu(n.conv(x, name("conv_1"), name("bn_1"), width, kernel, stride, (kernel // 2, kernel // 2)))
            y = n.conv(y, name("conv_2"), name("bn_2"), width, kernel)
            y = n.excite(y, name("dense1"), name("dense2"), width)
            if stride != 1 or width != x.shape[1]:
                x = n.conv(x, name("conv_3"), name("bn_3"), width, kernel, stride, (kernel // 2, kernel // 2))
            x = torch.relu(x + y)
            x = x if i in (0, 10) else F.max_pool1d(x, 3)
        x = n.dense(x.squeeze(2), "dense1", 32)
        if ("bn", "gamma") not in n.w:
            n.norm("bn", 32)
        return n.dense(torch.relu(n.normed(x, "bn")), "dense2", 50)

    net = Net()
    forward = run(net, minzwon_se, length, "dense2")
    torch.save(torch_tensors(net, lambda layer: layer), folder / "minzwon-se.pth", _use_new_zipfile_serialization=False)
    record("minzwon-se.pth", forward, length, format="minzwon-se", rate=16000)

    # PANNs: padded pools, maximum plus mean, under the key `model`.
    def leenet(widths, double):
        def build(n, x):
            for i, width in enumerate(widths):
                name = lambda part: f"conv_block{i + 1}.{part}"
                x = torch.relu(
                    n.conv(x, name("conv1"), name("bn1"), width // 16, 3, 3 if i == 0 else 1, (1, 1), bias=False))
                if double:
                    x = torch.relu(n.conv(x, name("conv2"), name("bn2"), width // 16, 3, bias=False))
                if i > 0 and not (double and i + 1 == len(widths)):
                    x = F.max_pool1d(x, 3, padding=1)
            x = x.max(2).values + x.mean(2)
            return n.dense(
                torch.relu(n.dense(x, "fc1", 2 * x.shape[1] if not double else x.shape[1])), "fc_audioset", 10)

        return build

    for file, widths, double in [
        ("leenet11.pth", [64, 64, 64, 128, 128, 128, 128, 128, 256], False),
        ("leenet24.pth", [64, 96, 128, 128, 256, 256, 512, 512, 1024], True),
    ]:
        net = Net()
        forward = run(net, leenet(widths, double), 320000, "fc_audioset")
        state = torch_tensors(net, lambda layer: layer)
        torch.save({"iteration": 100, "model": state, "sampler": {"state": np.random.RandomState(1).get_state()[2]}},
                   folder / file)
        record(file, forward, 320000, format="panns", rate=32000)

    # jongpillee, Keras 1 on Theano: mixed digits with left-heavy even filters; MSD; the layout of Keras 1.0.
    net = Net(left=True)
    digits = [2, 2, 2, 2, 4, 3]
    samples = int(np.prod(digits))
    forward = run(net, lambda n, x: plain(n, x, pair, digits, [128, 128, 256, 256, 512], 17, 16), samples)
    write_h5(folder / "dcase.hdf5", net, keras1_names(5), "1.1")
    record("dcase.hdf5", forward, samples, format="jongpillee", rate=44100, same="left")
    write_h5(folder / "keras-1.0.hdf5", net, keras1_names(5), "1.0")
    record("keras-1.0.hdf5", forward, samples, format="jongpillee", rate=44100, same="left")
    net = Net(left=True)
    widths = [128, 128] + [256] * 7
    forward = run(net, lambda n, x: plain(n, x, pair, three, widths, 50, 16), length)
    write_h5(folder / "msd.hdf5", net, keras1_names(9), "bare")
    record("msd.hdf5", forward, length, format="jongpillee", rate=22050, same="left", first="rock", dropout=0)
    net = Net(left=True)
    forward = run(net, lambda n, x: plain(n, x, pair, three, WIDTHS, 50, 16), length)
    write_h5(folder / "keras-1.1.hdf5", net, keras1_names(9), "1.1")
    record("keras-1.1.hdf5", forward, length, format="jongpillee", rate=22050, same="left", first="guitar")

    # tae-jun/sample-cnn, Keras 2; numbers do not start at 1.
    net = Net(eps=1e-3)
    forward = run(net, lambda n, x: plain(n, x, pair, three, WIDTHS, 50, 16), length)
    layers = [(f"c{i}", f"conv1d_{i + 12}") for i in range(11)]
    layers += [(f"n{i}", f"batch_normalization_{i + 12}") for i in range(11)]
    write_h5(folder / "sample-cnn.hdf5", net, layers + [("out", "dense_2")], None)
    record("sample-cnn.hdf5", forward, length, format="sample-cnn", rate=22050, first="choral")

    # tae-jun/resemul: layers in the order of their creation, as (ours, Keras class).
    def squeeze(kind, ratio, divide, outputs, standard=None):
        order = []
        plan = WIDTHS if kind == "se" else SHORT

        def build(n, x):
            order.clear()
            if standard:
                x = (x - standard[0]) / standard[1]

            def conv(x, name, width, kernel=3, stride=1, padding=None):
                order.append(name)
                return n.conv(x, "c" + name, "n" + name, width, kernel, stride, padding)

            x = torch.relu(conv(x, "stem", 128 // divide, 3, 3, (0, 0)))
            levels = []
            for i, width in enumerate(w // divide for w in plan):
                hidden = int(width * ratio)
                if kind == "se":
                    x = F.max_pool1d(torch.relu(conv(x, f"{i}.conv", width)), 3)
                    order.append(f"{i}.ex")
                    x = n.excite(x, f"{i}.ex0", f"{i}.ex1", hidden)
                else:
                    shortcut = conv(x, f"{i}.scut", width, 1) if width != x.shape[1] else x
                    y = torch.relu(conv(x, f"{i}.conv0", width))
                    y = conv(y, f"{i}.conv1", width)
                    order.append(f"{i}.ex")
                    y = n.excite(y, f"{i}.ex0", f"{i}.ex1", hidden)
                    x = F.max_pool1d(torch.relu(shortcut + y), 3)
                levels.append(x.max(2).values)
            x = torch.cat(levels[-3:], 1)
            x = n.dense(x, "hidden", x.shape[1])
            if ("nhidden", "gamma") not in n.w:
                n.norm("nhidden", x.shape[1])
            return n.dense(torch.relu(n.normed(x, "nhidden")), "out", outputs)

        return build, order

    for kind in ("se", "rese2"):
        net = Net(eps=1e-3)
        build, order = squeeze(kind, 16, 64, 50)
        samples = length if kind == "se" else 3**6
        forward = run(net, build, samples)
        convs = [name for name in order if not name.endswith(".ex")]
        layers = [("c" + name, f"conv1d_{i + 1}") for i, name in enumerate(convs)]
        layers += [("n" + name, f"batch_normalization_{i + 1}") for i, name in enumerate([*convs, "hidden"])]
        denses = [f"{i}.ex{j}" for i in range(9 if kind == "se" else 5) for j in (0, 1)] + ["hidden", "out"]
        layers += [(name, f"dense_{i + 1}") for i, name in enumerate(denses)]
        # HDF5 lists by name, so a reader does not see the creation order.
        write_h5(folder / f"resemul-{kind}.hdf5", net, sorted(layers, key=lambda pair: pair[1]), None)
        record(f"resemul-{kind}.hdf5", forward, samples, format="resemul", rate=22050, first="choral")

    # tae-jun/sampleaudio: individual names, standardised input.
    for kind in ("se", "rese2"):
        net = Net(eps=1e-3)
        build, order = squeeze(kind, 0.5, 32, 50, standard=(-1.650025078561157e-4, 0.1551193743944168))
        samples = length if kind == "se" else 3**6
        forward = run(net, build, samples)
        layers = [("cstem", "conv0"), ("nstem", "norm0")]
        for name in order[1:]:
            block, part = name.split(".")
            if part == "ex":
                layers += [(f"{block}.ex0", f"block{block}_ex0"), (f"{block}.ex1", f"block{block}_ex1")]
            else:
                layers += [("c" + name, f"block{block}_" + ("scut_conv" if part == "scut" else part))]
                layers += [("n" + name,
                            f"block{block}_" + ("scut_norm" if part == "scut" else part.replace("conv", "norm")))]
        layers += [("hidden", "final_fc"), ("nhidden", "final_norm"), ("out", "logit")]
        write_h5(folder / f"sampleaudio-{kind}.hdf5", net, layers, None)
        record(f"sampleaudio-{kind}.hdf5", forward, samples, format="sampleaudio", rate=22050, first="choral")

    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
    for file in sorted(folder.iterdir()):
        spread = np.std(expected.get(file.name, {}).get("scores", [0]))
        print(f"{file.name:24} {file.stat().st_size:8} bytes  spread of scores {spread:.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
