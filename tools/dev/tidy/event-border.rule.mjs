// What comes in by event is checked against the class of its type: a service subscribes through the kit, which does so, and never by the bus itself.
import { readFileSync } from 'node:fs';

export function check(files) {
  const sources = files.filter(
    (path) => /^apps\/.*\.ts$/.test(path) && !/\.spec\.ts$/.test(path) && !path.includes('/test/'),
  );
  const direct = sources
    .filter((path) => /\b(bus|eventBus)\.subscribe\(/.test(readFileSync(path, 'utf8')))
    .map((path) => `${path}: subscribe through the service kit, which checks each event against its class`);
  const events = files.filter(
    (path) => path.startsWith('libs/event-contracts/src/events/') && path.endsWith('.event.ts'),
  );
  const unchecked = events
    .filter((path) => !/from 'class-validator'|EventData/.test(readFileSync(path, 'utf8')))
    .map((path) => `${path}: an event's data is a class with class-validator decorators`);
  return [...direct, ...unchecked];
}
