import { randomUUID } from 'node:crypto';
import type { Digest } from '@sedge/artifact-contracts';
import { createCloudEvent, type CloudEvent, type JobRequestedData } from '@sedge/event-contracts';
import { jobIdOf, type RegisteredTool } from '@sedge/tool-contracts';
import type { GoldenCase } from './workbench.js';

/** An event by which a job is asked for, with whatever a check makes of it. */
export type AskedEvent = CloudEvent<JobRequestedData> & Record<string, unknown>;

/**
 * The event by which `workflow` asks for a job that nobody asked for before.
 * @param inputs in place of those of the case
 */
export function jobRequested(
  { definition, digest, machine }: RegisteredTool,
  { parameters, inputs: own }: GoldenCase,
  inputs: GoldenCase['inputs'] = own,
): AskedEvent {
  // What a job knows of the machine is part of its key: so each is a job of its own.
  const marked = { ...machine, conform: randomUUID() };
  const job: Digest = jobIdOf({ tool: digest, parameters, inputs, machine: marked });
  const { name, version, stage } = definition;
  const tool = { name, version, stage, digest };
  return createCloudEvent<JobRequestedData>({
    type: 'sedge.job.requested.v1',
    source: '/services/workflow',
    subject: job,
    time: new Date(),
    correlationId: 'conform',
    data: { job, tool, parameters, inputs, machine: marked, run: marked.conform, again: false },
  }) as AskedEvent;
}

/** The event by which the run that asked for a job leaves it. */
export function cancelRequested({ data: { job, tool, run } }: AskedEvent, time = new Date()): CloudEvent {
  const type = 'sedge.job.cancel-requested.v1';
  return createCloudEvent({ type, source: '/services/workflow', subject: job, data: { job, tool, run }, time });
}

const LATER = { isOptional: true, since: 'a later version' };

/** The event as a later Sedge may publish it: with fields that nobody knows today. */
export function asOfLater({ data, ...event }: AskedEvent): object {
  const tool = { ...data.tool, laterField: LATER };
  return { ...event, laterfield: 'later', data: { ...data, laterField: LATER, tool } };
}

const DAY_MS = 24 * 3600 * 1000;

/** The event as an earlier Sedge published it a day ago: without any of the fields that may be left out. */
export function asOfBefore({
  dataschema: _,
  correlationid: __,
  causationid: ___,
  traceparent: ____,
  ...event
}: AskedEvent): object {
  return { ...event, time: new Date(Date.now() - DAY_MS).toISOString() };
}
