// What a service publishes on NATS, held back for a moment on the wire and passed on in another order, some of it twice.
import { Transform } from 'node:stream';
import { between, shuffled } from './random.mjs';

const HELD_MS = 120;
const TWICE = 0.2;
const LINE_END = '\r\n';

/** Looks into the wire to the broker. @see https://docs.nats.io/reference/reference-protocols/nats-protocol */
export class Publications {
  #random;
  #isDisturbing = false;

  constructor(random) {
    this.#random = random;
  }

  /** For a while, all that is published comes in another order. @returns how many came so */
  async reorder(ms) {
    this.moved = 0;
    this.#isDisturbing = true;
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.#isDisturbing = false;
    return this.moved;
  }

  /** What a client sends goes through one of these. */
  stream() {
    let rest = Buffer.alloc(0);
    let held = [];
    const release = (stream) => {
      for (const frame of shuffled(this.#random, held)) {
        stream.push(frame);
        if (this.#random() < TWICE) stream.push(frame);
      }
      this.moved += held.length;
      held = [];
    };
    const take = (stream, frame) => {
      if (!this.#isDisturbing || !isEvent(frame)) return stream.push(frame);
      if (held.length === 0) setTimeout(() => stream.destroyed || release(stream), between(this.#random, 20, HELD_MS));
      held.push(frame);
    };
    return new Transform({
      transform(bytes, _, done) {
        rest = Buffer.concat([rest, bytes]);
        for (let size = frameSize(rest); size !== null; size = frameSize(rest)) {
          take(this, rest.subarray(0, size));
          rest = rest.subarray(size);
        }
        done();
      },
      flush(done) {
        release(this);
        done();
      },
    });
  }
}

/** Bytes of the first protocol message, with its payload; null where not all of it is there. */
function frameSize(bytes) {
  const end = bytes.indexOf(LINE_END);
  if (end < 0) return null;
  const line = bytes.toString('latin1', 0, end);
  const size = end + LINE_END.length + (/^H?PUB /i.test(line) ? Number(line.split(' ').at(-1)) + LINE_END.length : 0);
  return size <= bytes.length ? size : null;
}

const isEvent = (frame) => /^H?PUB sedge\./i.test(frame.toString('latin1', 0, 20));
