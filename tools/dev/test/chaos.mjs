// Runs the chaos script, and then with one safeguard after the other switched off: its checker must notice each.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepareServers } from '../setup/servers.mjs';

const SCRIPT = join('test', 'chaos', 'chaos.mjs');
const SEED = Number(process.env.SEDGE_TEST_SEED ?? Date.now() % 1_000_000);

/** @returns counts: one for the undisturbed safeguards, one for each that is switched off */
export async function runChaos() {
  const missing = await prepareServers();
  if (missing.length > 0) {
    console.log(missing.join('\n'));
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const isWell = run(['--workflows', '60', '--kills', '8']).status === 0;
  const unnoticed = ['outbox', 'inbox', 'fencing'].filter((safeguard) => {
    const size = ['--workflows', '20', '--kills', '3', '--keywords', '0'];
    const { status, faults } = run([...size, '--without', safeguard]);
    return status === 0 || faults === 0;
  });
  for (const safeguard of unnoticed) console.error(`the checker did not notice that the ${safeguard} was switched off`);
  const failed = (isWell ? 0 : 1) + unnoticed.length;
  return { passed: 4 - failed, failed, skipped: 0 };
}

function run(args) {
  const { status, stdout } = spawnSync(process.execPath, [SCRIPT, '--seed', String(SEED), ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout);
  return { status, faults: stdout.split('\n').filter((line) => line.startsWith('FAULT ')).length };
}
