// Runs a cluster until it is told to end, and starts again what ends meanwhile.
import { join } from 'node:path';
import { Cluster } from './cluster.mjs';
import { Supervisor } from './supervisor.mjs';

/**
 * @param options of Cluster.start
 * @param say takes each line for the user
 */
export async function serve(options, say = (line) => console.log(line)) {
  const cluster = await Cluster.start({ say, ...options });
  const supervisor = new Supervisor({ say });
  for (const [name, { process }] of Object.entries(cluster.servers)) supervisor.watch(name, process);
  for (const service of cluster.services) supervisor.watch(service.name, service);
  const line = (name, url, pid) => say(`  ${name.padEnd(24)} ${url}  process ${pid}`);
  for (const [name, { url, process }] of Object.entries(cluster.servers)) line(name, withoutUser(url), process.pid);
  for (const { name, url, pid } of cluster.services) line(name, url, pid);
  say(`Users of the broker and their passwords: ${join(cluster.access.folder, 'broker-users.json')}`);
  say(`Logs: ${join(cluster.home, 'logs')}`);
  say(
    `Sedge listens at ${cluster.url}; try: npx sedge run FILE --server ${cluster.url} --token-file ${cluster.tokenFile}`,
  );
  say(`Tokens for others: npx sedge token create --scope run --folder ${cluster.access.folder}`);
  await new Promise((end) => ['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => process.once(signal, end)));
  say('Ending: work under way is handed back');
  supervisor.stop();
  await cluster.stop();
}

function withoutUser(address) {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.toString();
}
