/** Processors for which programs are generated, in the words of LNE; `native` is the machine that generates. */
export const TARGETS = ['native', 'x86-64-v4', 'x86-64-v3', 'aarch64', 'armv7', 'generic'] as const;
export type Target = (typeof TARGETS)[number];

const ARCHITECTURES: Record<string, string> = {
  'x86-64-v4': 'x64',
  'x86-64-v3': 'x64',
  aarch64: 'arm64',
  armv7: 'arm',
};

/** Whether a compiler of this machine makes programs for a target. @param arch as Node names it, e.g. `x64` */
export function isBuiltOn(target: string, arch: string): boolean {
  const needed = ARCHITECTURES[target];
  return needed === undefined || needed === arch;
}
