import { chmod, copyFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type ApplicationMetadata, type ProgramMetadata } from '@sedge/artifact-contracts';
import { METADATA_FILE, type BuiltinTool, type JobInput } from '@sedge/tool-contracts';
import { isBuiltOn } from '../domain/target.js';
import { buildProgram, compilerOf, selfTest } from './compile/build-program.js';
import { refusal } from './refusal.js';

/** Builds a generated application for this machine and lets it prove itself. */
export const tool: BuiltinTool = {
  definition: {
    name: 'build-application',
    version: '1',
    stage: 'deployment-optimizer',
    summary: 'Builds a generated application with CMake for this machine, and lets it prove itself.',
    inputs: { application: { kind: 'application' } },
    outputs: {
      program: {
        kind: 'program',
        description: 'the command-line runner, its library and the header of its C interface',
      },
    },
    parameters: { type: 'object', additionalProperties: false, properties: {} },
    resources: { cpu: 2, memoryMb: 1024 },
    reproducibility: { level: 'machine', names: ['cpu-features'] },
    runtime: { kind: 'builtin', entry: 'build-application' },
  },
  async run({ job, signal, progress, log }) {
    const application = job.inputs['application'] as JobInput;
    const metadata = application.metadata as unknown as ApplicationMetadata;
    if (!isBuiltOn(metadata.target, process.arch)) {
      throw refusal(
        'BUILD_TARGET_FOREIGN',
        `the application is for ${metadata.target}, and this machine is ${process.arch}; deploy with target: native, or build it there`,
      );
    }
    const folder = join(job.scratch, 'build');
    // What an attempt before left may be of an interrupted compiler.
    await rm(folder, { recursive: true, force: true });
    await buildProgram({ source: application.path, folder, threads: job.threads, signal, onProgress: progress });
    const proof = await selfTest(join(folder, 'app'), metadata.target, signal);
    const { path } = job.outputs['program']!;
    await copyProgram(folder, application.path, path);
    const program: ProgramMetadata = {
      classes: metadata.classes,
      target: metadata.target,
      compiler: await compilerOf(folder),
      preprocessing: metadata.preprocessing,
      sizeBytes: (await stat(join(path, 'app'))).size,
      arenaBytes: metadata.arenaBytes,
      weightsBytes: metadata.weightsBytes,
      ...(metadata.links && { links: metadata.links }),
      selfTest: { ...proof },
    };
    await writeFile(join(path, METADATA_FILE), canonicalJson(program));
    await rm(folder, { recursive: true, force: true });
    log(
      'info',
      `built with ${program.compiler.name} ${program.compiler.version}; self-test passed on ${proof.vectors} vectors`,
    );
  },
};

async function copyProgram(build: string, source: string, target: string): Promise<void> {
  await copyFile(join(build, 'app'), join(target, 'app'));
  await chmod(join(target, 'app'), 0o755);
  await copyFile(join(build, 'libapp.a'), join(target, 'libapp.a'));
  await copyFile(join(source, 'include', 'app.h'), join(target, 'app.h'));
}
