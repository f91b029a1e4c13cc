import { CHANNELS, type Side } from './channels.js';
import type { EventType } from './event-map.js';
import { toolSubject } from './subjects.js';

/** Somebody who is at the broker: a service, or somebody outside. */
export type Party =
  | { kind: 'workflow' }
  | { kind: 'stage'; stage: string }
  /** takes the jobs of one tool whose runtime is `external` */
  | { kind: 'worker'; stage: string; tool: string }
  /** watches artifacts, and speaks by HTTP only */
  | { kind: 'bystander'; name: string };

/** What a party says and hears, as subjects with NATS wildcards. */
export interface Part {
  /** names it at the broker */
  user: string;
  publishes: string[];
  /** hears what is said now, beside its durable consumers */
  listens: string[];
  /** durable consumers that are its own */
  consumers: string[];
}

/** The durable consumers of `workflow`. */
export const WORKFLOW_CONSUMERS = {
  jobs: 'workflow-jobs',
  tools: 'workflow-tools',
  artifacts: 'workflow-artifacts',
} as const;

/** The durable consumer of a stage: what runs ask of it. */
export const stageConsumer = (stage: string): string => `${stage}-jobs`;

/** The durable consumer of whoever runs an external tool outside. */
export const workerConsumer = (tool: string): string => `worker-${tool.replaceAll('.', '-')}`;

/** What a party may say and hear, from what is declared of each event. */
export function partOf(party: Party): Part {
  switch (party.kind) {
    case 'workflow':
      return {
        user: 'workflow',
        publishes: subjectsSaidBy('workflow', '*'),
        listens: transientFor('workflow', '*'),
        consumers: Object.values(WORKFLOW_CONSUMERS),
      };
    case 'stage':
      return {
        user: party.stage,
        publishes: subjectsSaidBy('stage', party.stage),
        listens: transientFor('stage', party.stage),
        consumers: [stageConsumer(party.stage)],
      };
    case 'worker':
      return { user: workerConsumer(party.tool), publishes: [], listens: [], consumers: [workerConsumer(party.tool)] };
    case 'bystander':
      return {
        user: `bystander-${party.name}`,
        publishes: [],
        listens: [subjectFor('sedge.artifact.stored.v1', '*')],
        consumers: [],
      };
  }
}

const types = Object.keys(CHANNELS) as EventType[];

function subjectsSaidBy(side: Side, stage: string): string[] {
  return types.filter((type) => CHANNELS[type].publishers.includes(side)).map((type) => subjectFor(type, stage));
}

function transientFor(side: Side, stage: string): string[] {
  const heard = types.filter((type) => CHANNELS[type].isTransient && CHANNELS[type].consumers.includes(side));
  return heard.map((type) => subjectFor(type, stage));
}

function subjectFor(type: EventType, stage: string): string {
  return CHANNELS[type].tokens[0] === 'kind' ? `${type.replace(/\.v\d+$/, '')}.*` : toolSubject(type, stage, '*');
}
