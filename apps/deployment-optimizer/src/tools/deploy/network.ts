import { importNetwork, LneError, type Footprint, type Network } from '@sedge/lne';
import type { ReportedLayer } from '../../domain/footprint-page.js';
import { refusal } from '../refusal.js';

/** What this stage reads of a plan file. */
export interface PlanFile {
  layers: { layer: string; op: string; primitive: string }[];
}

/** What a plan has to keep to. */
export interface PlanChoices {
  /** those that may be used, as of `lne --plugins`; null for what the plan says, or all that need no library */
  plugins: string[] | null;
  /** the processor that the network is planned for */
  target: string;
  /** bound on the error of approximate kernels; 0 sets none */
  maxError: number;
}

/** What this stage reads of a network's report. */
export interface NetworkReport {
  layers: ReportedLayer[];
  /** libraries that the program calls beyond those of C++, by their own names */
  links: string[];
  [more: string]: unknown;
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
    const options = { file: 'model.onnx', plan: plan === '' ? null : plan, ...choices };
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
    return this.plan.layers.at(-1)?.op ?? '';
  }

  /** What was chosen for each layer, what was refused and why. Without times, so that it is always the same. */
  report(): Promise<NetworkReport> {
    return this.network.report(0) as Promise<NetworkReport>;
  }

  /** The files of a program by path. @param metadata classes, preprocessing and kind of output */
  generate(metadata: unknown, goldenInputs: Float32Array[]): Promise<Map<string, Uint8Array>> {
    return this.network.generate({ name: 'app', goldenInputs, metadata }).catch(refuse);
  }
}

/** What is refused, by the start of the engine's code. */
const CODES = [
  ['LNE_PLUGIN', 'DEPLOY_PLUGIN_UNKNOWN'],
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
