// Builds every TypeScript project of the workspace in one process (what `npm start` does first; Nx builds them one by one with its cache).
import { workspaceProjects } from './workspace-projects.mjs';
import { transpileProject } from './transpile.mjs';
import { writeToolDigests } from './tool-digests.mjs';

let written = 0;
const projects = workspaceProjects();
for (const project of projects) written += transpileProject(project);
for (const project of projects) await writeToolDigests(project);
console.log(`${projects.length} projects, ${written} file(s) transpiled`);
