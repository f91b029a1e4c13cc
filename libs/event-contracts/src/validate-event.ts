import { instanceOf } from '@sedge/artifact-contracts';
import { validateSync, type ValidationError } from 'class-validator';
import type { CloudEvent } from './cloud-event.js';
import { EVENT_CLASSES, type EventMap, type EventType } from './event-map.js';

export type EventCheck =
  | { ok: true; type: EventType; event: CloudEvent<EventMap[EventType]> }
  | { ok: false; reason: 'malformed' | 'unknown-type' | 'invalid-data'; message: string };

/** Checks an event that came from outside: the envelope, its type, and its data against the class of that type. Unknown fields are kept. */
export function checkEvent(value: unknown): EventCheck {
  const envelope = value as Partial<CloudEvent> | null;
  if (typeof envelope !== 'object' || envelope === null || envelope.specversion !== '1.0') {
    return { ok: false, reason: 'malformed', message: 'not a CloudEvents 1.0 envelope' };
  }
  const missing = (['id', 'source', 'type', 'subject'] as const).filter((name) => typeof envelope[name] !== 'string');
  if (missing.length > 0)
    return { ok: false, reason: 'malformed', message: `the envelope lacks ${missing.join(', ')}` };
  const type = envelope.type as EventType;
  const eventClass = Object.hasOwn(EVENT_CLASSES, type) ? EVENT_CLASSES[type] : undefined;
  if (!eventClass)
    return { ok: false, reason: 'unknown-type', message: `no event type '${String(envelope.type)}' is known here` };
  if (typeof envelope.data !== 'object' || envelope.data === null) {
    return { ok: false, reason: 'invalid-data', message: `${type}: data is not an object` };
  }
  const mistakes = validateSync(instanceOf(eventClass as new () => object, envelope.data), {
    forbidUnknownValues: true,
  });
  if (mistakes.length > 0)
    return { ok: false, reason: 'invalid-data', message: `${type}: ${sentencesOf(mistakes).join('; ')}` };
  return { ok: true, type, event: envelope as CloudEvent<EventMap[EventType]> };
}

function sentencesOf(mistakes: ValidationError[], place = 'data'): string[] {
  return mistakes.flatMap((mistake) => [
    ...Object.values(mistake.constraints ?? {}).map((sentence) => `${place}: ${sentence}`),
    ...sentencesOf(mistake.children ?? [], `${place}.${mistake.property}`),
  ]);
}
