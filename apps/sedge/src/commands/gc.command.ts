import type { GarbagePlan } from '@sedge/workflow';
import type { SedgeCommand } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { table } from '../output/table.js';
import { bytes, counted, shortId } from '../output/units.js';
import { removeLayouts } from '../program/layouts.js';

export const command: SedgeCommand = {
  usage: 'gc',
  summary: 'remove artifacts that nothing needs any more',
  help: `Kept are pinned artifacts, what the last runs made, what running jobs use, all that these came from, and all that is younger than an hour.
What was stored whole and is not in the index yet, because an event is late, is kept for eight days.

  npx sedge gc --dry-run            print exactly what would be removed
  npx sedge gc                      programs and reports that were laid out as folders go with their artifacts

With --json: {"dryRun", "artifacts": [{"id", "kind", "sizeBytes"}], "blobs", "freedBytes"}.

Exit codes: 0 removed, or told what would be.`,
  configure(command) {
    command.option('--dry-run', 'only say what would be removed');
  },
  async run(context, _args, options) {
    const dryRun = options['dryRun'] === true;
    const plan = await (await context.api()).post<GarbagePlan>('/v1/gc', { dryRun });
    if (!dryRun) await removeLayouts(context.dataDirectory, plan.artifacts);
    context.emit(plan);
    const rows = plan.artifacts.map(({ id, kind, sizeBytes }) => [shortId(id), kind, bytes(sizeBytes)]);
    if (rows.length > 0) context.say(table(['artifact', 'kind', 'size'], rows));
    const verb = dryRun ? 'would be removed' : 'removed';
    context.say(
      `${counted(rows.length, 'artifact')} and ${counted(plan.blobs.length, 'blob')} ${verb}, ${bytes(plan.freedBytes)} freed`,
    );
    return EXIT.ok;
  },
};
