// One service as a process of its own: started, told to end, or killed as a power cut would.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mortally } from '@sedge/local-servers';
import { ServiceLog } from './service-log.mjs';

const ERRORS_KEPT = 4000;
/** A service that is told to end does so within 30 s by itself, unless nothing in it runs any more. */
const END_MS = 31_000;

export class ServiceProcess {
  #child = null;
  #errors = '';

  /**
   * @param name of this copy, e.g. `training-2`
   * @param entry path of the service's main file
   * @param environment all that the process is told, beside how to find programs
   * @param endMs how long it may take to end
   * @param say is told that it had to be killed
   */
  constructor({ name, service, entry, environment, logDirectory, endMs = END_MS, say = () => undefined }) {
    Object.assign(this, { name, service, entry, environment, endMs, say });
    this.log = new ServiceLog(join(logDirectory, `${name}.log`));
  }

  get pid() {
    return this.#child?.pid;
  }

  get isRunning() {
    return this.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when the service says that it is ready. @throws Error with what it said before it ended */
  async start() {
    const before = mortally();
    const [program, ...args] = [...before, process.execPath, this.entry];
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ownEnvironment(), ...this.environment },
      // In a group of its own, Ctrl-C in a terminal does not reach it: it is told to end once, by stop().
      detached: before.length > 0,
    });
    this.#child = child;
    this.#errors = '';
    // Without a process there may be no output to listen to either.
    await once(child, 'spawn');
    // Whoever looks for the log finds one, also of a service that has nothing to say.
    this.log.write('');
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#errors = (this.#errors + text).slice(-ERRORS_KEPT);
      this.log.write(text);
    });
    child.stderr.once('close', () => this.log.close());
    child.once('exit', (code, signal) => this.onExit?.(code, signal));
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${this.name} ended with ${signal ?? code} before it was ready: ${this.#errors}`);
    });
    const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended]);
    ended.catch(() => undefined);
    this.url = JSON.parse(line).url;
  }

  /** Ends it as an operator would, and kills it where it does not end in time. @returns its exit code */
  async stop() {
    const child = this.#child;
    const timer = setTimeout(() => {
      this.say(`${this.name} did not end within ${this.endMs / 1000} s and is killed; what it did is done again`);
      child?.kill('SIGKILL');
    }, this.endMs);
    return this.#end('SIGTERM').finally(() => clearTimeout(timer));
  }

  kill() {
    return this.#end('SIGKILL');
  }

  /** Sends it a signal that does not end it, e.g. SIGSTOP. */
  signal(name) {
    if (this.isRunning) this.#child.kill(name);
  }

  async #end(signal) {
    if (!this.isRunning) return this.#child?.exitCode ?? null;
    const ended = once(this.#child, 'exit');
    this.#child.kill(signal);
    const [code] = await ended;
    return code;
  }
}

/** The user's own environment, without settings that were meant for another process. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SEDGE_')));
}
