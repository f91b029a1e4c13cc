import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Digest } from '@sedge/artifact-contracts';
import { METADATA_FILE, schemaValidator, suggestName, type ToolDefinition, type ToolPort } from '@sedge/tool-contracts';
import type { ApiClient } from '../client/api-client.js';
import { artifactIdOf, looksLikeArtifactId, type ArtifactDetail } from '../client/artifacts.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { layOutArtifact } from '../program/artifact-folder.js';
import { readArtifactFolder, type ArtifactSamples } from './artifact-samples.js';
import type { WrittenCase } from './case-file.js';
import { sampleOfSchema } from './json-sample.js';
import type { KindSchemas } from './kind-schemas.js';
import { writeSample } from './sample-artifact.js';
import type { GoldenCase } from './workbench.js';

export interface CaseSurroundings {
  definition: ToolDefinition;
  samples: ArtifactSamples;
  kinds: KindSchemas;
  /** for artifacts that are laid out */
  folder: string;
  /** the user's own Sedge, where artifacts are named by their ids */
  api: () => Promise<ApiClient>;
  signal: AbortSignal;
}

/** Makes cases of what was written: inputs in the store of the bench, parameters complete and checked. */
export class GoldenCases {
  constructor(private readonly around: CaseSurroundings) {}

  async make(written: WrittenCase): Promise<GoldenCase> {
    const { definition } = this.around;
    const parameters = checkCase(definition, written);
    const inputs: GoldenCase['inputs'] = {};
    let isGenerated = false;
    for (const [name, port] of Object.entries(definition.inputs)) {
      const places = written.in[name];
      if (places !== undefined) inputs[name] = await this.given(written, name, port, places);
      else if (!port.optional) {
        const made = await this.generated(name, port);
        inputs[name] = port.many ? [made] : made;
        isGenerated = true;
      }
    }
    const expected: GoldenCase['expected'] = {};
    for (const [name, place] of Object.entries(written.out)) {
      expected[name] = await this.artifact(
        place,
        [definition.outputs[name]!.kind],
        `${written.name}.out.${name}`,
        written,
      );
    }
    return {
      name: isGenerated && written.name === 'given' ? 'generated' : written.name,
      parameters,
      inputs,
      expected,
      isGenerated,
    };
  }

  private async given(
    written: WrittenCase,
    name: string,
    port: ToolPort,
    places: string | string[],
  ): Promise<Digest | Digest[]> {
    const ids: Digest[] = [];
    for (const place of [places].flat())
      ids.push(await this.artifact(place, kindsOf(port), `${written.name}.in.${name}`, written));
    return port.many ? ids : ids[0]!;
  }

  /** The artifact that lies in a folder, or that the user's Sedge has. */
  private async artifact(
    place: string,
    kinds: string[],
    what: string,
    { baseDirectory }: WrittenCase,
  ): Promise<Digest> {
    const folder = resolve(baseDirectory, place);
    if (existsSync(folder)) {
      const { kind, metadata } = await readArtifactFolder(folder, kinds);
      return (await this.around.samples.put(kind, metadata, folder)).id;
    }
    return this.artifactOfSedge(place, kinds, what);
  }

  private async artifactOfSedge(text: string, kinds: string[], what: string): Promise<Digest> {
    const api = await this.around.api();
    const id = await artifactIdOf(api, text);
    const detail = await api.get<ArtifactDetail>(`/v1/artifacts/${id}`);
    if (!kinds.includes(detail.kind))
      throw wrong(`${what}: ${text} is of kind ${detail.kind}, not ${kinds.join(' or ')}`, 'name another artifact');
    const folder = await layOutArtifact(api, id, join(this.around.folder, 'artifacts'), this.around.signal);
    return (await this.around.samples.put(detail.kind, detail.metadata ?? {}, folder)).id;
  }

  private async generated(name: string, port: ToolPort): Promise<Digest> {
    const folder = join(this.around.folder, `generated-${name}`);
    await mkdir(folder, { recursive: true });
    for (const kind of kindsOf(port)) {
      const metadata = await writeSample(kind, this.around.kinds, folder);
      if (metadata === null) continue;
      await writeFile(join(folder, METADATA_FILE), JSON.stringify(metadata));
      return (await this.around.samples.put(kind, metadata, folder)).id;
    }
    const message = `the input '${name}' takes ${port.kind}, of which the kit can make none by itself`;
    throw wrong(
      message,
      `give one: --in ${name}=FOLDER, or an artifact that is there: --in ${name}=ID (npx sedge artifacts list --kind ${kindsOf(port)[0]})`,
    );
  }
}

/**
 * Checks what a case says against what the tool declares.
 * @returns the parameters, complete
 * @throws CommandError
 */
export function checkCase(definition: ToolDefinition, written: WrittenCase): Record<string, unknown> {
  assertKnown(written, 'in', definition.inputs);
  assertKnown(written, 'with', definition.parameters.properties);
  assertKnown(written, 'out', definition.outputs);
  for (const [name, places] of Object.entries(written.in)) {
    if (Array.isArray(places) && !definition.inputs[name]!.many)
      throw wrong(`${written.name}: the input '${name}' takes one artifact`, 'name one');
    for (const place of [places].flat()) assertPlace(written, `in.${name}`, place);
  }
  for (const [name, place] of Object.entries(written.out)) assertPlace(written, `out.${name}`, place);
  return completeParameters(definition, written);
}

function assertPlace({ name, baseDirectory }: WrittenCase, what: string, place: string): void {
  if (existsSync(resolve(baseDirectory, place)) || looksLikeArtifactId(place)) return;
  const message = `${name}.${what}: there is no folder '${place}'`;
  const mend =
    'name a folder with the files of the artifact and its metadata.json, or an artifact (npx sedge artifacts list)';
  throw new CommandError('CONFORM_INPUT_UNUSABLE', message, EXIT.notFound, mend);
}

function completeParameters({ parameters }: ToolDefinition, written: WrittenCase): Record<string, unknown> {
  const complete: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(parameters.properties)) {
    const standard = 'default' in schema ? schema['default'] : sampleOfSchema(schema);
    const value = name in written.with ? written.with[name] : standard;
    if (value !== undefined) complete[name] = value;
  }
  const ajv = schemaValidator();
  if (ajv.validate(parameters, complete)) return complete;
  const mend = 'set parameters by --set NAME=VALUE, or with: in the file of cases';
  throw wrong(`${written.name}: ${ajv.errorsText(ajv.errors, { dataVar: 'parameters' })}`, mend);
}

const kindsOf = (port: ToolPort): string[] => port.kind.split('|').map((kind) => kind.trim());

function assertKnown(written: WrittenCase, part: 'in' | 'with' | 'out', known: Record<string, unknown>): void {
  const what = { in: 'input', with: 'parameter', out: 'output' }[part];
  const strange = Object.keys(written[part]).find((name) => !Object.hasOwn(known, name));
  if (strange === undefined) return;
  throw wrong(`${written.name}: the tool has no ${what} '${strange}'`, suggestName(strange, Object.keys(known)));
}

const wrong = (message: string, mend: string): CommandError =>
  new CommandError('CONFORM_CASE_INVALID', message, EXIT.usage, mend);
