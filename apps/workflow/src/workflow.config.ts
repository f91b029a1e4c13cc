import type { Host } from '@sedge/service-kit';
import { plainToInstance } from 'class-transformer';
import { IsInt, Max, Min, validateSync } from 'class-validator';

/** What one run has asked for at once where stages are processes of their own, on machines of which nothing is known here. */
const OVER_MANY_MACHINES = 64;

/** The settings of the workflow service, each from an environment variable. */
export class WorkflowConfig {
  /** SEDGE_MAX_CHARACTERS: longest text of a workflow with what `--set` gives */
  @IsInt({ message: 'SEDGE_MAX_CHARACTERS must be a whole number' })
  @Min(1000, { message: 'SEDGE_MAX_CHARACTERS must be at least 1000' })
  @Max(16_000_000, { message: 'SEDGE_MAX_CHARACTERS must be at most 16000000' })
  maxCharacters = 2_000_000;

  /** SEDGE_MAX_STEPS: most steps of a workflow, sweeps expanded */
  @IsInt({ message: 'SEDGE_MAX_STEPS must be a whole number' })
  @Min(1, { message: 'SEDGE_MAX_STEPS must be at least 1' })
  @Max(1_000_000, { message: 'SEDGE_MAX_STEPS must be at most 1000000' })
  maxSteps = 20_000;

  /**
   * SEDGE_PARALLEL_STEPS: jobs that one run has asked for at once. 0: where all stages are in this process, as many as the machine has
   * cores; else so many that stages of many workers have enough, and that the jobs of other runs need not wait behind thousands
   */
  @IsInt({ message: 'SEDGE_PARALLEL_STEPS must be a whole number' })
  @Min(0, { message: 'SEDGE_PARALLEL_STEPS must be at least 0' })
  @Max(10_000, { message: 'SEDGE_PARALLEL_STEPS must be at most 10000' })
  parallelSteps = 0;

  /** SEDGE_PLAN_TIMEOUT_MS: how long a plan waits for inputs to be brought in */
  @IsInt({ message: 'SEDGE_PLAN_TIMEOUT_MS must be a whole number of milliseconds' })
  @Min(1000, { message: 'SEDGE_PLAN_TIMEOUT_MS must be at least 1000' })
  planTimeoutMs = 600_000;

  /** SEDGE_WATCH_MS: how often deadlines, awaited artifacts and results that another copy of the service was told of are looked for */
  @IsInt({ message: 'SEDGE_WATCH_MS must be a whole number of milliseconds' })
  @Min(50, { message: 'SEDGE_WATCH_MS must be at least 50' })
  watchMs = 1000;

  /** SEDGE_RECONCILE_MS: how long a job may be silent before its stage is asked about it */
  @IsInt({ message: 'SEDGE_RECONCILE_MS must be a whole number of milliseconds' })
  @Min(100, { message: 'SEDGE_RECONCILE_MS must be at least 100' })
  reconcileMs = 60_000;

  /** Jobs that one run may have asked for at once. */
  jobsAtOnce({ isAlone, machine }: Pick<Host, 'isAlone' | 'machine'>): number {
    if (this.parallelSteps > 0) return this.parallelSteps;
    return isAlone ? machine.cores : OVER_MANY_MACHINES;
  }

  /** @throws Error that names every variable that is wrong */
  static fromEnvironment(environment: Record<string, string | undefined>): WorkflowConfig {
    const given = Object.entries(VARIABLES)
      .filter(([variable]) => (environment[variable] ?? '') !== '')
      .map(([variable, property]) => [property, Number(environment[variable])]);
    const config = plainToInstance(WorkflowConfig, Object.fromEntries(given) as object);
    const mistakes = validateSync(config).flatMap(({ constraints }) => Object.values(constraints ?? {}));
    if (mistakes.length > 0) throw new Error(`${mistakes.join('; ')}; correct or unset these environment variables`);
    return config;
  }
}

const VARIABLES = {
  SEDGE_MAX_CHARACTERS: 'maxCharacters',
  SEDGE_MAX_STEPS: 'maxSteps',
  SEDGE_PARALLEL_STEPS: 'parallelSteps',
  SEDGE_PLAN_TIMEOUT_MS: 'planTimeoutMs',
  SEDGE_WATCH_MS: 'watchMs',
  SEDGE_RECONCILE_MS: 'reconcileMs',
} as const;
