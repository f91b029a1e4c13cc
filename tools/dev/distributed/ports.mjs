// Which port each process of a cluster listens at: the same from start to start, so that addresses which others have keep their worth.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { freePort } from '@sedge/local-servers';

const HIGHEST = 65_535;

export class Ports {
  #known;

  /**
   * @param file keeps them: JSON, port by name, which a user may edit
   * @param from ports that are new are counted upwards from behind this one; 0 takes any
   * @param say is told where somebody else listens at a port
   * @throws Error where the file is damaged
   */
  static async open(file, { from = 0, say = () => undefined } = {}) {
    return new Ports(file, await kept(file), from, say);
  }

  constructor(file, known, from, say) {
    this.#known = new Map(Object.entries(known));
    Object.assign(this, { file, from, say });
  }

  /** The port of a process that is about to start. */
  async of(name) {
    const before = this.#known.get(name);
    if (before !== undefined && (await isFree(before))) return before;
    const port = await this.#next();
    if (before !== undefined) this.say(`somebody else listens at port ${before}; ${name} is at ${port} from now on`);
    this.#known.set(name, port);
    await this.#keep();
    return port;
  }

  /** One that nobody listens at, and that is kept for nobody. */
  async #next() {
    const taken = new Set([this.from, ...this.#known.values()]);
    for (let port = this.from + 1; this.from > 0 && port <= HIGHEST; port++) {
      if (!taken.has(port) && (await isFree(port))) return port;
    }
    for (;;) {
      const port = await freePort();
      if (!taken.has(port)) return port;
    }
  }

  async #keep() {
    const unfinished = `${this.file}.unfinished`;
    await writeFile(unfinished, `${JSON.stringify(Object.fromEntries(this.#known), null, 2)}\n`);
    await rename(unfinished, this.file);
  }
}

async function kept(file) {
  const mend = 'give each process a port of its own, from 1 to 65535, or remove the file';
  try {
    const known = JSON.parse(await readFile(file, 'utf8'));
    const ports = Object.values(known);
    const areRight = ports.every((port) => Number.isInteger(port) && port > 0 && port <= HIGHEST);
    if (!areRight || new Set(ports).size < ports.length) throw new Error('it holds no ports, or one twice');
    return known;
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw new Error(`${file} can't be used: ${error.message}; ${mend}`, { cause: error });
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
