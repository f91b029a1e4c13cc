import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { transpileProject } from '../../tools/dev/transpile.mjs';
import { workspaceProjects } from '../../tools/dev/workspace-projects.mjs';

/** What the next version calls itself, in its events and tables. */
export const NEXT_RELEASE = 'next';

interface Edit {
  file: string;
  from: string;
  to: string;
}

const EVENT = 'libs/event-contracts/src/events/job-succeeded.event.ts';
const KIT = 'libs/service-kit/src';
const WORKFLOW = 'apps/workflow/src';

/** A team's next release: it says with each result which release of the stage did the job, and both sides keep that in a new column. */
const EDITS: readonly Edit[] = [
  { file: EVENT, from: 'import { IsInt, Min }', to: 'import { IsInt, IsOptional, IsString, Min }' },
  {
    file: EVENT,
    from: 'durationMs!: number;',
    to: 'durationMs!: number;\n  @IsOptional() @IsString() release?: string;',
  },
  {
    file: `${KIT}/jobs/job-attempts.service.ts`,
    from: '{ ...attempt, outputs: ids, durationMs }',
    to: `{ ...attempt, outputs: ids, durationMs, release: '${NEXT_RELEASE}' }`,
  },
  {
    file: `${KIT}/jobs/job.repository.ts`,
    from: '(job, number, worker, worker_url) SELECT id, attempt, $2, $5 FROM claimed',
    to: `(job, number, worker, worker_url, release) SELECT id, attempt, $2, $5, '${NEXT_RELEASE}' FROM claimed`,
  },
  {
    file: `${KIT}/stage/stage.module.ts`,
    from: '...(options.migrations ?? [])',
    to: 'AttemptReleases1800000000000, ...(options.migrations ?? [])',
  },
  {
    file: `${KIT}/stage/stage.module.ts`,
    from: 'import { WorkerAddress',
    to: "import { AttemptReleases1800000000000 } from '../jobs/attempt-releases.migration.js';\nimport { WorkerAddress",
  },
  {
    file: `${WORKFLOW}/events/job.consumer.ts`,
    from: '=> this.jobs.succeed(transaction, event.data),',
    to: `=>
          this.jobs
            .succeed(transaction, event.data)
            .then(() => transaction.query('UPDATE job SET release = $2 WHERE id = $1', [event.data.job, event.data.release ?? null])),`,
  },
  {
    file: `${WORKFLOW}/workflow.module.ts`,
    from: '  TracedRuns1764180000000,\n',
    to: '  TracedRuns1764180000000,\n  JobReleases1800000000000,\n',
  },
  {
    file: `${WORKFLOW}/workflow.module.ts`,
    from: 'import { PlanEstimates }',
    to: "import { JobReleases1800000000000 } from './state/migrations/job-releases.migration.js';\nimport { PlanEstimates }",
  },
];

const MIGRATIONS: Readonly<Record<string, string>> = {
  [`${KIT}/jobs/attempt-releases.migration.ts`]: addColumn('AttemptReleases1800000000000', 'attempt'),
  [`${WORKFLOW}/state/migrations/job-releases.migration.ts`]: addColumn('JobReleases1800000000000', 'job'),
};

function addColumn(name: string, table: string): string {
  return `export class ${name} {
  readonly name = '${name}';
  async up(runner) { await runner.query('ALTER TABLE ${table} ADD COLUMN release text'); }
  async down(runner) { await runner.query('ALTER TABLE ${table} DROP COLUMN release'); }
}
`;
}

/**
 * Builds the next version of services beside the present one, from its sources with the edits above.
 * @param folder where; the workspace is built already
 * @param services folders in apps
 * @returns the main file of a service of it
 * @throws Error where the sources changed, so that an edit no longer says where it belongs
 */
export function buildNextVersion(folder: string, services: readonly string[]): (service: string) => string {
  const apps = services.map((service) => join('apps', service));
  const projects = workspaceProjects().filter((project) => !project.startsWith('apps') || apps.includes(project));
  for (const project of projects) copyProject(project, folder);
  linkPackages(folder);
  for (const edit of EDITS) apply(edit, folder);
  for (const [file, text] of Object.entries(MIGRATIONS)) writeFileSync(join(folder, file), text);
  for (const project of ['libs/event-contracts', 'libs/service-kit', 'apps/workflow'])
    transpileProject(join(folder, project));
  return (service) => join(folder, 'apps', service, 'dist', 'main.js');
}

/** With the times of its files, so that only what is edited is transpiled anew. */
function copyProject(project: string, folder: string): void {
  for (const name of ['package.json', 'src', 'dist', 'build'].filter((part) => existsSync(join(project, part)))) {
    const target = join(folder, project, name);
    mkdirSync(dirname(target), { recursive: true });
    // The native engine is the same in both, and large.
    if (name === 'build') symlinkSync(resolve(project, name), target);
    else cpSync(join(project, name), target, { recursive: true, preserveTimestamps: true });
  }
}

/** Registry packages are those of the workspace; ours are the copies. */
function linkPackages(folder: string): void {
  const packages = join(folder, 'node_modules');
  mkdirSync(join(packages, '@sedge'), { recursive: true });
  for (const name of readdirSync('node_modules').filter((entry) => entry !== '@sedge' && !entry.startsWith('.')))
    symlinkSync(resolve('node_modules', name), join(packages, name));
  for (const project of workspaceProjects(folder)) {
    const { name } = JSON.parse(readFileSync(join(folder, project, 'package.json'), 'utf8')) as { name: string };
    symlinkSync(join(folder, project), join(packages, name));
  }
}

function apply({ file, from, to }: Edit, folder: string): void {
  const path = join(folder, file);
  writeFileSync(path, placesOf({ file, from }, readFileSync(path, 'utf8')).join(to));
}

function placesOf({ file, from }: Pick<Edit, 'file' | 'from'>, text: string): string[] {
  const parts = text.split(from);
  if (parts.length !== 2)
    throw new Error(`${file} holds '${from}' ${parts.length - 1} times; mend the edit in next-version.ts`);
  return parts;
}

/** @throws Error where the sources changed, so that an edit no longer says where it belongs */
export function checkEdits(): void {
  for (const edit of EDITS) placesOf(edit, readFileSync(edit.file, 'utf8'));
}
