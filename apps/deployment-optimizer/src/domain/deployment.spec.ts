import { describe, expect, it } from 'vitest';
import { missingLibrary, progressOf, readCompiler, readSelfTest } from './build-output.js';
import { inventedInputs, spreadOver } from './golden-inputs.js';
import { isBuiltOn } from './target.js';

describe('progressOf', () => {
  it('reads the lines of make and of ninja', () => {
    expect(progressOf('[ 42%] Building CXX object x.o')).toEqual({ done: 42, total: 100, unit: '%' });
    expect(progressOf('[3/7] Building CXX object x.o')).toEqual({ done: 3, total: 7, unit: 'steps' });
    expect(progressOf('main.cpp:3: note')).toBeNull();
  });
});

describe('readSelfTest', () => {
  it('reads both verdicts and nothing else', () => {
    const failed =
      'vector 0 differs\nself-test FAILED: 2 vectors, not equal bit for bit, largest difference 0.02, bound 0';
    expect(readSelfTest(failed)).toEqual({
      passed: false,
      vectors: 2,
      bitwise: false,
      largestDifference: 0.02,
      bound: 0,
    });
    expect(readSelfTest('Segmentation fault')).toBeNull();
  });
});

describe('readCompiler', () => {
  it('finds name and version', () => {
    const text = 'set(CMAKE_CXX_COMPILER_ID "GNU")\nset(CMAKE_CXX_COMPILER_VERSION "12.2.0")';
    expect(readCompiler(text)).toEqual({ name: 'GNU', version: '12.2.0' });
  });
});

describe('spreadOver', () => {
  it('takes clips from the whole range, each once', () => {
    expect(spreadOver(100, 4)).toEqual([12, 37, 62, 87]);
    expect(spreadOver(2, 4)).toEqual([0, 1]);
  });
});

describe('inventedInputs', () => {
  it('gives different vectors within -2 and 2', () => {
    const [first, second] = inventedInputs(1000, 2) as [Float32Array, Float32Array];
    expect(first).not.toEqual(second);
    expect(Math.max(...first, ...second)).toBeLessThanOrEqual(2);
    expect(Math.min(...first, ...second)).toBeGreaterThanOrEqual(-2);
    expect(first.reduce((sum, value) => sum + value, 0) / 1000).toBeCloseTo(0, 0);
  });
});

describe('missingLibrary', () => {
  it('reads what CMake broke into lines', () => {
    const output =
      'CMake Error at CMakeLists.txt:9 (message):\n  This program calls oneDNN, which is not here.  Get it: apt-get install\n  libdnnl-dev\n';
    const sentence = 'This program calls oneDNN, which is not here. Get it: apt-get install libdnnl-dev';
    expect(missingLibrary(output)).toBe(sentence);
    expect(missingLibrary('error: expected ;')).toBeNull();
  });
});

describe('isBuiltOn', () => {
  it('knows which compiler makes what', () => {
    expect(isBuiltOn('x86-64-v4', 'x64')).toBe(true);
    expect(isBuiltOn('aarch64', 'x64')).toBe(false);
    expect(isBuiltOn('generic', 'riscv64')).toBe(true);
  });
});
