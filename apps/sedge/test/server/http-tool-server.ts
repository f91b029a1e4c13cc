import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { SAMPLE_TOOLS } from './sedge-process.js';

const EXAMPLE = resolve(import.meta.dirname, '..', '..', '..', '..', 'tools', 'examples', 'http-tool');

/** The example of a third party's tool, as a server that runs. */
export class HttpToolServer {
  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  /** @param port 0 takes a free one */
  static async start(port = 0): Promise<HttpToolServer> {
    const child = spawn('python3', [join(EXAMPLE, 'server.py'), String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return new HttpToolServer(child, url);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Makes a folder of tools with the samples and this one in it. */
  writeTools(folder: string): string {
    cpSync(SAMPLE_TOOLS, folder, { recursive: true });
    const target = join(folder, 'training', 'sum-values-http');
    mkdirSync(target, { recursive: true });
    const text = readFileSync(join(EXAMPLE, 'tool.yaml'), 'utf8');
    writeFileSync(join(target, 'tool.yaml'), text.replace('http://127.0.0.1:8765', this.url));
    return folder;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}
