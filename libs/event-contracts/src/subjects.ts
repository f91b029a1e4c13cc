import type { EventMap, EventType } from './event-map.js';

/** Dots separate the tokens of a subject, so a dot in a name becomes a hyphen. */
const token = (name: string): string => name.replaceAll('.', '-');

/**
 * The subject on which an event travels, e.g. `sedge.job.requested.training.train-pytorch`,
 * `sedge.artifact.stored.dataset-audio`, `sedge.tool.registered.training.train-pytorch`.
 */
export function subjectOf<Type extends EventType>(type: Type, data: EventMap[Type]): string {
  const [, noun, verb] = type.split('.') as [string, string, string, string];
  return [`sedge.${noun}.${verb}`, ...tokensOf(data).map(token)].join('.');
}

/** The subject of all events of a type about one tool. */
export function toolSubject(type: EventType, stage: string, tool: string): string {
  const [, noun, verb] = type.split('.') as [string, string, string, string];
  return `sedge.${noun}.${verb}.${token(stage)}.${token(tool)}`;
}

function tokensOf(data: EventMap[EventType]): string[] {
  if ('kindVersion' in data) return [data.kind];
  if (!('tool' in data)) return [data.stage, data.name];
  const tool = 'definition' in data.tool ? data.tool.definition : data.tool;
  return [tool.stage, tool.name];
}

/** Whether a subject matches a filter with NATS wildcards: `*` one token, `>` the rest. */
export function matchesSubject(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const given = subject.split('.');
  for (const [index, part] of wanted.entries()) {
    if (part === '>') return given.length > index;
    if (given[index] === undefined || (part !== '*' && part !== given[index])) return false;
  }
  return wanted.length === given.length;
}
