// Every path that a document names exists, so that no stale sentence sends a newcomer to a room that is gone.
import { existsSync, readFileSync } from 'node:fs';

const documents = /^(README\.md|docs\/.*\.md|apps\/[^/]+\/README\.md|lne\/[^ ]*README\.md)$/;
const path = /`((?:apps|libs|lne|tools|deploy|docs|examples|test)\/[A-Za-z0-9_./-]+)`/g;

export function check(files) {
  return files
    .filter((file) => documents.test(file) && !file.startsWith('docs/decisions/'))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(path)]
        .map(([, named]) => named.replace(/\/$/, ''))
        .filter((named) => !existsSync(named) && !/(^|\/)(build|dist|node_modules)(\/|$)/.test(named))
        .map((named) => `${file}: there is no ${named}`),
    );
}
