import type { JobFile, JobInput } from './protocol.js';

/** The job as a tool sees it whose directories lie at another place than here: `<root>/inputs/…`, `<root>/outputs/…`, `<root>/scratch`. */
export function jobInside(job: JobFile, root: string): JobFile {
  const at = (input: JobInput, place: string): JobInput => ({ ...input, path: `${root}/inputs/${place}` });
  const inputs = Object.entries(job.inputs).map(([name, input]) => [
    name,
    Array.isArray(input) ? input.map((item, index) => at(item, `${name}/${index}`)) : at(input, name),
  ]);
  const outputs = Object.entries(job.outputs).map(([name, { kind }]) => [
    name,
    { path: `${root}/outputs/${name}`, kind },
  ]);
  return {
    ...job,
    inputs: Object.fromEntries(inputs) as JobFile['inputs'],
    outputs: Object.fromEntries(outputs) as JobFile['outputs'],
    scratch: `${root}/scratch`,
  };
}
