export { AnswerCheck, type AnswerDocument, type HeardAnswer } from './answer-check.js';
export { KEYWORD_PREPROCESSING, gaussian, keywordNet, type KeywordNetOptions } from './keyword-net.js';
export { encodeOnnx, type OnnxNetwork, type OnnxNode } from './onnx-model.js';
export { REFERENCE_PYTHON, runReference } from './reference-python.js';
export { shippedRecordings, type ShippedRecording } from './shipped-recordings.js';
export { SmallDisk, canMount } from './small-disk.js';
export { runBuiltinTool, type ToolRunRequest, type ToolRunResult } from './tool-run.js';
export { ContainerBench, missingForContainers } from './container-bench.js';
