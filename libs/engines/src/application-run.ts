import {
  applicationFiles,
  compileApplication,
  type Application,
  type ApplicationModule,
  type ApplicationValue,
} from '@sedge/lne';
import type { Engine } from './engine.js';
import { openEngine } from './open-engine.js';

/** What an output of an application holds; null where a condition left it out. */
export interface ApplicationResult {
  value: ApplicationValue;
  data: Float32Array | null;
}

/** An application in this process, whose networks an engine of choice runs; all other modules run by the code that is generated. */
export class ApplicationRun {
  private constructor(
    readonly application: Application,
    /** by number of the module */
    private readonly engines: ReadonlyMap<number, Engine>,
  ) {}

  /**
   * @param text of the application file @param read gives the files that it names, by the names that it has for them
   * @param engine by its name
   * @throws LneError LNE_YAML, LNE_APPLICATION; EngineError ENGINE_UNKNOWN, ENGINE_MODEL
   */
  static async open(
    text: string,
    { file, read, engine }: { file: string; read: (path: string) => Promise<Uint8Array>; engine: string },
  ): Promise<ApplicationRun> {
    const files = new Map<string, Uint8Array>();
    for (const path of applicationFiles(text, file)) files.set(path, await read(path));
    const application = await compileApplication(text, files, { file });
    const engines = new Map<number, Engine>();
    const run = new ApplicationRun(application, engines);
    try {
      for (const [index, { model }] of application.description.modules.entries()) {
        if (model !== '') engines.set(index, await openEngine(engine, files.get(model)!, { file: model }));
      }
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /** Runs all modules whose conditions hold, in their order. @param inputs one array per input of the application */
  async run(inputs: readonly Float32Array[]): Promise<ApplicationResult[]> {
    const { modules, values, inputs: sources, outputs } = this.application.description;
    const data = new Map<number, Float32Array>();
    sources.forEach((value, i) => data.set(value, inputs[i]!));
    for (const [index, module] of modules.entries()) {
      if (module.in.length === 0 || !isDue(module, data)) continue;
      const results = await this.runModule(
        index,
        module.in.map((value) => data.get(value)!),
      );
      results.forEach((result, i) => data.set(module.out[i]!, result));
    }
    return outputs.map((value) => ({ value: values[value]!, data: data.get(value) ?? null }));
  }

  /** Forgets what modules remember of earlier runs. */
  reset(): void {
    this.application.reset();
  }

  async close(): Promise<void> {
    for (const engine of this.engines.values()) await engine.close();
  }

  private async runModule(index: number, sources: readonly Float32Array[]): Promise<Float32Array[]> {
    const engine = this.engines.get(index);
    return engine ? engine.run(sources, 1) : [this.application.runModule(index, sources)];
  }
}

const isDue = ({ when }: ApplicationModule, data: ReadonlyMap<number, Float32Array>): boolean =>
  when.every((condition) => (data.get(condition)?.[0] ?? 0) !== 0);
