// Checks what no linter knows: the layout, the anatomy of a service, sizes, borders of lne/, and that the documents tell the truth.
// One rule a file in tools/dev/tidy/, discovered. usage: node tools/dev/tidy.mjs [<rule> …]
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'tidy');
const wanted = process.argv.slice(2);

/** Files that git tracks or would track, as they are now. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
  maxBuffer: 1 << 26,
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));

let problems = 0;
for (const name of readdirSync(folder)
  .filter((file) => file.endsWith('.rule.mjs'))
  .sort()) {
  const rule = name.replace('.rule.mjs', '');
  if (wanted.length > 0 && !wanted.includes(rule)) continue;
  const { check } = await import(join(folder, name));
  for (const problem of await check(files)) {
    problems++;
    console.log(`${rule}: ${problem}`);
  }
}
console.log(problems === 0 ? `${files.length} files are tidy` : `${problems} problem(s)`);
process.exit(problems === 0 ? 0 : 1);
