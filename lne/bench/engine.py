"""One engine with one net in a process of its own, driven over standard input: `engine.py ENGINE FOLDER NET`.

Commands: `run N W` answers with the CPU milliseconds of N runs after W that do not count; `save FILE` writes the output; `quit`.
Every answer is a line of JSON behind `@@`, since engines print what they like. One thread, FP32.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np

Pair = tuple[Callable[[], object], Callable[[], np.ndarray]]


def onnx_runtime(folder: Path, net: str, sample: np.ndarray) -> Pair:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(folder / f"{net}.onnx"), options, providers=["CPUExecutionProvider"])
    feeds = {"input": sample}
    return lambda: session.run(None, feeds), lambda: session.run(None, feeds)[0]


def openvino(folder: Path, net: str, sample: np.ndarray) -> Pair:
    import openvino

    settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32", "ENABLE_CPU_PINNING": False}
    request = openvino.Core().compile_model(str(folder / f"{net}.onnx"), "CPU", settings).create_infer_request()
    request.set_input_tensor(openvino.Tensor(sample, shared_memory=True))
    return lambda: request.infer(None, share_inputs=True, share_outputs=True), lambda: np.array(request.get_output_tensor(0).data)


def ncnn(folder: Path, net: str, sample: np.ndarray) -> Pair:
    import ncnn

    network = ncnn.Net()
    network.opt.num_threads = 1
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage", "use_bf16_packed", "use_vulkan_compute"):
        if hasattr(network.opt, option):
            setattr(network.opt, option, False)
    if network.load_param(str(folder / "ncnn" / f"{net}.param")) != 0 or network.load_model(str(folder / "ncnn" / f"{net}.bin")) != 0:
        raise RuntimeError("the converted net can't be read")
    source, target = network.input_names()[0], network.output_names()[0]
    given = ncnn.Mat(np.ascontiguousarray(sample[0])).clone()

    def run():
        extractor = network.create_extractor()
        extractor.input(source, given)
        return extractor.extract(target)

    return run, lambda: np.array(run()[1])


def mnn(folder: Path, net: str, sample: np.ndarray) -> Pair:
    import MNN

    interpreter = MNN.Interpreter(str(folder / "mnn" / f"{net}.mnn"))
    session = interpreter.createSession({"backend": "CPU", "numThread": 1, "precision": "high"})
    source = interpreter.getSessionInput(session)
    given = MNN.Tensor(sample.shape, MNN.Halide_Type_Float, sample, MNN.Tensor_DimensionType_Caffe)

    def run():
        # Its planner reuses the input's memory, so the input has to be set for every run.
        source.copyFrom(given)
        interpreter.runSession(session)

    def result():
        target = interpreter.getSessionOutput(session)
        host = MNN.Tensor(target.getShape(), MNN.Halide_Type_Float, np.zeros(target.getShape(), np.float32), MNN.Tensor_DimensionType_Caffe)
        target.copyToHostTensor(host)
        return np.array(host.getData(), np.float32).reshape(target.getShape())

    return run, result


def tflite(folder: Path, net: str, sample: np.ndarray) -> Pair:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(folder / "tflite" / f"{net}.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(source["index"], sample if tuple(source["shape"]) == sample.shape else np.ascontiguousarray(sample.transpose(0, 2, 3, 1)))

    def result():
        output = interpreter.get_tensor(target["index"])
        return output.transpose(0, 3, 1, 2) if output.ndim == 4 else output

    return interpreter.invoke, result


def deepsparse(folder: Path, net: str, sample: np.ndarray) -> Pair:
    import deepsparse

    engine = deepsparse.compile_model(str(folder / f"{net}.onnx"), batch_size=1, num_cores=1)
    return lambda: engine.run([sample], False), lambda: engine.run([sample])[0]


def opencv(folder: Path, net: str, sample: np.ndarray) -> Pair:
    import cv2

    cv2.setNumThreads(1)
    network = cv2.dnn.readNetFromONNX(str(folder / f"{net}.onnx"))
    network.setInput(sample)
    return network.forward, lambda: np.array(network.forward())


def pytorch(folder: Path, net: str, sample: np.ndarray) -> Pair:
    import onnx2torch
    import torch

    torch.set_num_threads(1)
    given = torch.from_numpy(sample)
    with torch.inference_mode():
        module = onnx2torch.convert(str(folder / f"{net}.onnx")).eval()
        traced = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, given)))
    run = torch.inference_mode()(lambda: traced(given))
    return run, lambda: run().numpy()


ENGINES: dict[str, Callable[[Path, str, np.ndarray], Pair]] = {
    "onnxruntime": onnx_runtime,
    "openvino": openvino,
    "ncnn": ncnn,
    "mnn": mnn,
    "tflite": tflite,
    "deepsparse": deepsparse,
    "opencv": opencv,
    "pytorch": pytorch,
}


def times_of(run: Callable[[], object], runs: int, warmup: int) -> list[float]:
    for _ in range(warmup):
        run()
    times = []
    for _ in range(runs):
        before = time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)
        run()
        times.append((time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) - before) * 1e3)
    return times


def answer(value: object) -> None:
    print("@@" + json.dumps(value), flush=True)


def main() -> None:
    engine, folder, net = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    sample = np.load(folder / f"{net}.input.npy")
    try:
        run, result = ENGINES[engine](folder, net, sample)
        run()
        answer({"estimate": min(times_of(run, 3, 1))})
    except Exception as error:  # whatever an engine throws is its result for this net
        answer({"error": f"{type(error).__name__}: {error}"})
        return
    for line in sys.stdin:
        words = line.split()
        if words[0] == "quit":
            return
        if words[0] == "run":
            answer({"cpu_ms": times_of(run, int(words[1]), int(words[2]))})
        if words[0] == "save":
            run()
            np.save(words[1], result())
            answer({})


if __name__ == "__main__":
    main()
