import type { BuiltinTool } from '@sedge/tool-contracts';
import { FolderLayout, SPEAKER_RULES, type SpeakerRule } from '../domain/folder-layout.js';
import { INGEST_PROPERTIES, ingestParametersOf, namesProperty } from './ingest/ingest-parameters.js';
import { ingestRecordings } from './ingest/ingest-recordings.js';

/** Reads recordings that lie in one folder per class. */
export const tool: BuiltinTool = {
  definition: {
    name: 'ingest-audio-folders',
    version: '1',
    stage: 'ingestion',
    summary: 'Makes a data set of recordings that lie in one folder per class.',
    inputs: { source: { kind: 'source', description: 'an archive (tar, tar.gz, zip) or folder' } },
    outputs: { dataset: { kind: 'dataset.audio' } },
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        classes: namesProperty('folders to read, in the order of their labels; none for all that are there'),
        speaker: {
          type: 'string',
          enum: SPEAKER_RULES,
          default: 'auto',
          description:
            "who speaks: the folder below the class's, the file's name up to its first _ (prefix), or nobody twice (recording); auto takes the first that fits",
        },
        ...INGEST_PROPERTIES,
      },
    },
    resources: { cpu: 2, memoryMb: 1024, diskMb: 8000 },
    reproducibility: { level: 'bitwise' },
    runtime: { kind: 'builtin', entry: 'ingest-audio-folders' },
  },
  async run(context) {
    const { classes, speaker } = context.job.parameters as { classes: string[]; speaker: SpeakerRule };
    const layout = new FolderLayout(new Set(classes), speaker);
    const parameters = ingestParametersOf(context.job.parameters);
    await ingestRecordings({ context, layout, parameters, classes });
  },
};
