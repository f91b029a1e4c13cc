import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import type { ClassSplits } from '@sedge/ingestion';
import type { SedgeCommand } from '../command.js';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import { shellWord } from '../output/shell-word.js';
import { table } from '../output/table.js';
import { makeFolder } from '../program/named-place.js';
import { audioWorkflow } from '../project/audio-workflow.js';
import { findClassFolders } from '../project/class-folders.js';

export const command: SedgeCommand = {
  usage: 'init <folder>',
  summary: "start a project from one's own recordings: writes a workflow that runs",
  help: `The recordings lie in one folder per class, WAV or FLAC, at any sample rate:

  recordings/yes/ann_1.wav  recordings/yes/bob_1.wav  recordings/no/ann_1.wav  …

  npx sedge init my-words --from ./recordings
  npx sedge run my-words/workflow.yml

Put the speaker first in the file's name (ann_1.wav) or in a folder of their own (yes/ann/1.wav), and nobody is in two splits, so that the
accuracy tells how strangers fare. Noise in a folder _background_noise_ is mixed in while training.

Where the names tell fewer than three speakers who say more than one class, each recording counts as a speaker of its own, and that is said.
With fewer than three recordings, or a class of which nothing would be left to train on, nothing is written: the message says what is missing.

Exit codes: 0 written, 2 the recordings do not fit or the workflow is there already, 4 there is no such folder.`,
  configure(command) {
    command.requiredOption('--from <folder>', 'the folder of recordings');
  },
  async run(context, args, options) {
    const folder = resolve(args[0]!);
    const recordings = resolve(String(options['from']));
    const { classes, notes: folderNotes } = await findClassFolders(recordings);
    // Loaded only when needed: the service is behind this import.
    const { splitClasses, thinClassNotes } = await import('../project/class-splits.js');
    const { splits, notes: splitNotes } = splitClasses(classes);
    const file = join(folder, 'workflow.yml');
    if (existsSync(file)) {
      const mend = 'name another folder, or remove the file first';
      throw new CommandError('CLI_FILE_THERE', `'${file}' is there already`, EXIT.usage, mend);
    }
    await makeFolder(folder);
    const from = asPlace(relative(folder, recordings));
    await writeFile(
      file,
      audioWorkflow(
        basename(folder),
        from,
        classes.map(({ name }) => name),
      ),
    );
    const shown = relative(process.cwd(), file);
    const notes = [...folderNotes, ...splitNotes, ...thinClassNotes(classes, splits)];
    context.emit({ workflow: file, classes: splits.map(withSum), notes });
    context.say(
      table(
        ['class', 'recordings', 'to train', 'to validate', 'to test'],
        splits.map(withSum).map((one) => [one.name, one.recordings, one.train, one.validation, one.test]),
      ),
    );
    if (notes.length > 0) context.say(`\n${notes.join('\n')}`);
    const word = shellWord(shown);
    context.say(`\nWritten: ${shown}\nNext:    npx sedge plan ${word}\n         npx sedge run ${word}`);
    return EXIT.ok;
  },
};

function withSum(splits: ClassSplits): ClassSplits & { recordings: number } {
  return { ...splits, recordings: splits.train + splits.validation + splits.test };
}

/** A relative path that can't be taken for anything else. */
function asPlace(path: string): string {
  return path.startsWith('.') ? path : `./${path}`;
}
