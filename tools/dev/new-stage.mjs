// Makes the app of a new stage, with the anatomy that every stage has; it has no tools yet. What is there already stays as it is.
// usage: node tools/dev/new-stage.mjs <name> <summary sentence>
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [name, summary] = process.argv.slice(2);
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name ?? '') || !summary) {
  console.error(
    "usage: node tools/dev/new-stage.mjs <name> <summary sentence>, e.g. new-stage.mjs nas 'Searches for architectures.'",
  );
  process.exit(2);
}

const folder = join('apps', name);
const libraries = ['artifact-contracts', 'event-contracts', 'tool-contracts', 'ports', 'service-kit', 'composition'];
const module = `${name.replace(/(^|-)([a-z0-9])/g, (_, __, letter) => letter.toUpperCase())}Module`;

const generator = join(import.meta.dirname, 'new-project.mjs');
const tags = `type:service,scope:${name}`;
execFileSync(
  process.execPath,
  [generator, folder, `@sedge/${name}`, tags, ...libraries.map((library) => `@sedge/${library}`)],
  {
    stdio: 'inherit',
  },
);

const index = `export { ${module} } from './${name}.module.js';\n`;
const main = `import { runService } from '@sedge/composition';
import { ${module} } from './${name}.module.js';

await runService({ module: ${module} });
`;
const moduleText = `import { Module } from '@nestjs/common';
import { StageModule } from '@sedge/service-kit';

/** ${summary} */
@Module({ imports: [StageModule.forRoot({ stage: '${name}', builtinTools: null })] })
export class ${module} {}
`;
const title = name[0].toUpperCase() + name.slice(1).replaceAll('-', ' ');
const readme = `# ${title}

${summary}

|          |                                                                                  |
| -------- | -------------------------------------------------------------------------------- |
| owns     | the jobs of the stage \`${name}\`: attempts, leases, results                     |
| consumes | \`sedge.job.requested.${name}.*\`, \`sedge.job.cancel-requested.${name}.*\`      |
| emits    | \`sedge.job.{started,succeeded,failed,cancelled,progress}.${name}.*\`            |
| settings | those of every service: see \`libs/composition\`                                 |
| tools    | none yet, so it is started only when it is asked for                             |
`;

/** new-project makes an empty index. */
const writeOnce = (path, text) => {
  if (!existsSync(path) || path.endsWith('index.ts')) writeFileSync(path, text);
};
writeOnce(join(folder, 'src', 'index.ts'), index);
writeOnce(join(folder, 'src', 'main.ts'), main);
writeOnce(join(folder, 'src', `${name}.module.ts`), moduleText);
writeOnce(join(folder, 'README.md'), readme);
console.log(`${folder} is there. Now: npm install; an owner in CODEOWNERS; an image, a service of the compose file and values of the chart in
deploy (the tests in test/deploy say what is missing); node tools/dev/check.mjs --fix format`);
