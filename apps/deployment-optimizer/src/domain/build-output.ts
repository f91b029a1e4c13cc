/** How far a build is, from a line of CMake's: `[ 42%] Building …` (make) or `[3/7] Building …` (ninja); null for other lines. */
export function progressOf(line: string): { done: number; total: number; unit: string } | null {
  const percent = /^\[\s*(\d+)%\]/.exec(line);
  if (percent) return { done: Number(percent[1]), total: 100, unit: '%' };
  const steps = /^\[(\d+)\/(\d+)\]/.exec(line);
  return steps && { done: Number(steps[1]), total: Number(steps[2]), unit: 'steps' };
}

/** The generated CMake file's words about a library that it does not find, which CMake breaks into lines; null where it says none. */
export function missingLibrary(output: string): string | null {
  return (
    /This program calls .+?, which is not here\. Get it: apt-get install \S+/.exec(output.replace(/\s+/g, ' '))?.[0] ??
    null
  );
}

/** What a program said of its golden vectors. */
export interface SelfTest {
  passed: boolean;
  vectors: number;
  bitwise: boolean;
  /** of the largest value of the vector */
  largestDifference: number;
  bound: number;
}

const VERDICT =
  /^self-test (passed|FAILED): (\d+) vectors, (equal|not equal) bit for bit, largest difference (\S+), bound (\S+)$/m;

/** Reads what `app --self-test` printed; null when it is something else. */
export function readSelfTest(text: string): SelfTest | null {
  const found = VERDICT.exec(text);
  if (!found) return null;
  const [, verdict, vectors, equality, difference, bound] = found;
  return {
    passed: verdict === 'passed',
    vectors: Number(vectors),
    bitwise: equality === 'equal',
    largestDifference: Number(difference),
    bound: Number(bound),
  };
}

/** The compiler's name and version from the file in which CMake keeps what it found out. */
export function readCompiler(text: string): { name: string; version: string } {
  const valueOf = (name: string): string => new RegExp(`set\\(${name} "([^"]*)"\\)`).exec(text)?.[1] ?? '';
  return {
    name: valueOf('CMAKE_CXX_COMPILER_ID') || 'unknown',
    version: valueOf('CMAKE_CXX_COMPILER_VERSION') || 'unknown',
  };
}
