import type { Host } from '@sedge/service-kit';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WorkflowConfig } from '../workflow.config.js';
import type { ActiveRun } from './active-run.js';
import { RunEngine } from './run-engine.service.js';
import type { RunLoader } from './run-loader.service.js';
import { RunMemory } from './run-memory.service.js';
import type { RunRepository } from './run.repository.js';
import type { RunStepper } from './run-stepper.service.js';

const host = { isAlone: true, machine: { cores: 1 } } as Host;
const loader = { load: vi.fn<RunLoader['load']>() };
const stepper = { step: vi.fn<RunStepper['step']>(async () => false) };
let engine: RunEngine;

beforeEach(async () => {
  vi.useFakeTimers();
  Logger.overrideLogger(false);
  const memory = new RunMemory(loader as never, {} as never);
  const runs = { activeIds: async () => [] } as Partial<RunRepository> as RunRepository;
  engine = new RunEngine(runs, memory, stepper as Partial<RunStepper> as RunStepper, new WorkflowConfig(), host);
  await engine.onApplicationBootstrap();
});
afterEach(async () => {
  await engine.onApplicationShutdown();
  vi.useRealTimers();
});

const newRun = (): ActiveRun => ({ id: 'run', progress: { state: 'running' } }) as ActiveRun;

it('a change of a run that can not be read is answered after a while, and done once it can be read', async () => {
  loader.load.mockRejectedValue(new Error('the database is away'));
  const work = vi.fn();
  const answer = engine.change('run', work);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toBe(false);
  expect(work).not.toHaveBeenCalled();
  loader.load.mockImplementation(async () => newRun());
  const next = engine.change('run', work);
  expect(await next).toBe(true);
  expect(work).toHaveBeenCalledTimes(2);
});

it('a change is done again on the run as it was read anew where the step with it failed, and then no more', async () => {
  loader.load.mockImplementation(async () => newRun());
  stepper.step.mockRejectedValueOnce(new Error('the database is away'));
  const work = vi.fn<(active: ActiveRun) => void>();
  const answer = engine.change('run', work);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await answer).toBe(true);
  const [first, second] = work.mock.calls.map(([active]) => active);
  expect(second).not.toBe(first);
  engine.wake('run');
  await vi.advanceTimersByTimeAsync(1000);
  expect(work).toHaveBeenCalledTimes(2);
});

it('a change of a run that has ended is over', async () => {
  loader.load.mockResolvedValue(null);
  const work = vi.fn();
  expect(await engine.change('run', work)).toBe(true);
  expect(work).not.toHaveBeenCalled();
});
