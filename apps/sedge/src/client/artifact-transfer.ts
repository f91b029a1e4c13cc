import { createReadStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { CommandError } from '../errors.js';
import { EXIT } from '../exit-codes.js';
import type { ApiClient } from './api-client.js';

/** Saves an artifact with everything that it came from as one archive; the file appears when it is whole. */
export async function exportArtifact(api: ApiClient, id: string, file: string): Promise<number> {
  const partial = `${file}.partial-${process.pid}`;
  try {
    await api.download(`/v1/artifacts/${id}/export`, partial);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw isFileFault(error) ? fileFault(file, 'written', error) : error;
  }
  return (await stat(file)).size;
}

/** Brings the artifacts of an archive in. @returns their ids, the wanted one last */
export async function importArtifacts(api: ApiClient, file: string): Promise<string[]> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw fileFault(file, 'read', error);
  });
  if (found.isDirectory()) {
    const message = `'${file}' is a folder, where a file that an export saved is wanted`;
    throw new CommandError('CLI_FILE_UNUSABLE', message, EXIT.usage, 'name the file, e.g. model.oci.tar');
  }
  const headers = { 'content-type': 'application/x-tar', 'content-length': String(found.size) };
  const answer = await api
    .sendStream<{ artifacts: string[] }>('POST', '/v1/artifacts/import', createReadStream(file), headers)
    .catch((error: unknown) => {
      throw isFileFault(error) ? fileFault(file, 'read', error) : error;
    });
  return answer.artifacts;
}

function isFileFault(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

function fileFault(file: string, verb: string, { code, message }: NodeJS.ErrnoException): CommandError {
  const reason = code === 'ENOENT' ? 'there is no such file or folder' : message;
  const exitCode = code === 'ENOENT' ? EXIT.notFound : EXIT.failed;
  return new CommandError('CLI_FILE_UNUSABLE', `'${file}' can't be ${verb}: ${reason}`, exitCode, 'name another path');
}
