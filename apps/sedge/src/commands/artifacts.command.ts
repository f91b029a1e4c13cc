import { exportArtifact, importArtifacts } from '../client/artifact-transfer.js';
import {
  artifactIdOf,
  assertKindKnown,
  listArtifacts,
  type ArtifactDetail,
  type ArtifactSummary,
} from '../client/artifacts.js';
import type { CommandGroup, SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { artifactText, artifactsTable } from '../output/artifact-text.js';
import { parseCount } from '../output/numbers.js';
import { bytes, counted, shortId } from '../output/units.js';
import { downloadFiles } from '../program/artifact-folder.js';
import { assertEmpty, assertFilePlace, assertFolderPlace } from '../program/named-place.js';

const list: SedgeCommand = {
  usage: 'list',
  summary: 'list the artifacts, newest first',
  help: `  npx sedge artifacts list --kind application
  npx sedge artifacts list --limit 5 --json         a line for each: {"id", "kind", "sizeBytes", "storedAt", "metadata", …}

Exit codes: 0 listed, 2 --limit is no count, 4 there is no such kind.`,
  configure(command) {
    command.option('--kind <kind>', 'only of this kind, e.g. model').option('--limit <count>', 'how many', '20');
  },
  async run(context, _args, options) {
    const limit = parseCount(options['limit'], '--limit', 1_000_000);
    const artifacts: ArtifactSummary[] = [];
    const kind = (options['kind'] as string | undefined) ?? null;
    for await (const artifact of listArtifacts(await context.api(), kind)) {
      if (artifacts.push(artifact) >= limit) break;
    }
    if (artifacts.length === 0 && kind !== null) await assertKindKnown(await context.api(), kind);
    for (const artifact of artifacts) context.emit(artifact);
    context.say(artifacts.length > 0 ? artifactsTable(artifacts) : 'There are none.');
    return EXIT.ok;
  },
};

const show: SedgeCommand = {
  usage: 'show <artifact>',
  summary: 'show an artifact: metadata, files, and what made it',
  help: `ARTIFACT is an id or the beginning of one.

  npx sedge artifacts show 3f2a91c0d4e5
  npx sedge artifacts show 3f2a91c0d4e5 --json      with its manifest

Exit codes: 0 shown, 4 there is no such artifact.`,
  async run(context, args) {
    const api = await context.api();
    const artifact = await api.get<ArtifactDetail>(`/v1/artifacts/${await artifactIdOf(api, args[0]!)}`);
    context.emit(artifact);
    context.say(artifactText(artifact));
    return EXIT.ok;
  },
};

const exportCommand: SedgeCommand = {
  usage: 'export <artifact> <path>',
  summary: 'save an artifact with all that it came from as an OCI image layout, or its files in a folder',
  help: `  npx sedge artifacts export 3f2a91c0d4e5 model.oci.tar
  npx sedge artifacts export 3f2a91c0d4e5 ./model --files      only its own files, into an empty or a new folder

Exit codes: 0 saved, 2 nothing can be written there, or something is there and --force is not given, 4 there is no such artifact.`,
  configure(command) {
    command
      .option('--files', 'write the files of this one artifact into a folder')
      .option('--force', 'replace what is there');
  },
  async run(context, args, options) {
    const path = args[1]!;
    const isFolder = options['files'] === true;
    await assertPlace(path, isFolder, options['force'] === true);
    const api = await context.api();
    const id = await artifactIdOf(api, args[0]!);
    if (isFolder) {
      const artifact = await api.get<ArtifactDetail>(`/v1/artifacts/${id}`);
      await downloadFiles(api, artifact, path, context.signal);
      context.emit({ id, path, files: artifact.files.map((file) => file.path) });
      context.say(`${counted(artifact.files.length, 'file')} of ${shortId(id)} written to ${path}`);
      return EXIT.ok;
    }
    const sizeBytes = await exportArtifact(api, id, path);
    context.emit({ id, path, sizeBytes });
    context.say(`${shortId(id)} and all that it came from saved as ${path}, ${bytes(sizeBytes)}`);
    return EXIT.ok;
  },
};

async function assertPlace(path: string, isFolder: boolean, isReplaced: boolean): Promise<void> {
  if (!isFolder) return assertFilePlace(path, isReplaced);
  if (!isReplaced) await assertEmpty(path, 'name an empty or a new folder, or replace what is in it with --force');
  await assertFolderPlace(path);
}

const importCommand: SedgeCommand = {
  usage: 'import <file>',
  summary: 'bring in what an export saved; every byte is verified',
  help: `  npx sedge artifacts import model.oci.tar

With --json: {"artifacts": [ids]}. Exit codes: 0 all brought in, 2 the file is no OCI image layout or damaged, 4 there is no such file.`,
  async run(context, args) {
    const artifacts = await importArtifacts(await context.api(), args[0]!);
    context.emit({ artifacts });
    context.say(`${counted(artifacts.length, 'artifact')} brought in:\n${artifacts.map((id) => `  ${id}`).join('\n')}`);
    return EXIT.ok;
  },
};

const pin: SedgeCommand = {
  usage: 'pin <artifact>',
  summary: 'keep an artifact, and all that it came from, for good',
  help: `  npx sedge artifacts pin 3f2a91c0d4e5 --note "the model in the first release"
  npx sedge artifacts pin 3f2a91c0d4e5 --remove

Exit codes: 0 pinned or unpinned, 2 it is no artifact id, 4 there is no such artifact.`,
  configure(command) {
    command.option('--note <text>', 'why it must stay').option('--remove', 'take the pin away');
  },
  async run(context, args, options) {
    const api = await context.api();
    const id = await artifactIdOf(api, args[0]!);
    const isRemoval = options['remove'] === true;
    if (isRemoval) await api.delete(`/v1/artifacts/${id}/pin`);
    else await api.put(`/v1/artifacts/${id}/pin`, options['note'] === undefined ? {} : { note: options['note'] });
    context.emit({ id, isPinned: !isRemoval });
    context.say(isRemoval ? `${shortId(id)} is no longer pinned` : `${shortId(id)} is pinned`);
    return EXIT.ok;
  },
};

const rm: SedgeCommand = {
  usage: 'rm <artifacts...>',
  summary: 'remove artifacts that nothing needs and nobody pinned',
  help: `What runs under way and the last ten runs made or read can't be removed, nor what something was made of.

  npx sedge artifacts rm 3f2a91c0d4e5

Exit codes: 0 removed, 1 it is pinned or needed (the message says by what), 4 there is no such artifact.`,
  async run(context, args) {
    const api = await context.api();
    for (const text of args) {
      const id = await artifactIdOf(api, text);
      await api.delete(`/v1/artifacts/${id}`);
      context.emit({ id, isRemoved: true });
      context.say(`${shortId(id)} removed`);
    }
    return EXIT.ok;
  },
};

export const command: CommandGroup = {
  usage: 'artifacts',
  summary: 'what tools made: list, show, export, import, pin, rm',
  help: `  npx sedge artifacts list --kind application
  npx sedge artifacts show ID`,
  commands: [list, show, exportCommand, importCommand, pin, rm],
};
