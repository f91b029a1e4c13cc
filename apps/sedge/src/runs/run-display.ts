import type { ItemView, WaitView } from '@sedge/workflow';
import { LiveLines, bar, dim, green, red, yellow } from '../output/terminal.js';
import { duration } from '../output/units.js';
import { RemainingTime } from './remaining-time.js';
import type { ProgressEvent, RunEvent } from './run-events.js';
import { StepTally } from './step-tally.js';
import { WaitNotes } from './wait-notes.js';

/** Items of a step beyond which they are told together, not one by one. */
const MOST_LINES_OF_A_STEP = 12;
const MOST_LIVE_LINES = 8;
const MOST_WARNINGS = 3;
const REDRAW_MS = 200;
/** Without a terminal: how often a running item says how far it is. */
const PLAIN_PROGRESS_MS = 15_000;
/** Until it is known what an item that was asked for waits for. */
const ASKED_FOR = 'asked for';
/** What is over sooner needs no estimate. */
const SOON_MS = 2000;

/** Shows a run as it goes: what is finished as lines that stay, what runs as bars below them; without a terminal as plain lines. */
export class RunDisplay {
  private readonly lines = new LiveLines();
  private readonly progress = new Map<string, ProgressEvent & { leftMs: number | null }>();
  private readonly remaining = new RemainingTime();
  private readonly toldAtMs = new Map<string, number>();
  private readonly waits = new WaitNotes();
  private readonly startedMs = Date.now();
  private readonly timer: NodeJS.Timeout;
  private readonly nameWidth: number;

  constructor(readonly tally: StepTally) {
    this.nameWidth = Math.min(32, longest(tally.names()));
    this.timer = setInterval(() => this.draw(), REDRAW_MS).unref();
  }

  /** @returns the item that has just ended, and has a line of its own */
  handle(event: RunEvent): ItemView | null {
    if (event.event === 'progress') this.noteProgress(event.progress);
    if (event.event === 'waiting') this.waits.note(event.waiting.items, event.waiting.waitsFor, Date.now());
    if (event.event !== 'item') return null;
    // A server of before says nothing of it.
    this.waits.note([event.item.name], event.item.waitsFor ?? null, Date.now());
    if (!this.tally.update(event.item)) return null;
    this.tellEnd(event.item);
    return this.tally.countOf(event.item.step).items <= MOST_LINES_OF_A_STEP ? event.item : null;
  }

  /** Tells below the line of an item what its tool warned of. */
  warn(messages: readonly string[], logCommand: string): void {
    for (const line of warningLines(messages, logCommand)) this.lines.print(line);
  }

  end(): void {
    clearInterval(this.timer);
    this.lines.end();
  }

  private tellEnd(item: ItemView): void {
    const { items: size, over } = this.tally.countOf(item.step);
    if (size <= MOST_LINES_OF_A_STEP || item.state === 'failed') {
      if (item.state !== 'skipped') this.lines.print(endLine(item, this.nameWidth));
      return;
    }
    if (over === size) this.lines.print(this.stepLine(item.step));
  }

  private stepLine(step: string): string {
    const items = this.tally.itemsOf(step);
    const reused = items.filter((other) => other.decision === 'reused').length;
    const bad = items.filter((other) => other.state !== 'succeeded').length;
    const mark = bad > 0 ? red('✗') : green('✓');
    const counts = [
      `${items.length} items`,
      ...(reused ? [`${reused} reused`] : []),
      ...(bad ? [`${bad} not well`] : []),
    ];
    return `${mark} ${step.padEnd(this.nameWidth)}  ${dim(counts.join(', '))}`;
  }

  private noteProgress(progress: ProgressEvent): void {
    const nowMs = Date.now();
    const leftMs = this.remaining.of(progress.job, progress, nowMs);
    for (const name of progress.items) this.progress.set(name, { ...progress, leftMs });
    if (process.stdout.isTTY) return;
    const [name] = progress.items;
    if (name === undefined || nowMs - (this.toldAtMs.get(name) ?? this.startedMs) < PLAIN_PROGRESS_MS) return;
    this.toldAtMs.set(name, nowMs);
    this.lines.print(`  ${name.padEnd(this.nameWidth)}  ${this.progressText(name)}`);
  }

  private draw(): void {
    const running = this.tally.running();
    this.tellWaiting(running);
    if (!process.stdout.isTTY) return;
    const shown = running.slice(0, MOST_LIVE_LINES).map((item) => this.liveLine(item));
    const more = running.length > MOST_LIVE_LINES ? [dim(`  … and ${running.length - MOST_LIVE_LINES} more`)] : [];
    const state = `  ${this.tally.done} of ${this.tally.total} done, ${duration(Date.now() - this.startedMs)}`;
    this.lines.update([...shown, ...more, dim(state)]);
  }

  /** On a terminal the live line says it; what somebody has to mend is worth a line that stays. */
  private tellWaiting(running: ItemView[]): void {
    const isWanted = ({ mend }: WaitView): boolean => mend !== null || !process.stdout.isTTY;
    for (const { item, wait } of this.waits.takeDue(running, Date.now(), isWanted)) {
      this.lines.print(waitLine(item.name, wait, this.nameWidth));
    }
  }

  private liveLine(item: ItemView): string {
    const name = item.name.padEnd(this.nameWidth);
    if (item.state === 'awaiting') return `${yellow('…')} ${name}  ${dim('waits for an artifact of somebody else')}`;
    const progress = this.progress.get(item.name);
    const elapsed =
      this.waits.of(item.name)?.message ??
      (item.startedAt === null ? ASKED_FOR : duration(Date.now() - Date.parse(item.startedAt)));
    if (!progress) return `${yellow('…')} ${name}  ${dim(elapsed)}`;
    return `${yellow('…')} ${name}  ${bar(progress.done, progress.total)}  ${this.progressText(item.name)}  ${dim(elapsed)}`;
  }

  private progressText(name: string): string {
    const { done, total, unit, metrics, leftMs } = this.progress.get(name)!;
    const share = total > 0 && !process.stdout.isTTY ? `${Math.round((100 * done) / total)} %` : '';
    const counts = unit === '%' ? '' : `${figure(done)}/${figure(total)} ${unit}`;
    const figures = Object.entries(metrics).map(([metric, value]) => `${metric} ${Number(value.toPrecision(4))}`);
    const left = leftMs === null || leftMs < SOON_MS ? '' : `about ${duration(leftMs)} left`;
    return [share, counts, ...figures, left].filter((text) => text !== '').join(', ');
  }
}

function longest(names: readonly string[]): number {
  return names.reduce((width, name) => Math.max(width, name.length), 8);
}

/** Counts as they are, measures rounded. */
function figure(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

/** @param logs the command that shows all of them */
export function warningLines(messages: readonly string[], logs: string): string[] {
  const more = messages.length - MOST_WARNINGS;
  const lines = messages.slice(0, MOST_WARNINGS).map((message) => `  ${yellow('!')} ${message}`);
  return more > 0 ? [...lines, `  ${yellow('!')} ${more} more warnings: ${logs}`] : lines;
}

/** The line that says what an item waits for, and what somebody has to do. */
export function waitLine(itemName: string, { message, mend }: WaitView, nameWidth: number): string {
  const line = `${yellow('…')} ${itemName.padEnd(nameWidth)}  ${message}`;
  return mend === null ? line : `${line}\n    ${dim(mend)}`;
}

/** The line that stays of an item that has ended. */
export function endLine(item: ItemView, nameWidth: number): string {
  const name = item.name.padEnd(nameWidth);
  const took = item.durationMs === null ? '' : duration(item.durationMs);
  if (item.state === 'succeeded') {
    const how = item.decision === 'reused' ? 'reused' : item.decision === 'shared' ? `${took}, shared` : took;
    const what = item.tool ?? item.note ?? '';
    return `${green('✓')} ${name}  ${[how, dim(what)].filter((text) => text !== '').join('  ')}`;
  }
  if (item.state === 'failed') {
    const { code, message } = item.failure ?? { code: '', message: 'failed' };
    return `${red('✗')} ${name}  ${message} ${dim(code)}`;
  }
  return `${yellow('–')} ${name}  ${item.state}`;
}
