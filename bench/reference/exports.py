"""Compares exports with the scores of crates/import/tests/data/expected.json.

    python bench/reference/exports.py FOLDER

For each checkpoint NAME, FOLDER contains NAME.onnx and NAME/weights.safetensors with NAME/model.py, as `samplecnn
export` writes them after `samplecnn import`. Needs onnxruntime, onnx, torch, safetensors and numpy.
"""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from checkpoints import clip


def main(folder):
    expected = json.loads((Path(__file__).parents[2] / "crates/import/tests/data/expected.json").read_text())
    worst = 0.0
    for name, facts in expected.items():
        if "scores" not in facts:
            continue
        length = facts["inputLength"]
        segments = clip(2 * length).reshape(2, length)
        path = folder / f"{name}.onnx"
        onnx.checker.check_model(onnx.load(path), full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        whole = session.run(["scores"], {"waveform": segments})[0].mean(0)
        alone = np.mean([session.run(["scores"], {"waveform": one[None]})[0][0] for one in segments], 0)
        spec = importlib.util.spec_from_file_location("model", folder / name / "model.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        net, _ = module.load(str(folder / name / "weights.safetensors"))
        torched = net.scores(torch.from_numpy(segments)).mean(0).numpy()
        errors = [float(np.abs(got - np.array(facts["scores"])).max()) for got in (whole, alone, torched)]
        worst = max(worst, *errors)
        print(f"{name:24} onnx, batch 2: {errors[0]:.1e}  onnx, batch 1: {errors[1]:.1e}  pytorch: {errors[2]:.1e}")
    print(f"largest difference of a score: {worst:.1e}")
    return 0 if worst <= 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
