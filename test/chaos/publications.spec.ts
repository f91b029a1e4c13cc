import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { Publications } from './publications.mjs';

const FRAMES = [
  'CONNECT {"verbose":false}\r\n',
  'PUB sedge.job.started.training.x 2\r\n11\r\n',
  'HPUB sedge.job.succeeded.training.x _INBOX.1 12 15\r\nNATS/1.0\r\n\r\n2\r\n\r\n',
  'PUB $JS.ACK.x 5\r\nPUB a\r\n',
  'PING\r\n',
];

/** What comes out of a wire into which all is written, a few bytes at a time. */
async function throughWire(publications: Publications, stepBytes: number): Promise<string> {
  const wire = publications.stream();
  const arrived = buffer(wire);
  const bytes = Buffer.from(FRAMES.join(''));
  for (let from = 0; from < bytes.length; from += stepBytes) wire.write(bytes.subarray(from, from + stepBytes));
  wire.end();
  return (await arrived).toString();
}

describe('publications on the wire', () => {
  it.each([1, 7, 1000])('pass as they are while nothing disturbs them, %i bytes at a time', async (step) => {
    expect(await throughWire(new Publications(() => 0.5), step)).toBe(FRAMES.join(''));
  });

  it('come whole, in another order and some twice, behind what is none', async () => {
    const publications = new Publications(() => 0);
    const disturbing = publications.reorder(20);
    const arrived = await throughWire(publications, 7);
    const [connect, first, second, ack, ping] = FRAMES;
    expect(arrived).toBe([connect, ack, ping, second, second, first, first].join(''));
    expect(await disturbing).toBe(2);
  });
});
