import type { Digest } from '@sedge/artifact-contracts';
import type { JobSpecification } from '@sedge/tool-contracts';

/** Where an item of a run stands. */
export const ITEM_STATES = [
  /** waits for items that it reads */
  'pending',
  /** could run, but the limit of parallel steps is reached */
  'queued',
  /** its job was asked for */
  'requested',
  /** its job runs */
  'running',
  /** waits for an artifact that somebody else will publish */
  'awaiting',
  'succeeded',
  'failed',
  /** not run because an item that it reads failed, or the run was stopped */
  'skipped',
  'cancelled',
] as const;

export type ItemState = (typeof ITEM_STATES)[number];

export const FINAL_STATES: readonly ItemState[] = ['succeeded', 'failed', 'skipped', 'cancelled'];

/** How an item came to its result. */
export type Decision =
  /** its job ran for it */
  | 'ran'
  /** the result was there, and verified */
  | 'reused'
  /** another run had asked for the same job, and both share it */
  | 'shared';

/** What a job computes, with the tool's name beside its digest for people. */
export interface ItemJob extends JobSpecification {
  id: Digest;
  toolName: string;
  toolVersion: string;
  stage: string;
}

export interface ItemFailure {
  code: string;
  message: string;
  class?: 'transient' | 'preempted' | 'permanent';
}

/** One item of a run: what is kept of it in the database. */
export interface RunItem {
  number: number;
  step: string;
  label: string;
  state: ItemState;
  decision: Decision | null;
  job: ItemJob | null;
  outputs: Record<string, Digest> | null;
  failure: ItemFailure | null;
  /** why an earlier result was not used, or which item was chosen */
  note: string | null;
  /** how often the job was asked for again, by reason */
  retries: Retries;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface Retries {
  transient: number;
  preempted: number;
  cancelled: number;
}

export function isFinal(state: ItemState): boolean {
  return FINAL_STATES.includes(state);
}

/** `model[seed=2]`: an item as people call it. */
export function itemName(step: string, label: string): string {
  return label === '' ? step : `${step}[${label}]`;
}

export function newItem(number: number, step: string, label: string): RunItem {
  return {
    number,
    step,
    label,
    state: 'pending',
    decision: null,
    job: null,
    outputs: null,
    failure: null,
    note: null,
    retries: { transient: 0, preempted: 0, cancelled: 0 },
    startedAt: null,
    finishedAt: null,
  };
}
