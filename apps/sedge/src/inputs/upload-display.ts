import type { Digest } from '@sedge/artifact-contracts';
import type { CommandContext } from '../command.js';
import { printNote } from '../output/printing.js';
import { LiveLines, bar, dim, green } from '../output/terminal.js';
import { bytes, counted, shortId } from '../output/units.js';

/** Lines of JSON about progress come at most this often. */
const EVERY_MS = 1000;

/** An input of this machine, as it is told of. */
export interface ShownInput {
  name: string;
  path: string;
}

/** Tells how an input gets to the server: a bar on a terminal, a line for machines each second. */
export class UploadDisplay {
  private readonly live: LiveLines | null;
  private toldMs = 0;

  constructor(
    private readonly context: CommandContext,
    private readonly input: ShownInput,
  ) {
    this.live = context.isJson ? null : new LiveLines();
  }

  reading(doneBytes: number, totalBytes: number): void {
    this.live?.update([`… ${this.input.name}  ${bar(doneBytes, totalBytes)}  ${dim(`reading ${this.input.path}`)}`]);
  }

  /** Before the first byte leaves the machine. */
  begins(fileCount: number, sizeBytes: number): void {
    const what = `${counted(fileCount, 'file')}, ${bytes(sizeBytes)}`;
    this.print(
      `${this.input.name}: ${this.input.path} is on this machine (${what}) and goes to ${this.context.server}`,
    );
  }

  sending(doneBytes: number, totalBytes: number): void {
    const { name } = this.input;
    this.live?.update([
      `… ${name}  ${bar(doneBytes, totalBytes)}  ${dim(`${bytes(doneBytes)} of ${bytes(totalBytes)}`)}`,
    ]);
    if (Date.now() - this.toldMs < EVERY_MS && doneBytes < totalBytes) return;
    this.toldMs = Date.now();
    this.context.emit({ event: 'upload', input: name, doneBytes, totalBytes });
  }

  warn(message: string): void {
    if (this.live) this.live.print(`! ${this.input.name}: ${message}`);
    else printNote(message);
  }

  there(artifact: Digest, sizeBytes: number, sentBytes: number): void {
    const { name, path } = this.input;
    const how = sentBytes === 0 ? `${path} is there already` : `${bytes(sentBytes)} sent`;
    this.print(`${green('✓')} ${name}  ${dim(`${how}, artifact ${shortId(artifact)}`)}`);
    this.context.emit({ event: 'input', input: name, path, artifact, sizeBytes, sentBytes });
  }

  end(): void {
    this.live?.end();
  }

  private print(line: string): void {
    this.live?.print(line);
  }
}
