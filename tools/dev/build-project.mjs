// Builds one project: transpiles its TypeScript and, for a service, names the digest of each built-in tool.
// usage: node tools/dev/build-project.mjs <project folder>
import { transpileProject } from './transpile.mjs';
import { writeToolDigests } from './tool-digests.mjs';

const project = process.argv[2];
if (!project) {
  console.error('usage: node tools/dev/build-project.mjs <project folder>');
  process.exit(2);
}
const written = transpileProject(project);
await writeToolDigests(project);
console.log(`${project}: ${written} file(s) transpiled`);
