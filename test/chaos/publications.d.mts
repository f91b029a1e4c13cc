import type { Transform } from 'node:stream';

export declare class Publications {
  constructor(random: () => number);
  reorder(ms: number): Promise<number>;
  stream(): Transform;
}
