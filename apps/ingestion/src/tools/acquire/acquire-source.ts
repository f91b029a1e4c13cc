import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { SourceMetadata } from '@sedge/artifact-contracts';
import { METADATA_FILE, type ToolContext } from '@sedge/tool-contracts';
import { formatOf } from '../archive/open-archive.js';
import { AdmittedHosts } from './admitted-host.js';
import { HttpFile } from './http-file.js';
import { takeLocal } from './local-source.js';
import { download } from './resumable-download.js';
import { parseSourceAddress, type SourceAddress } from './source-address.js';
import { S3File } from './s3-file.js';
import { SOURCE_FILE, assertDigest, sourceFormatOf } from './source-artifact.js';

export interface AcquireParameters {
  from: string;
  sha256: string | null;
  nonce: string;
  maxBytes: number;
}

/** What an acquirer is asked for. */
export interface Acquisition {
  /** for messages, without passwords */
  shown: string;
  /** where the content goes; may hold what an earlier attempt got */
  path: string;
  maxBytes: number;
  context: ToolContext;
}

/** Brings content in and says what it is. What was loaded of a remote file survives a failed attempt in the job's scratch folder. */
export async function acquireSource(context: ToolContext, parameters: AcquireParameters): Promise<void> {
  const { outputs, scratch } = context.job;
  const address = parseSourceAddress(parameters.from);
  const { shown } = address;
  const path = join(scratch, SOURCE_FILE);
  const { name } = await take(address, { shown, path, maxBytes: parameters.maxBytes, context });
  await checkDigest(path, shown, parameters.sha256, context.signal);
  const { size: sizeBytes } = await stat(path);
  const metadata: SourceMetadata = { name, format: sourceFormatOf(await formatOf(path)), sizeBytes };
  const folder = outputs['source']!.path;
  await move(path, join(folder, SOURCE_FILE));
  await writeFile(join(folder, METADATA_FILE), JSON.stringify(metadata));
}

async function take(address: SourceAddress, acquisition: Acquisition): Promise<{ name: string }> {
  const { context } = acquisition;
  switch (address.scheme) {
    case 'path':
      return takeLocal(address.path, acquisition);
    case 'http':
      await download(new HttpFile(address, new AdmittedHosts(context.border.hosts), context.signal), acquisition);
      return { name: address.name };
    case 's3':
      await download(new S3File(address, process.env), acquisition);
      return { name: address.name };
  }
}

async function checkDigest(path: string, shown: string, given: string | null, signal: AbortSignal): Promise<void> {
  if (given === null) return;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash, { signal });
  try {
    assertDigest(shown, hash.digest('hex'), given);
  } catch (error) {
    // What is wrong must not be taken up again by the next attempt.
    await rm(path);
    throw error;
  }
}

/** Scratch and outputs may lie on different disks. */
async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    await copyFile(from, to);
    await rm(from);
  }
}
