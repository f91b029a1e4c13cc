import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { spawnSync } from 'node:child_process';
import type { ToolDefinition } from '@sedge/tool-contracts';

/** What of this machine may enter the key of a job. */
export interface Machine {
  /** instruction sets that change how numbers are computed, sorted, e.g. `avx2,avx512f,fma` */
  cpuFeatures: string;
  cpuModel: string;
  /** `none` where there is no GPU */
  gpuModel: string;
  gpus: number;
  /** that jobs may use */
  cores: number;
  /** that jobs may use */
  memoryMb: number;
}

/** Numeric libraries choose their kernels by these; others (crypto, virtualization) change no result. */
const NUMERIC_FEATURES = /^(sse4_[12]|avx|avx2|f16c|fma|avx512\w+|avx_vnni|amx_\w+|asimd\w*|sve\w*|i8mm|bf16|fphp)$/;

/** Describes the machine that this process runs on. Asks the GPU driver, so it is called once. @param limits what jobs may use of it */
export function describeMachine(limits: { cores: number | null; memoryMb: number | null }): Machine {
  const gpus = gpuNames();
  return {
    cpuFeatures: cpuFeatures(),
    cpuModel: cpus()[0]?.model.trim() || 'unknown',
    gpuModel: gpus[0] ?? 'none',
    gpus: gpus.length,
    cores: limits.cores ?? availableParallelism(),
    memoryMb: limits.memoryMb ?? Math.floor(totalmem() / 1e6),
  };
}

/** The threads that a tool is given: what it asks for, as far as the machine has them. */
export function threadsFor(definition: ToolDefinition, cores: number): number {
  return Math.max(1, Math.min(Math.ceil(definition.resources.cpu), cores));
}

/** The values of the machine names that a tool lets into the keys of its jobs. */
export function machineValuesFor(definition: ToolDefinition, machine: Machine): Record<string, string> {
  if (definition.reproducibility.level !== 'machine') return {};
  const values: Record<string, string> = {
    'cpu-features': machine.cpuFeatures,
    'cpu-model': machine.cpuModel,
    'gpu-model': machine.gpuModel,
    threads: String(threadsFor(definition, machine.cores)),
  };
  return Object.fromEntries(definition.reproducibility.names.map((name) => [name, values[name]!]));
}

function cpuFeatures(): string {
  let text: string;
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return process.arch;
  }
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? '';
  const found = line.split(/\s+/).filter((feature) => NUMERIC_FEATURES.test(feature));
  return found.length > 0 ? [...new Set(found)].sort().join(',') : process.arch;
}

function gpuNames(): string[] {
  const answer = spawnSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], {
    encoding: 'utf8',
    timeout: 5000,
  });
  if (answer.status !== 0) return [];
  return answer.stdout
    .split('\n')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
