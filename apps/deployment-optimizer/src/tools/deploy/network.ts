import { importNetwork, LneError, type Footprint, type Network } from '@sedge/lne';
import { refusal } from '../refusal.js';
import type { LayerCandidates, PlanFile } from '../../domain/plugin-choice.js';
import { pluginsOf, restrictToPlugins } from '../../domain/plugin-choice.js';

/** What a plan has to keep to. */
export interface PlanChoices {
  /** those that may be used; null for all */
  plugins: string[] | null;
  /** the processor that the network is planned for */
  target: string;
  /** bound on the error of approximate kernels; 0 sets none */
  maxError: number;
}

/** A network in LNE's hands. */
export class PlannedNetwork {
  private constructor(
    private readonly network: Network,
    readonly plan: PlanFile,
  ) {}

  /**
   * Imports and plans a model.
   * @param plan text of a plan file, or empty
   * @throws ToolError DEPLOY_MODEL_REFUSED, DEPLOY_PLAN_REFUSED, DEPLOY_PLUGIN_UNKNOWN
   */
  static async open(model: Uint8Array, plan: string, choices: PlanChoices): Promise<PlannedNetwork> {
    const { plugins } = choices;
    const first = await PlannedNetwork.load(model, plan, choices);
    if (plugins === null) return first;
    const { layers } = (await first.report()) as { layers: LayerCandidates[] };
    const offered = pluginsOf(layers);
    const unknown = plugins.filter((plugin) => !offered.includes(plugin));
    if (unknown.length > 0) {
      const message = `plugins: '${unknown.join("', '")}' offers nothing for this model; there are ${offered.join(', ')}`;
      throw refusal('DEPLOY_PLUGIN_UNKNOWN', message);
    }
    const asked = plan === '' ? { layers: [] } : (JSON.parse(plan) as PlanFile);
    return PlannedNetwork.load(model, JSON.stringify(restrictToPlugins(asked, layers, plugins)), choices);
  }

  private static async load(
    model: Uint8Array,
    plan: string,
    { target, maxError }: PlanChoices,
  ): Promise<PlannedNetwork> {
    const options = { file: 'model.onnx', plan: plan === '' ? null : plan, target, maxError };
    const network = await importNetwork(model, options).catch(refuse);
    return new PlannedNetwork(network, JSON.parse(network.plan) as PlanFile);
  }

  /** batch first */
  inputShape(): readonly number[] {
    return this.network.inputs[0]!.shape;
  }

  /** what the ONNX file holds under `sedge`, or null */
  carriedMetadata(): unknown {
    return this.network.metadata;
  }

  footprint(): Footprint {
    return this.network.footprint;
  }

  /** The operator of the layer that runs last, e.g. `softmax`. */
  lastOperator(): string {
    return String(this.plan.layers.at(-1)?.['op'] ?? '');
  }

  /** What was chosen for each layer, what was refused and why. Without times, so that it is always the same. */
  report(): Promise<unknown> {
    return this.network.report(0);
  }

  /** The files of a program by path. @param metadata classes, preprocessing and kind of output */
  generate(metadata: unknown, goldenInputs: Float32Array[]): Promise<Map<string, Uint8Array>> {
    return this.network.generate({ name: 'app', goldenInputs, metadata }).catch(refuse);
  }
}

/** What is refused, by the start of the engine's code. */
const CODES = [
  ['LNE_PLAN', 'DEPLOY_PLAN_REFUSED'],
  ['LNE_APPLICATION', 'DEPLOY_APPLICATION_REFUSED'],
  ['LNE_YAML', 'DEPLOY_APPLICATION_REFUSED'],
] as const;

/** Says all that the engine found, with what to do about it. @throws ToolError */
export function refuse(error: unknown): never {
  if (!(error instanceof LneError)) throw error;
  const code = CODES.find(([start]) => error.code.startsWith(start))?.[1] ?? 'DEPLOY_MODEL_REFUSED';
  const problems = error.problems.map(({ code, message }) => `${message} [${code}]`).join('; ');
  throw refusal(code, `${problems}; ${error.mend}`);
}
