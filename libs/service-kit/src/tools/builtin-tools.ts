import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { digestOfBytes, type Digest } from '@sedge/artifact-contracts';
import type { BuiltinTool } from '@sedge/tool-contracts';

export interface LoadedBuiltin {
  tool: BuiltinTool;
  /** of the bundle of its entry file */
  codeDigest: Digest;
  /** file it came from, for messages */
  file: string;
}

const TOOL_FILE = /^(.+)\.tool\.(ts|js)$/;
const DIGESTS_FILE = 'tool-digests.json';

/**
 * Loads each `<name>.tool.js` of a folder that exports a `tool`. The build names the digest of its code; from sources, where there was
 * no build, the digest is that of all sources of the service, which errs on the safe side.
 */
export async function loadBuiltinTools(folder: URL): Promise<LoadedBuiltin[]> {
  const path = fileURLToPath(folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path)
    .filter((name) => TOOL_FILE.test(name) && !name.endsWith('.d.ts'))
    .sort();
  const codeDigests = digestsOf(path);
  return Promise.all(
    names.map(async (name) => {
      const file = join(path, name);
      const module = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { tool?: BuiltinTool };
      if (!module.tool) throw new Error(`${file}: a tool file exports a BuiltinTool named 'tool'`);
      const codeDigest = codeDigests(TOOL_FILE.exec(name)![1]!);
      return { tool: module.tool, codeDigest, file };
    }),
  );
}

function digestsOf(toolsPath: string): (name: string) => Digest {
  const digestsPath = join(toolsPath, '..', DIGESTS_FILE);
  if (existsSync(digestsPath)) {
    const digests = JSON.parse(readFileSync(digestsPath, 'utf8')) as Record<string, Digest>;
    return (name) => {
      if (!digests[name]) throw new Error(`${digestsPath} lacks the tool '${name}'; build the project again`);
      return digests[name];
    };
  }
  const whole = digestOfSources(join(toolsPath, '..'));
  return () => whole;
}

function digestOfSources(folder: string): Digest {
  const parts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|js)$/.test(name) && !name.endsWith('.spec.ts'))
    .sort()
    .map((name) => `${name} ${digestOfBytes(readFileSync(join(folder, name)))}`);
  return digestOfBytes(parts.join('\n'));
}
