// A file does one thing: above 500 lines it is split. Tables, generated files and vector kernels are excused by name here.
import { readFileSync } from 'node:fs';

const LIMIT = 500;
const isCode = /\.(ts|mjs|py|hpp|cpp|h|cc)$/;
const excused = [/\.gen\.ts$/];

export function check(files) {
  return files
    .filter((path) => isCode.test(path) && !excused.some((pattern) => pattern.test(path)))
    .map((path) => [path, readFileSync(path, 'utf8').split('\n').length])
    .filter(([, lines]) => lines > LIMIT)
    .map(([path, lines]) => `${path} has ${lines} lines; split it before ${LIMIT}`);
}
