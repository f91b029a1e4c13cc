import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Hdf5Error, Hdf5Reader, Hdf5Writer } from '../src/index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sedge-hdf5-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** @param portion rows per append */
async function writeSample(path: string, portion: number): Promise<void> {
  const writer = await Hdf5Writer.create(path);
  writer.attribute('/', 'classes', ['yes', 'nò', '']);
  writer.attribute('/', 'sampleRateHz', 16000);
  writer.attribute('/', 'gain', 0.5);
  const data = writer.dataset('/train/data', 'int16', [16000]);
  const label = writer.dataset('/train/label', 'int64');
  const mfcc = writer.dataset('/train/mfcc', 'float32', [1, 4, 3]);
  for (let row = 0; row < 50; row += portion) {
    const rows = Math.min(portion, 50 - row);
    data.append(Int16Array.from({ length: rows * 16000 }, (_, i) => ((row * 16000 + i) * 7) % 32768));
    label.append(Array.from({ length: rows }, (_, i) => row + i));
    mfcc.append(Float32Array.from({ length: rows * 12 }, (_, i) => row + i / 12));
  }
  writer.texts(
    '/train/id',
    Array.from({ length: 50 }, (_, i) => `clip ${i} ü`),
  );
  writer.dataset('/test/data', 'int16', [16000]);
  writer.texts('/test/id', []);
  writer.attribute('/train', 'note', 'ok');
  writer.finish();
}

/** The same sequence in each run. */
function numbersBelow1(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** @returns what was thrown, or null */
async function readEverything(path: string): Promise<unknown> {
  let reader: Hdf5Reader | undefined;
  try {
    reader = await Hdf5Reader.open(path, 2000);
    reader.textsAttribute('/', 'classes');
    reader.numberAttribute('/', 'sampleRateHz');
    reader.names('/train');
    reader.rows('/train/data', 'int16', 0, reader.rowCount('/train/data'));
    reader.integers('/train/label');
    reader.texts('/train/id');
    return null;
  } catch (error) {
    return error;
  } finally {
    reader?.close();
  }
}

const digest = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

describe('an HDF5 file', () => {
  it('gives back what was written, in slabs', async () => {
    const path = join(folder, 'a.h5');
    await writeSample(path, 7);
    const reader = await Hdf5Reader.open(path);
    expect(reader.names()).toEqual(['test', 'train']);
    expect(reader.names('/train')).toEqual(['data', 'id', 'label', 'mfcc']);
    expect(reader.shape('/train/data')).toEqual([50, 16000]);
    expect(Array.from(reader.rows('/train/data', 'int16', 49, 50).subarray(0, 2))).toEqual([
      (49 * 16000 * 7) % 32768,
      (49 * 16000 * 7 + 7) % 32768,
    ]);
    expect(reader.rows('/train/mfcc', 'float32', 10, 12)).toHaveLength(24);
    expect(reader.integers('train/label')).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(reader.texts('/train/id')[49]).toBe('clip 49 ü');
    expect(reader.textsAttribute('/', 'classes')).toEqual(['yes', 'nò', '']);
    expect(reader.numberAttribute('/', 'sampleRateHz')).toBe(16000);
    expect(reader.attribute('/', 'gain')).toBe(0.5);
    expect(reader.attribute('/train', 'note')).toBe('ok');
    expect(reader.attribute('/', 'none')).toBeNull();
    expect(reader.shape('/test/data')).toEqual([0, 16000]);
    expect(reader.rows('/test/data', 'int16', 0, 0)).toHaveLength(0);
    expect(reader.texts('/test/id')).toEqual([]);
    expect(reader.has('/train/none')).toBe(false);
    reader.close();
  });

  it('has equal bytes at another time, in another folder and in other portions', async () => {
    const now = Date.now;
    await writeSample(join(folder, 'a.h5'), 50);
    const other = await mkdtemp(join(tmpdir(), 'sedge-hdf5-a-longer-name-'));
    try {
      Date.now = () => now() + 86_400_000;
      await writeSample(join(other, 'b.h5'), 3);
    } finally {
      Date.now = now;
    }
    expect(await digest(join(other, 'b.h5'))).toBe(await digest(join(folder, 'a.h5')));
    await rm(other, { recursive: true });
  });

  it('refuses what is missing, of another type, no HDF5 or cut off', async () => {
    const path = join(folder, 'a.h5');
    await writeSample(path, 50);
    const reader = await Hdf5Reader.open(path);
    expect(() => reader.rows('/train/label', 'int16', 0, 1)).toThrow(/the elements are not int16/);
    expect(() => reader.rows('/train/data', 'int16', 0, 51)).toThrow(/rows 0 to 51 of 50/);
    expect(() => reader.texts('/none')).toThrow(/no such dataset/);
    expect(() => reader.integers('/train')).toThrow(/a group, not a dataset/);
    expect(() => reader.numberAttribute('/', 'classes')).toThrow(/not a number/);
    reader.close();
    await expect(Hdf5Reader.open(join(folder, 'none.h5'))).rejects.toMatchObject({ code: 'HDF5_OPEN' });
    await writeFile(join(folder, 'text.h5'), 'no HDF5 at all');
    await expect(Hdf5Reader.open(join(folder, 'text.h5'))).rejects.toMatchObject({ code: 'HDF5_FORMAT' });
    await writeFile(join(folder, 'cut.h5'), (await readFile(path)).subarray(0, 3000));
    await expect(Hdf5Reader.open(join(folder, 'cut.h5'))).rejects.toMatchObject({ code: 'HDF5_DAMAGED' });
  });

  it('reports a place that can not be written and rows that are no whole ones', async () => {
    await expect(Hdf5Writer.create(join(folder, 'none', 'a.h5'))).rejects.toMatchObject({ code: 'HDF5_WRITE' });
    const writer = await Hdf5Writer.create(join(folder, 'a.h5'));
    expect(() => writer.dataset('/data', 'int16', [4]).append([1, 2, 3])).toThrow(/no whole number of rows/);
    await writer.abandon();
    expect(existsSync(join(folder, 'a.h5'))).toBe(false);
  });

  it('reports a full disk', async () => {
    await expect(Hdf5Writer.create('/dev/full')).rejects.toThrow(
      '/dev/full: the file: file write failed: No space left',
    );
  });

  it('may be larger than memory', async () => {
    const before = process.memoryUsage().rss;
    const path = join(folder, 'large.h5');
    const writer = await Hdf5Writer.create(path);
    const data = writer.dataset('/data', 'float32', [1, 40, 32]);
    const rows = Float32Array.from({ length: 64 * 1280 }, (_, i) => i);
    let largest = 0;
    for (let portion = 0; portion < 600; portion++) {
      data.append(rows);
      largest = Math.max(largest, process.memoryUsage().rss);
    }
    writer.finish();
    const reader = await Hdf5Reader.open(path);
    for (let row = 0; row < reader.rowCount('/data'); row += 3001) {
      expect(reader.rows('/data', 'float32', row, row + 1)[0]).toBe((row % 64) * 1280);
      largest = Math.max(largest, process.memoryUsage().rss);
    }
    reader.close();
    expect((await stat(path)).size).toBeGreaterThan(196 * 1000 ** 2);
    expect(largest - before).toBeLessThan(120 * 1000 ** 2);
  });

  // Among these files are some on which the library aborts, and one on which it never ends.
  it('is refused when damaged, and no other open file suffers', async () => {
    const path = join(folder, 'a.h5');
    await writeSample(path, 50);
    const other = await Hdf5Reader.open(path);
    const good = await readFile(path);
    const damaged = join(folder, 'damaged.h5');
    const random = numbersBelow1(7);
    const complaints = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    let refused = 0;
    for (let round = 0; round < 240; round++) {
      const bytes = Buffer.from(good);
      const size = random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length;
      for (let edit = 0; edit < 6; edit++) bytes[Math.floor(random() * 4000)] = Math.floor(random() * 256);
      await writeFile(damaged, bytes.subarray(0, size));
      const error = await readEverything(damaged);
      if (error === null) continue;
      expect(error).toBeInstanceOf(Hdf5Error);
      expect((error as Hdf5Error).message).toContain(damaged);
      refused++;
    }
    complaints.mockRestore();
    expect(refused).toBeGreaterThan(100);
    expect(other.rows('/train/data', 'int16', 1, 2)).toHaveLength(16000);
    expect(other.texts('/train/id')).toHaveLength(50);
    other.close();
    expect(() => other.names()).toThrow(/the file is closed/);
  });

  const python = process.env['SEDGE_REFERENCE_PYTHON'];
  it.skipIf(!python)('is read by h5py', async () => {
    const path = join(folder, 'a.h5');
    await writeSample(path, 7);
    const code = `import h5py,json,sys
f=h5py.File(sys.argv[1])
print(json.dumps([list(f['/train/data'].shape),str(f['/train/data'].dtype),int(f['/train/data'][49,1]),f['/train/label'][:].tolist()[-1],str(f['/train/label'].dtype),
f['/train/id'].asstr()[49],list(f.attrs['classes']),int(f.attrs['sampleRateHz']),float(f['/train/mfcc'][49,0,3,2]),list(f['/test/data'].shape)]))`;
    const seen: unknown = JSON.parse(execFileSync(python!, ['-c', code, path], { encoding: 'utf8' }));
    expect(seen).toEqual([
      [50, 16000],
      'int16',
      (49 * 16000 * 7 + 7) % 32768,
      49,
      'int64',
      'clip 49 ü',
      ['yes', 'nò', ''],
      16000,
      expect.closeTo(49 + 11 / 12, 4),
      [0, 16000],
    ]);
  });
});
