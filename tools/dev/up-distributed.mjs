// `npm run up:distributed`: NATS, PostgreSQL, an S3 server and every service as processes of their own, until Ctrl-C.
// usage: npm run up:distributed -- --help
import { resolve } from 'node:path';
import { readOptions } from './distributed/options.mjs';
import { assertSettings, userSettings } from './distributed/user-settings.mjs';
import { prepareServers } from './setup/servers.mjs';
import { SetupError, setUp, step } from './setup/steps.mjs';
import { stages } from './stages.mjs';

process.chdir(resolve(import.meta.dirname, '..', '..'));

async function run() {
  // npm starts scripts in the workspace root; INIT_CWD is where the user stands.
  const from = process.env.INIT_CWD ?? '.';
  const options = readOptions(process.argv.slice(2), from);
  const { settings, lines } = userSettings(process.env, from, stages());
  for (const line of lines) console.log(line);
  console.log('Setting up');
  const times = [];
  await setUp(times);
  await assertSettings(settings);
  await step(times, 'servers', 'build', async () => {
    const missing = await prepareServers();
    if (missing.length > 0) throw new SetupError(missing.join('\n'));
  });
  const { serve } = await import('./distributed/serve.mjs');
  await serve({ ...options, environment: settings });
}

try {
  await run();
  process.exit(0);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exit(error.exitCode ?? 1);
}
