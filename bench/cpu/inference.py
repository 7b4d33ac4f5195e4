"""Inference of one clip (10 segments), ours beside PyTorch and ONNX Runtime, interleaved in one run.

    cargo build --release -p samplecnn-engine --example infer
    VENV/bin/python bench/cpu/inference.py [--network 3^9] [--batch 10] [--threads 2] [--rounds 9] [--cases A,B] [--json FILE]

Every case is a process of its own that stays loaded and waits; a round asks all of them once, in random order, for at least
a quarter of a second of batches. Around every repeat the CPU time that others took (or the hypervisor stole) is read; a repeat
that lost more than 3 % of the machine is "dirty" and repeated, up to three times the rounds. Where a machine is never quiet
the dirty repeats are used and the report says so. Columns: median, min-max, segments/s, GFLOP/s counted directly, and how
many times faster ours is. "tuned" is PyTorch with an allocator that keeps its memory (reference: docs/performance.md).
"""
import argparse, json, os, random, statistics, struct, subprocess, sys, tempfile, time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 40), "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(64 << 20),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "THP_MEM_ALLOC_ENABLE": "1",
}
# name: (kind, environment)
CASES = {
    "ours": ("ours", {}),
    "ours, AVX2": ("ours", {"SAMPLECNN_CPU_LEVEL": "avx2"}),
    "ours, fixed14": ("fixed14", {}),
    "ours, int8": ("int8", {}),
    "PyTorch eager, stock": ("eager", {}),
    "PyTorch eager, tuned": ("eager", TUNED),
    "PyTorch folded, channels_last, tuned": ("channels_last", TUNED),
    "PyTorch folded, channels_last, compile + freezing, tuned": ("compile", {**TUNED, "TORCHINDUCTOR_FREEZING": "1"}),
    "ONNX Runtime": ("onnx", {}),
    "ONNX Runtime, int8": ("onnx-int8", {}),
}


def read_model(path):
    import numpy
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    facts = json.loads(header.pop("__metadata__")["samplecnn"])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"]).copy()
    return facts["architecture"], tensors


def layers(architecture, tensors):
    """(name of the convolution, of its norm, stride, padding, pool) from the waveform on; plain modules only."""
    side = architecture.get("same", "right")
    pad = lambda k: (k // 2, (k - 1) // 2) if side == "left" else ((k - 1) // 2, k // 2)
    stem = architecture["stem"]
    yield "stem.conv", "stem.norm", stem["stride"], tuple(stem.get("padding", (0, 0))), 1
    for i, block in enumerate(architecture["blocks"]):
        if block["kind"] != "basic" or block.get("convs", 1) != 1:
            sys.exit("this benchmark compares networks of basic blocks")
        yield f"blocks.{i}.conv", f"blocks.{i}.norm", 1, pad(block["kernel"]), block["pool"]
    yield "head.conv", "head.norm", 1, pad(architecture["head"].get("kernel", 1)), 1


def folded(architecture, tensors, conv, norm):
    import numpy
    weight, bias = tensors[conv + ".weight"].astype(float), tensors[conv + ".bias"].astype(float)
    part = lambda name: tensors[f"{norm}.{name}"].astype(float)
    scale = part("weight") / numpy.sqrt(part("running_var") + architecture["norm"]["eps"])
    bias = (bias - part("running_mean")) * scale + part("bias")
    return (weight * scale[:, None, None]).astype("f4"), bias.astype("f4")


def torch_network(architecture, tensors, kind):
    import torch
    from torch import nn
    parts, two = [], kind != "eager"
    for conv, norm, stride, padding, pool in layers(architecture, tensors):
        weight = tensors[conv + ".weight"]
        size = (1, weight.shape[2]) if two else weight.shape[2]
        if padding[0] != padding[1]:
            parts.append(nn.ConstantPad2d((*padding, 0, 0), 0.0) if two else nn.ConstantPad1d(padding, 0.0))
        same = padding[0] if padding[0] == padding[1] else 0
        make = nn.Conv2d if two else nn.Conv1d
        layer = make(weight.shape[1], weight.shape[0], size, (1, stride) if two else stride, (0, same) if two else same)
        if two:
            w, b = folded(architecture, tensors, conv, norm)
            layer.weight.data, layer.bias.data = torch.from_numpy(w)[:, :, None], torch.from_numpy(b)
            parts += [layer, nn.ReLU()]
        else:
            layer.weight.data, layer.bias.data = map(torch.from_numpy, (weight, tensors[conv + ".bias"]))
            batch = nn.BatchNorm1d(weight.shape[0], architecture["norm"]["eps"])
            batch.load_state_dict({n: torch.from_numpy(tensors[f"{norm}.{n}"]) for n in ("weight", "bias", "running_mean", "running_var")}, strict=False)
            parts += [layer, batch, nn.ReLU()]
        if pool > 1:
            parts.append(nn.MaxPool2d((1, pool)) if two else nn.MaxPool1d(pool))
    out = tensors["head.out.weight"]
    dense = nn.Linear(out.shape[1], out.shape[0])
    dense.weight.data, dense.bias.data = torch.from_numpy(out), torch.from_numpy(tensors["head.out.bias"])
    network = nn.Sequential(*parts, nn.Flatten(), dense).eval()
    return network.to(memory_format=torch.channels_last) if two else network


def torch_runner(architecture, tensors, kind, threads):
    import torch
    torch.set_num_threads(threads)
    network = torch_network(architecture, tensors, kind)
    shape = (lambda x: x[:, None, None].contiguous(memory_format=torch.channels_last)) if kind != "eager" else (lambda x: x[:, None])
    if kind == "compile":
        network = torch.compile(network)

    def run(x):
        with torch.inference_mode() if kind != "compile" else torch.no_grad():
            return network(shape(torch.from_numpy(x))).numpy()
    return run


def onnx_runner(architecture, tensors, threads, samples=None):
    """A session of the folded network; with `samples` `[n, length]`, statically quantised to 8 bits (QDQ, per channel) on them."""
    import onnx, onnxruntime
    from onnx import helper, numpy_helper, TensorProto
    nodes, weights, x = [], [], "input"
    for i, (conv, norm, stride, padding, pool) in enumerate(layers(architecture, tensors)):
        for name, value in zip((f"w{i}", f"b{i}"), folded(architecture, tensors, conv, norm)):
            weights.append(numpy_helper.from_array(value, name))
        nodes.append(helper.make_node("Conv", [x, f"w{i}", f"b{i}"], [f"c{i}"], strides=[stride], pads=list(padding)))
        nodes.append(helper.make_node("Relu", [f"c{i}"], [f"r{i}"]))
        x = f"r{i}"
        if pool > 1:
            nodes.append(helper.make_node("MaxPool", [x], [f"p{i}"], kernel_shape=[pool], strides=[pool]))
            x = f"p{i}"
    weights += [numpy_helper.from_array(tensors["head.out.weight"], "wo"), numpy_helper.from_array(tensors["head.out.bias"], "bo")]
    nodes += [helper.make_node("Flatten", [x], ["flat"]), helper.make_node("Gemm", ["flat", "wo", "bo"], ["logits"], transB=1)]
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "network", [value("input", ["n", 1, architecture["inputLength"]])], [value("logits", ["n", None])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # A waiting session must not spin beside the others.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    model = model.SerializeToString() if samples is None else quantised(model, samples)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"input": x[:, None]})[0]


def quantised(model, samples):
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Reader(CalibrationDataReader):
        left = [{"input": samples[i:i + 1, None]} for i in range(len(samples))]

        def get_next(self):
            return self.left.pop() if self.left else None

    folder = tempfile.mkdtemp()
    plain, ready, small = (os.path.join(folder, name) for name in ("plain.onnx", "ready.onnx", "int8.onnx"))
    onnx.save(model, plain)
    quant_pre_process(plain, ready, skip_symbolic_shape=True)
    quantize_static(ready, small, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    return small


def worker(case, model, batch, threads):
    import numpy
    architecture, tensors = read_model(model)
    kind = CASES[case][0]
    x = (numpy.random.default_rng(1).random((batch, architecture["inputLength"]), "f4") - 0.5)
    if kind.startswith("onnx"):
        run = onnx_runner(architecture, tensors, threads, x if kind == "onnx-int8" else None)
    else:
        run = torch_runner(architecture, tensors, kind, threads)
    run(x), run(x)
    for line in sys.stdin:
        command, argument = line.split()
        if command == "logits":
            x = numpy.fromfile(argument, "<f4").reshape(batch, -1)
            print(json.dumps(run(x).ravel().tolist()), flush=True)
            continue
        began, batches = time.perf_counter(), 0
        while time.perf_counter() - began < float(argument):
            run(x)
            batches += 1
        print((time.perf_counter() - began) / batches, flush=True)


def lost(pids):
    """CPU seconds that others took and that were stolen, so far; CPU seconds of `pids`."""
    tick = os.sysconf("SC_CLK_TCK")
    values = list(map(int, open("/proc/stat").readline().split()[1:9]))
    ours = 0
    for pid in pids:
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        ours += int(fields[11]) + int(fields[12])
    return (sum(values) - values[3] - values[4] - ours) / tick


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", default="3^9")
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json")
    parser.add_argument("--cases", help="only those whose names hold one of these words, separated by commas; ours is always there")
    parser.add_argument("--binary", default=os.path.join(ROOT, "target/release/examples/infer"))
    parser.add_argument("--worker")
    parser.add_argument("--model")
    options = parser.parse_args()
    if options.worker:
        return worker(options.worker, options.model, options.batch, options.threads)
    folder = tempfile.mkdtemp()
    model, samples = os.path.join(folder, "model.safetensors"), os.path.join(folder, "samples")
    sizes = ["--batch", str(options.batch), "--threads", str(options.threads)]
    facts = json.loads(subprocess.run([options.binary, options.network, *sizes, "--rounds", "1", "--save", model, "--samples", samples],
                                      check=True, capture_output=True, text=True).stdout)
    gflop = facts["gflops"] * facts["median"]
    workers, missing = {}, {}
    words = options.cases.split(",") if options.cases else [""]
    for case, (kind, environment) in CASES.items():
        if case != "ours" and not any(word in case for word in words):
            continue
        precision = "f32" if kind == "ours" else kind
        command = [options.binary, model, *sizes, "--serve", "--precision", precision] if case.startswith("ours") else \
            [sys.executable, os.path.abspath(__file__), "--worker", case, "--model", model, *sizes]
        environment = {**os.environ, **environment, "OMP_NUM_THREADS": str(options.threads)}
        workers[case] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    def ask(case, command):
        process = workers[case]
        try:
            process.stdin.write(command + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            missing[case] = (process.stderr.read().strip().splitlines() or ["no answer"])[-1]
            workers.pop(case)
            return None
        return json.loads(answer)

    truth, errors = None, {}
    for case in list(workers):
        logits = ask(case, f"logits {samples}")
        print(f"{case}: {'missing' if logits is None else 'ready'}", file=sys.stderr, flush=True)
        if logits is None:
            continue
        if case == "PyTorch eager, stock":
            truth = logits
        errors[case] = logits
    if truth:
        top = max(map(abs, truth))
        errors = {case: max(abs(a - b) for a, b in zip(logits, truth)) / top for case, logits in errors.items()}
    seconds = {case: [] for case in workers}
    dirty = {case: [] for case in workers}
    for case in list(workers):
        ask(case, "run 0.25")
    for _ in range(3 * options.rounds):
        order = [case for case in workers if len(seconds[case]) < options.rounds]
        random.shuffle(order)
        for case in order:
            before, began = lost([workers[case].pid]), time.perf_counter()
            value = ask(case, "run 0.25")
            if value is None:
                continue
            elapsed = time.perf_counter() - began
            clean = lost([workers[case].pid]) - before <= 0.03 * elapsed + 0.011
            (seconds if clean else dirty)[case].append(value)
    rows = {}
    for case in workers:
        quiet = len(seconds[case]) >= max(3, options.rounds // 2)
        values = sorted(seconds[case] if quiet else seconds[case] + dirty[case])
        rows[case] = {"median": statistics.median(values), "min": values[0], "max": values[-1], "clean": len(seconds[case]),
                      "dirty": len(dirty[case]), "error": errors.get(case) if truth else None}
    print(f"{options.network}, {options.batch} segments, {options.threads} threads, level {facts['level']}, {gflop:.2f} GFLOP\n")
    print("| case | median s | min-max | segments/s | GFLOP/s | ours is faster by (median; fastest) | difference of logits | repeats clean/dirty |")
    print("|---|---|---|---|---|---|---|---|")
    for case, row in rows.items():
        row["ratio"], row["ratioOfFastest"] = row["median"] / rows["ours"]["median"], row["min"] / rows["ours"]["min"]
        error = "" if row["error"] is None else f"{row['error']:.1e}"
        print(f"| {case} | {row['median']:.4f} | {row['min']:.4f}-{row['max']:.4f} | {options.batch / row['median']:.1f} | {gflop / row['median']:.0f} "
              f"| {row['ratio']:.2f}; {row['ratioOfFastest']:.2f} | {error} | {row['clean']}/{row['dirty']} |")
    for mine, theirs in (("ours, fixed14", "ONNX Runtime"), ("ours, int8", "ONNX Runtime, int8")):
        if mine in rows and theirs in rows:
            faster = [rows[theirs][key] / rows[mine][key] for key in ("median", "min")]
            rows[mine]["fasterThan"] = {"case": theirs, "ratio": faster[0], "ratioOfFastest": faster[1]}
            print(f"\n{mine} is {faster[0]:.2f} times as fast as {theirs} (fastest repeats: {faster[1]:.2f})")
    for case, why in missing.items():
        print(f"| {case} | missing: {why} |")
    if any(row["clean"] < 3 for row in rows.values()):
        print("\nThe machine was not quiet: dirty repeats are included, trust the ratios only roughly.")
    for process in workers.values():
        process.stdin.close()
    if options.json:
        json.dump({"facts": facts, "rows": rows, "missing": missing}, open(options.json, "w"), indent=1)


main()
