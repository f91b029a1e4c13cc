// The top level holds these folders and files and no others: a new one needs a decision record.
const folders = ['.ci', '.github', 'apps', 'deploy', 'docs', 'examples', 'libs', 'lne', 'test', 'tools'];
const topFiles = [
  '.gitattributes',
  '.gitignore',
  '.npmrc',
  '.prettierignore',
  '.prettierrc.json',
  'CODEOWNERS',
  'LICENSE',
  'NOTICE',
  'README.md',
  'eslint.config.mjs',
  'nx.json',
  'package-lock.json',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'vitest.config.ts',
];

export function check(files) {
  const tops = new Set(files.map((path) => (path.includes('/') ? `${path.split('/')[0]}/` : path)));
  return [...tops]
    .filter((top) => (top.endsWith('/') ? !folders.includes(top.slice(0, -1)) : !topFiles.includes(top)))
    .map(
      (top) =>
        `'${top}' does not belong at the top level; put it where its owner is, or write a decision record and add it here`,
    );
}
