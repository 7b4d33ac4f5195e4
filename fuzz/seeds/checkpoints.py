"""Generates the small checkpoints of testdata/fuzz: pickles, archives, HDF5 and safetensors files of tiny networks.

    python fuzz/seeds/checkpoints.py      needs numpy and h5py; PyTorch is not needed

The script does not change the other inputs in these folders, which fuzzing found.
"""

import io
import json
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path

import h5py
import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "testdata" / "fuzz"

# Stand-ins for the classes and functions that PyTorch's pickles refer to.
torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
sys.modules.update({"torch": torch, "torch._utils": utils})


def _rebuild_tensor_v2(*_):
    raise NotImplementedError


_rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
utils._rebuild_tensor_v2 = _rebuild_tensor_v2
KINDS = {"FloatStorage": 4, "HalfStorage": 2, "LongStorage": 8}
for kind in KINDS:
    setattr(torch, kind, type(kind, (), {"__module__": "torch"}))


class Storage:
    def __init__(self, key, count, kind="FloatStorage"):
        self.key, self.count, self.kind = key, count, kind


class Tensor:
    """A tensor of the given shape, whose values begin at `offset` in the storage."""

    def __init__(self, storage, *shape, offset=0):
        self.storage, self.shape, self.offset = storage, shape, offset

    def __reduce__(self):
        strides = tuple(int(np.prod(self.shape[axis + 1 :])) for axis in range(len(self.shape)))
        return _rebuild_tensor_v2, (self.storage, self.offset, self.shape, strides, False, OrderedDict())


class Pickler(pickle.Pickler):
    legacy = False

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        known = ("storage", getattr(torch, value.kind), value.key, "cpu", value.count)
        return known + (None,) if self.legacy else known


def pickled(value, protocol=2, legacy=False):
    file = io.BytesIO()
    pickler = Pickler(file, protocol)
    pickler.legacy = legacy
    pickler.dump(value)
    return file.getvalue()


def plain(storage, conv, norm, output):
    """The smallest network: three convolutions with two channels and norms, and an output layer."""
    state = OrderedDict()
    for i in range(3):
        state[conv.format(i) + ".weight"] = Tensor(storage, 2, 2 if i else 1, 3)
        state[conv.format(i) + ".bias"] = Tensor(storage, 2)
        for part in ("weight", "bias", "running_mean", "running_var"):
            state[f"{norm.format(i)}.{part}"] = Tensor(storage, 2, offset=2)
    state[output + ".weight"], state[output + ".bias"] = Tensor(storage, 2, 2), Tensor(storage, 2)
    return state


def archive(data, storages, name="a"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as zipped:
        for path, content in [("data.pkl", data), ("byteorder", b"little"), *storages]:
            zipped.writestr(zipfile.ZipInfo(f"{name}/{path}"), content)
    return file.getvalue()


def legacy(state, storages):
    """The legacy PyTorch format without the magic number and the protocol version at its beginning."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    keys = [storage.key for storage in storages]
    numbers = [struct.pack("<q", s.count) + bytes(s.count * KINDS[s.kind]) for s in storages]
    return pickled(system) + pickled(state, legacy=True) + pickled(keys) + b"".join(numbers)


def safetensors(tensors, facts=None):
    header, data = {}, b""
    if facts is not None:
        header["__metadata__"] = {"samplecnn": json.dumps(facts, separators=(",", ":"))}
    for name in sorted(tensors):
        shape = tensors[name]
        end = len(data) + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), end]}
        data += np.full(shape, 0.5, "<f4").tobytes()
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def keras(path, convs, norms, dense, parts, version, wide=False, shape=lambda i: (3, 2 if i else 1, 2), **how):
    weight, bias, mean, variance = parts
    with h5py.File(path, "w", **how) as file:
        file.attrs["keras_version"] = version.encode()

        def layer(name, values):
            group = file.create_group(name)
            for part, size in values.items():
                group.create_dataset(part.format(name), data=np.full(size, 0.5, "f8" if wide else "f4"))

        for i in range(3):
            layer(convs.format(i + 1), {weight: shape(i), bias: 2})
            layer(norms.format(i + 1), {"{0}/gamma:0" if "/" in weight else "{0}_gamma": 2,
                                        "{0}/beta:0" if "/" in weight else "{0}_beta": 2, mean: 2, variance: 2})
        layer(dense, {weight: (2, 2), bias: 2})


ARCHITECTURE = {"samplingRate": 8000, "inputLength": 9, "stem": {"kernel": 3, "stride": 3, "channels": 1},
                "blocks": [{"kind": "basic", "kernel": 3, "pool": 3, "channels": 1}], "head": {"kind": "conv"}}
FACTS = {"format": 1, "architecture": ARCHITECTURE, "tags": ["a", "b"], "task": "multi-label", "samplingRate": 8000,
         "licence": "MIT", "training": {"epochs": 3, "rate": 0.01}}


def own_tensors():
    norm = {part: (1,) for part in ("weight", "bias", "running_mean", "running_var")}
    tensors = {"head.out.weight": (2, 1), "head.out.bias": (2,)}
    for layer, kernel in (("stem", 3), ("blocks.0", 3), ("head", 1)):
        tensors.update({f"{layer}.conv.weight": (1, 1, kernel), f"{layer}.conv.bias": (1,)})
        tensors.update({f"{layer}.norm.{part}": size for part, size in norm.items()})
    return tensors


def main():
    def write(target, name, content):
        (FOLDER / target).mkdir(parents=True, exist_ok=True)
        (FOLDER / target / name).write_bytes(content.encode() if isinstance(content, str) else content)

    storage = Storage("0", 16)
    numbered = plain(storage, "conv{}.0", "conv{}.1", "fc")
    state = OrderedDict((k.replace("conv2", "conv3").replace("conv1", "conv2").replace("conv0", "conv1"), v)
                        for k, v in numbered.items())
    sequence = plain(storage, "sequential.{}.0", "sequential.{}.1", "fc")
    layers = OrderedDict((f"layer{int(k[5]) + 1}{k[6:]}" if k.startswith("layer") else k, v)
                         for k, v in plain(storage, "layer{}.conv", "layer{}.bn", "dense").items())
    nested = {"epoch": 3, "lr": 0.1, "hyper": [True, None, -5, 2**40, "text", b"bytes", (1,), {2}],
              "state_dict": sequence}
    write("pickle", "kyungyunlee", pickled(state))
    write("pickle", "protocol-4", pickled(nested, 4))
    write("pickle", "protocol-5", pickled(layers, 5))
    half = OrderedDict(w=Tensor(Storage("1", 6, "HalfStorage"), 2, 3), n=Tensor(Storage("0", 8, "LongStorage"), 2))
    write("pickle", "types", pickled(half))
    write("pickle", "legacy", legacy(state, [storage]))
    floats = np.full(16, 0.5, "<f4").tobytes()
    write("archive", "kyungyunlee.pt", archive(pickled(state), [("data/0", floats)]))
    write("archive", "clmr.ckpt", archive(pickled(nested), [("data/0", floats)], "archive"))
    write("archive", "minzwon.pth",
          b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03." + legacy(layers, [storage]))
    write("archive", "own.safetensors", safetensors(own_tensors(), FACTS))
    write("archive", "plain.safetensors", safetensors({k: v.shape for k, v in state.items()}))
    write("model", "small", safetensors(own_tensors(), FACTS))
    write("model", "facts", json.dumps(FACTS))
    dense = {**ARCHITECTURE, "norm": {"kind": "none"}, "blocks": [
        {"kind": "se", "kernel": 3, "pool": 2, "channels": 2, "excite": 2},
        {"kind": "res", "kernel": 2, "pool": 1, "channels": 3, "convs": 2, "shortcutKernel": 3, "dropout": 0.2}],
        "head": {"kind": "dense", "channels": 2, "levels": 2, "pooling": "maxmean"}}
    write("model", "dense", json.dumps({**FACTS, "task": "single-label", "architecture": dense}))
    mel = {**ARCHITECTURE, "stem": {"kind": "mel", "kernel": 4, "stride": 3, "channels": 2, "fft": 4}}
    write("model", "mel", json.dumps({**FACTS, "architecture": mel, "training": None}))
    for name, json_of in {"conv": ARCHITECTURE, "dense": dense, "mel": mel}.items():
        write("architecture", name, json.dumps(json_of))
    for i, preset in enumerate(("3^9", "3^7/27@8000", "2017:4^6", "rate:8000", "raw:5,729,243", "mel:5,729,243",
                                "se-multi", "rese2-small", "minzwon-se", "clmr", "leenet24", "res1")):
        write("architecture", f"preset-{i}", preset)
    (FOLDER / "hdf5").mkdir(parents=True, exist_ok=True)
    new = ("{0}/kernel:0", "{0}/bias:0", "{0}/moving_mean:0", "{0}/moving_variance:0")
    old = ("{0}_W", "{0}_b", "{0}_running_mean", "{0}_running_std")
    keras(FOLDER / "hdf5/keras-1.hdf5", "convolution1d_{}", "batchnormalization_{}", "dense_1", old, "1.1.0",
          shape=lambda i: (3, 1, 2 if i else 1, 2))
    keras(FOLDER / "hdf5/keras-2.hdf5", "conv1d_{}", "batch_normalization_{}", "dense_1", new, "2.0.5")
    keras(FOLDER / "hdf5/latest.hdf5", "conv1d_{}", "batch_normalization_{}", "dense_1", new, "2.0.5", libver="latest")
    keras(FOLDER / "hdf5/double.hdf5", "conv1d_{}", "batch_normalization_{}", "dense_1", new, "2.0.5", wide=True,
          libver=("earliest", "v110"), track_order=True)
    with h5py.File(FOLDER / "hdf5/filters.hdf5", "w") as file:
        file.attrs["keras_version"] = "2.0.5"
        group = file.create_group("conv1d_1")
        values = np.arange(64, dtype="f4").reshape(8, 8)
        group.create_dataset("kernel:0", data=values, chunks=(4, 4), compression="gzip", shuffle=True, fletcher32=True)
        group.create_dataset("bias:0", data=values[0], chunks=(4,), maxshape=(None,))
        group.create_dataset("text", data=np.array(["a", "b"], dtype=h5py.string_dtype()))
        group["link"] = h5py.SoftLink("/conv1d_1/bias:0")
        group["outside"] = h5py.ExternalLink("other.hdf5", "/x")


main()
