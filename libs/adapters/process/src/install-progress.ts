import type { ToolLine } from '@sedge/tool-contracts';

const UV_TOTAL = /^Resolved (\d+) packages?/;
const UV_ALL = /^(Prepared|Installed) (\d+) packages?/;
const PIP_TOTAL = /^Installing collected packages: (.*)$/;
const ONE = /^(?:\s*Downloaded \S+|Collecting \S+)/;

/** Reads from the lines of uv or pip how far an installation is. Their words are for people, so a line that isn't understood counts nothing. */
export class InstallProgress {
  private done = 0;
  private total = 0;

  /** @returns a progress line where the installer's line says something new */
  read(line: string): (ToolLine & { type: 'progress' }) | null {
    const total = UV_TOTAL.exec(line)?.[1];
    const all = UV_ALL.exec(line)?.[2];
    const collected = PIP_TOTAL.exec(line)?.[1];
    if (total !== undefined) this.total = Number(total);
    else if (all !== undefined) this.total = this.done = Number(all);
    else if (collected !== undefined) this.total = this.done = collected.split(',').length;
    else if (ONE.test(line)) this.done += 1;
    else return null;
    return { type: 'progress', done: this.done, total: Math.max(this.total, this.done), unit: 'package' };
  }
}
