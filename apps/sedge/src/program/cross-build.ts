import { shellWord } from '../output/shell-word.js';

/**
 * The commands that build an application's folder for another kind of processor, by the toolchain file that lies in it.
 *
 * @returns null where this machine's own compiler builds for the target
 */
export async function crossBuildCommand(folder: string, target: string): Promise<string | null> {
  if (await isBuiltHere(target)) return null;
  const build = shellWord(`${folder}/build`);
  return `cmake -S ${shellWord(folder)} -B ${build} -DCMAKE_TOOLCHAIN_FILE=toolchains/${target}.cmake && cmake --build ${build}`;
}

/** Whether this machine's own compiler builds programs for a target. */
export async function isBuiltHere(target: string): Promise<boolean> {
  if (target === 'native') return true;
  const { isBuiltOn } = await import('./built-targets.js');
  return isBuiltOn(target, process.arch);
}
