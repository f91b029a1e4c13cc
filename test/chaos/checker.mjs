// Looks at what is left when all is quiet again. It trusts nothing that Sedge says of itself where the tables and the bytes can be looked at.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { BUCKET } from '../../tools/dev/distributed/cluster.mjs';
import { faultsOfAnnouncements } from './announcements.mjs';
import { faultsOfEffects } from './effects.mjs';
import { faultsOfExecutions } from './executions.mjs';
import { heldEvents } from './replays.mjs';

const OUTBOX_TRIES = 20;
const OUTBOX_PAUSE_MS = 250;

/** @param ledger what tools noted of their executions @returns one sentence for each fault */
export async function check({ cluster, api, workflows, ledger }) {
  const client = new pg.Client({ connectionString: cluster.postgres.url });
  await client.connect();
  const query = async (sql) => (await client.query(sql)).rows;
  try {
    const faults = [];
    for (const workflow of workflows) faults.push(...(await faultsOfRun(cluster, api, workflow)));
    faults.push(...(await faultsOfEvents(query, api, cluster)));
    // Once the outboxes are empty, all that was committed must be among them.
    const events = await heldEvents(cluster);
    for (const stage of cluster.stages) {
      const schema = stage.replaceAll('-', '_');
      faults.push(...(await faultsOfStage(query, schema)));
      faults.push(...faultsOfAnnouncements(await committedJobs(query, schema), events));
    }
    faults.push(...(await faultsOfLedger(query, ledger)));
    faults.push(...faultsOfEffects(events), ...leftovers(cluster));
    return faults;
  } finally {
    await client.end();
  }
}

async function faultsOfRun(cluster, api, { number, run, state, expected }) {
  const name = `workflow ${number} (run ${run})`;
  if (run === undefined) return [`workflow ${number} was never started`];
  const view = await api.show(run);
  const faults = view.state === state ? [] : [`${name} is ${view.state}, not ${state}: ${whyOf(view)}`];
  for (const { name: item, outputs, state: itemState } of view.items) {
    if (itemState !== 'succeeded') continue;
    for (const artifact of Object.values(outputs)) {
      faults.push(...faultsOfArtifact(cluster, artifact).map((fault) => `${name}, ${item}: ${fault}`));
      const { status } = await api.call(`/v1/artifacts/${artifact}`);
      if (status !== 200) faults.push(`${name}, ${item}: the index answers ${status} for ${artifact}`);
      const value = expected.get(item);
      if (value === undefined) continue;
      const { text } = await api.call(`/v1/artifacts/${artifact}/files/report.json`);
      if (valueIn(text) !== value) faults.push(`${name}, ${item}: its report says ${text}, not ${value}`);
    }
  }
  return faults;
}

function whyOf({ failure, items }) {
  const failed = items.filter((item) => item.failure && item.state === 'failed');
  const reasons = failed.map((item) => `${item.name}: ${item.failure.code}: ${item.failure.message}`);
  return [...(failure ? [failure.message] : []), ...reasons].slice(0, 3).join('; ') || 'it says no reason';
}

function valueIn(text) {
  try {
    return JSON.parse(text).value;
  } catch {
    return undefined;
  }
}

const blobPath = (cluster, digest) =>
  join(cluster.s3.folder, BUCKET, 'blobs', 'sha256', digest.slice('sha256:'.length));

/** Every blob of an artifact is there, and is what its name says. */
function faultsOfArtifact(cluster, artifact) {
  const faults = [];
  const read = (digest) => {
    const path = blobPath(cluster, digest);
    if (!existsSync(path)) return void faults.push(`the blob ${digest} is lost`);
    const bytes = readFileSync(path);
    const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (found !== digest) return void faults.push(`the blob ${digest} is corrupt`);
    return bytes;
  };
  const manifest = read(artifact);
  if (!manifest) return faults;
  const { config, layers } = JSON.parse(manifest.toString('utf8'));
  for (const { digest } of [config, ...layers]) read(digest);
  return faults;
}

/** A job ends once, by the attempt that is the last; a job that failed for good is not tried again unless another run asks. */
async function faultsOfStage(query, schema) {
  const jobs = await query(`
    SELECT job.id, job.state, job.attempt, job.tool_name,
      array_agg(attempt.number ORDER BY attempt.number) FILTER (WHERE attempt.outcome = 'succeeded') AS succeeded,
      array_agg(attempt.number ORDER BY attempt.number) FILTER (WHERE attempt.class = 'permanent') AS failed,
      count(*) FILTER (WHERE attempt.number IS NOT NULL AND attempt.outcome IS NULL) AS open,
      (SELECT count(*)::int FROM ${schema}.subscription WHERE subscription.job = job.id) AS askers
    FROM ${schema}.job LEFT JOIN ${schema}.attempt ON attempt.job = job.id
    GROUP BY job.id, job.state, job.attempt, job.tool_name`);
  return jobs.flatMap(({ id, state, attempt, tool_name: tool, succeeded, failed, open, askers }) => {
    const name = `job ${id} of ${tool}`;
    const faults = [];
    if (!['succeeded', 'failed', 'cancelled'].includes(state)) faults.push(`${name} is still ${state}`);
    if ((succeeded?.length ?? 0) > 1) faults.push(`${name} was done by the attempts ${succeeded.join(' and ')}`);
    if (succeeded && succeeded.at(-1) !== attempt) {
      faults.push(`${name}: attempt ${succeeded.at(-1)} committed, and ${attempt} is the current one`);
    }
    if ((failed?.length ?? 0) > askers) {
      faults.push(`${name} failed for good in the attempts ${failed.join(' and ')}, and ${askers} runs asked for it`);
    }
    if (Number(open) > 0) faults.push(`${name} has an attempt without an end`);
    return faults;
  });
}

const committedJobs = (query, schema) =>
  query(`
    SELECT job.id AS job, array_agg(attempt.number) AS attempts,
      coalesce(array_agg(attempt.number) FILTER (WHERE attempt.outcome = 'succeeded'), '{}') AS succeeded,
      ARRAY(SELECT value FROM jsonb_each_text(coalesce(job.outputs, '{}'))) AS outputs
    FROM ${schema}.job JOIN ${schema}.attempt ON attempt.job = job.id GROUP BY job.id`);

async function faultsOfLedger(query, ledger) {
  const attempts = await query(`
    SELECT attempt.job, attempt.number, attempt.outcome FROM training.attempt JOIN training.job ON job.id = attempt.job
    WHERE job.tool_name = 'add-values'`);
  const askers = await query('SELECT job, count(*)::int AS runs FROM training.subscription GROUP BY job');
  return faultsOfExecutions(ledger, attempts, new Map(askers.map(({ job, runs }) => [job, runs])));
}

/** Events that stay in an outbox. What was just published is deleted soon. */
async function unpublished(query, schema) {
  for (let tries = 0; ; tries++) {
    const [{ count }] = await query(`SELECT count(*)::int AS count FROM ${schema}.outbox`);
    if (count === 0 || tries === OUTBOX_TRIES) return count;
    await sleep(OUTBOX_PAUSE_MS);
  }
}

async function faultsOfEvents(query, api, cluster) {
  const faults = [];
  for (const { schema } of cluster.accounts) {
    const count = await unpublished(query, schema);
    if (count > 0) faults.push(`${count} events of ${schema} were not published`);
  }
  const { letters } = await api.get('/v1/dead-letters');
  for (const { subject, consumer, reason, message } of letters) {
    faults.push(`${consumer} could not handle ${subject}: ${reason}: ${message}`);
  }
  return faults;
}

/** Nothing half written: no upload in parts, no mark of a removal, no file of a dead process on its way into the store, no work of an attempt. */
function leftovers(cluster) {
  const bucket = join(cluster.s3.folder, BUCKET);
  const namesIn = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
  const spools = cluster.services.flatMap(({ name }) =>
    namesIn(join(cluster.home, 'services', name, 'spool')).map((file) => `${name}: ${file}`),
  );
  const works = cluster.services.flatMap(({ name, service }) => {
    const folder = join(cluster.home, 'services', name, 'work', service);
    const jobs = namesIn(folder).flatMap((job) => namesIn(join(folder, job)).map((own) => `${job}/${own}`));
    return jobs.filter((path) => path.includes('/attempt-')).map((path) => `${name}: ${path}`);
  });
  return [
    ...works.map((name) => `the work of an attempt is left over: ${name}`),
    ...namesIn(join(bucket, 'removing')).map((name) => `a mark of a removal is left over: ${name}`),
    ...namesIn(join(bucket, '.sgwtmp', 'multipart')).map((name) => `an upload in parts is left over: ${name}`),
    ...spools.map((name) => `a file on its way into the store is left over: ${name}`),
  ];
}
