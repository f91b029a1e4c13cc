import { CHANNELS } from './channels.js';
import type { CloudEvent } from './cloud-event.js';
import type { EventMap, EventType } from './event-map.js';
import { subjectOf } from './subjects.js';

/**
 * Looks whether an event is what the subject says on which it came. The broker lets each service publish on its own subjects only; so what
 * an event says of itself counts only as far as it agrees with its subject.
 *
 * @returns why it does not, else null
 */
export function forgeryIn(type: EventType, event: CloudEvent<EventMap[EventType]>, subject: string): string | null {
  const own = subjectOf(type, event.data);
  if (own !== subject) return `it came on ${subject}, and its data belong on ${own}`;
  const about = idIn(event.data);
  if (about !== null && event.subject !== about)
    return `its subject is ${event.subject}, and its data are about ${about}`;
  const sources = sourcesOf(type, subject);
  if (sources !== null && !sources.includes(event.source)) {
    return `its source is ${event.source}, and only ${sources.join(' and ')} may say this`;
  }
  return null;
}

function idIn(data: EventMap[EventType]): string | null {
  if ('job' in data) return data.job;
  return 'artifact' in data ? data.artifact : null;
}

/** @returns null where any service may say it */
function sourcesOf(type: EventType, subject: string): string[] | null {
  const { publishers, tokens } = CHANNELS[type];
  if (tokens[0] === 'kind') return null;
  const stage = subject.split('.')[3]!;
  return publishers.map((side) => `/services/${side === 'stage' ? stage : side}`);
}
