import { StringDecoder } from 'node:string_decoder';

/** A line that goes on for longer is cut: a tool that prints without end must not fill the service's memory. */
const LINE_LIMIT = 1 << 20;

/** Cuts bytes into lines of text as they come. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';
  private isSkipping = false;

  constructor(private readonly onLine: (line: string) => void) {}

  push(bytes: Buffer): void {
    const parts = (this.rest + this.decoder.write(bytes)).split('\n');
    this.rest = parts.pop()!;
    for (const part of parts) this.emit(part);
    if (this.rest.length > LINE_LIMIT) {
      this.emit(this.rest);
      this.rest = '';
      this.isSkipping = true;
    }
  }

  end(): void {
    if (this.rest !== '') this.emit(this.rest);
    this.rest = '';
  }

  private emit(line: string): void {
    if (this.isSkipping) {
      this.isSkipping = false;
      return;
    }
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text !== '') this.onLine(text.length > LINE_LIMIT ? `${text.slice(0, LINE_LIMIT)} … (cut)` : text);
  }
}
