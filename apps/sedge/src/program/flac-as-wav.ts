import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlacDecoder, isFlac, isUnusable, wavFile } from '@sedge/audio';

/** A recording as a generated program takes it, or why there is none. */
export type ProgramInput = { file: string; wav: string } | { file: string; error: string };

const LIMIT_MS = 600_000;
const LIMIT_BYTES = 256e6;

/**
 * Programs read WAV and nothing else, which keeps them small: FLAC is decoded for them into a folder that `use` may read from until it
 * ends. What is no FLAC is handed on as it is: the program says what is wrong with it.
 */
export async function* withFlacAsWav<Result>(
  files: readonly string[],
  use: (inputs: ProgramInput[]) => AsyncGenerator<Result>,
): AsyncGenerator<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'sedge-flac-'));
  try {
    const decoder = new FlacDecoder();
    const inputs: ProgramInput[] = [];
    for (const [at, file] of files.entries()) {
      const absence = await absenceOf(file);
      if (absence !== null) {
        inputs.push({ file, error: absence });
        continue;
      }
      inputs.push(
        (await beginsAsFlac(file)) ? await decode(decoder, file, join(folder, `${at}.wav`)) : { file, wav: file },
      );
    }
    yield* use(inputs);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Why there is nothing to read under a name; null where there is. */
async function absenceOf(file: string): Promise<string | null> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) return found.isDirectory() ? 'it is a folder' : null;
  return found.code === 'ENOENT' || found.code === 'ENOTDIR' ? 'there is no such file' : found.message;
}

async function beginsAsFlac(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return false;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return isFlac(buffer.subarray(0, bytesRead)) && (await handle.stat()).size <= LIMIT_BYTES;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

async function decode(decoder: FlacDecoder, file: string, wav: string): Promise<ProgramInput> {
  const audio = decoder.decode(await readFile(file), LIMIT_MS);
  if (isUnusable(audio)) return { file, error: `it is no sound FLAC file: ${audio.detail || audio.reason}` };
  await writeFile(wav, wavFile(audio));
  return { file, wav };
}
