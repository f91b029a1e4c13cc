import { MemoryBus } from '@sedge/adapter-memory-bus';
import { PgliteDatabase } from '@sedge/adapter-pglite';
import { CONTRACT_DELAYS_MS, describeEventBus } from '@sedge/ports/contract';
import { afterAll, beforeAll } from 'vitest';
import { TableDeadLetters } from '../src/dead-letters.js';

let database: PgliteDatabase;
beforeAll(async () => {
  database = await PgliteDatabase.open();
});
afterAll(() => database.close());

describeEventBus('MemoryBus with its dead letters in PGlite', async () => {
  const letters: TableDeadLetters = await TableDeadLetters.open(database, (subject, event) =>
    bus.publish(subject, event),
  );
  const bus = new MemoryBus({
    redeliveryDelaysMs: [...CONTRACT_DELAYS_MS],
    keepDeadLetter: (letter) => letters.keep(letter),
  });
  const close = async (): Promise<void> => {
    await bus.close();
    for (const { id } of await letters.list(100)) await letters.discard(id);
  };
  return { bus, letters, close };
});
