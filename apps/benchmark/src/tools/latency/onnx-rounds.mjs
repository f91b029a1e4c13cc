// Times ONNX Runtime as a Node program calls it, in a process of its own that can be held on one core.
// usage: node onnx-rounds.mjs MODEL IDENTITY INPUT OUTPUT OPTIONS
// INPUT and OUTPUT are raw float32; OPTIONS is JSON {shape, session}. Each line {"runs", "warmup"} on standard input is a round and is answered
// by one line. The round of IDENTITY, a network that hands its input through, tells what a call costs without the work.
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const onnxRoundsPath = fileURLToPath(import.meta.url);

if (process.argv[1] === onnxRoundsPath) await serve(process.argv.slice(2));

async function serve([model, identity, inputPath, outputPath, options]) {
  const { shape, session: sessionOptions } = JSON.parse(options);
  const bytes = readFileSync(inputPath);
  const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const rssBeforeBytes = memoryBytes('VmRSS');
  const { default: ort } = await import('onnxruntime-node');
  const net = await callOf(ort, model, { data, shape, sessionOptions });
  const empty = await callOf(ort, identity, { data, shape, sessionOptions });
  const scores = await net();
  writeFileSync(outputPath, Buffer.from(scores.buffer, scores.byteOffset, scores.byteLength));
  answer({ ready: true });
  for await (const line of createInterface({ input: process.stdin })) {
    const { runs, warmup } = JSON.parse(line);
    const timesMs = await timesOf(net, runs, warmup);
    const emptyMs = await timesOf(empty, Math.min(runs, 200), warmup);
    answer({ timesMs, emptyMs, rssBeforeBytes, peakRssBytes: memoryBytes('VmHWM') });
  }
}

/** A call as a user would write it: a tensor around the data, a run, the scores. */
async function callOf(ort, path, { data, shape, sessionOptions }) {
  const session = await ort.InferenceSession.create(path, sessionOptions);
  const [input, output] = [session.inputNames[0], session.outputNames[0]];
  return async () => (await session.run({ [input]: new ort.Tensor('float32', data, shape) }))[output].data;
}

async function timesOf(call, runs, warmup) {
  for (let i = 0; i < warmup; i++) await call();
  const times = [];
  for (let i = 0; i < runs; i++) {
    const before = performance.now();
    await call();
    times.push(performance.now() - before);
  }
  return times;
}

/** A line of /proc/self/status in bytes; 0 where the system has no such file. */
function memoryBytes(name) {
  try {
    const found = new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
    return found ? Number(found[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}

function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
