// Every app and every native or tool folder has an owner of its own in CODEOWNERS, and every app has a version.
import { readFileSync } from 'node:fs';

const owned = [/^(apps\/[^/]+)\//, /^(tools\/(?!dev\/)[^/]+)\//, /^(lne)\//, /^(libs)\//];

export function check(files) {
  const rules = readFileSync('CODEOWNERS', 'utf8')
    .split('\n')
    .filter((line) => /^\S+\s+@\S+/.test(line))
    .map((line) => line.split(/\s+/)[0]);
  const folders = new Set(files.flatMap((path) => owned.flatMap((pattern) => pattern.exec(path)?.[1] ?? [])));
  const unowned = [...folders]
    .filter((folder) => !rules.includes(`/${folder}/`))
    .map((folder) => `CODEOWNERS names nobody for /${folder}/`);
  const gone = rules
    .filter((rule) => rule.startsWith('/') && !files.some((path) => `/${path}`.startsWith(rule)))
    .map((rule) => `CODEOWNERS names ${rule}, which is not there`);
  const unversioned = files
    .filter((path) => /^apps\/[^/]+\/package\.json$/.test(path))
    .filter((path) => !/^\d+\.\d+\.\d+/.test(JSON.parse(readFileSync(path, 'utf8')).version ?? ''))
    .map((path) => `${path}: an app has a version of its own`);
  return [...unowned, ...gone, ...unversioned];
}
