// Joins lock files of Python packages that were resolved together into one, since an environment is made from one.

/**
 * @param texts of the lock files, in the form that uv and pip write
 * @returns one lock: each requirement once; without hashes where one of the files has none, because pip wants all or nothing
 * @throws Error when two of them name different versions of a package for the same machine
 */
export function mergeLocks(texts) {
  const requirements = new Map();
  for (const { requirement, hashes } of texts.flatMap(entriesOf)) {
    const [name, marker] = [requirement.split('==')[0], requirement.split(' ; ')[1] ?? ''];
    const key = `${name} ; ${marker}`;
    const before = requirements.get(key);
    if (before && before.requirement !== requirement)
      throw new Error(`the locks disagree: ${before.requirement} and ${requirement}; make both anew`);
    requirements.set(key, { requirement, hashes });
  }
  const entries = [...requirements.values()];
  const isHashed = entries.every(({ hashes }) => hashes.length > 0);
  return entries
    .map(({ requirement, hashes }) => [requirement, ...(isHashed ? hashes : [])].join(' \\\n    '))
    .join('\n')
    .concat('\n');
}

function entriesOf(text) {
  const logicalLines = text.replace(/\\\r?\n/g, ' ').split('\n');
  return logicalLines
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [requirement, ...hashes] = line.split(/\s+--hash=/);
      return { requirement: requirement.trim(), hashes: hashes.map((hash) => `--hash=${hash.trim()}`) };
    });
}
