"""ONNX Runtime (Python) for the benchmark: reads commands from stdin, like the example programs of the engine.

    python onnx_peer.py MODEL.onnx --batch N --threads N [--int8]

`--int8`: static quantisation to QDQ, 8 bits, per channel, calibrated on noise like the noise in the measurement (speed
only).
"""

import argparse
import json
import os
import sys
import tempfile
import time

import numpy
import onnxruntime


def quantised(model, segments, threads):
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = [{name: segments[i : i + 1]} for i in range(len(segments))]

        def get_next(self):
            return self.left.pop() if self.left else None

    name = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0].name
    folder = tempfile.mkdtemp()
    ready, small = os.path.join(folder, "ready.onnx"), os.path.join(folder, "int8.onnx")
    quant_pre_process(model, ready, skip_symbolic_shape=True)
    quantize_static(ready, small, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return small


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--int8", action="store_true")
    given = parser.parse_args()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = given.threads
    options.log_severity_level = 3
    # A waiting session must not use CPU time while others are measured.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    start = onnxruntime.InferenceSession(given.model, options, providers=["CPUExecutionProvider"])
    slot = start.get_inputs()[0]
    shape = (given.batch, slot.shape[-1])
    noise = 0.1 * (numpy.random.default_rng(1).random(shape, "f4") - 0.5)
    session = start
    if given.int8:
        session = onnxruntime.InferenceSession(
            quantised(given.model, noise, given.threads), options, providers=["CPUExecutionProvider"])
    for line in sys.stdin:
        command, argument = line.split()
        if command == "logits":
            samples = numpy.fromfile(argument, "<f4").reshape(shape)
            print(json.dumps(session.run(["logits"], {slot.name: samples})[0].ravel().tolist()), flush=True)
            continue
        began, count = time.perf_counter(), 0
        while count == 0 or time.perf_counter() - began < float(argument):
            session.run(["logits"], {slot.name: noise})
            count += 1
        print((time.perf_counter() - began) / count, flush=True)


if __name__ == "__main__":
    main()
