"""Runs a net by ncnn a number of times, on an interpreter that has nothing but ncnn's extension module beside it: for another processor, say.

    python3 ncnn_runs.py FOLDER NET.param NET.bin RUNS CHANNELS,HEIGHT,WIDTH
"""

import sys

sys.path.insert(0, sys.argv[1])
import ncnn  # noqa: E402

param, weights, runs, extents = sys.argv[2:6]
net = ncnn.Net()
net.opt.num_threads = 1
net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = net.opt.use_bf16_storage = False
if net.load_param(param) != 0 or net.load_model(weights) != 0:
    sys.exit(f"{param}: ncnn can't load it")
channels, height, width = map(int, extents.split(","))
sample = ncnn.Mat(width, height, channels)
sample.fill(0.5)
for _ in range(int(runs)):
    extractor = net.create_extractor()
    extractor.input(net.input_names()[0], sample)
    code, result = extractor.extract(net.output_names()[0])
    if code != 0:
        sys.exit(f"{param}: ncnn can't run it")
print(result.w, result.h, result.c)
