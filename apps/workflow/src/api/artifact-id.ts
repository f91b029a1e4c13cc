import { isDigest, type Digest } from '@sedge/artifact-contracts';
import { errorsOf } from '@sedge/service-kit';
import { ARTIFACT_ERRORS } from '../domain/artifact-errors.js';

const error = errorsOf(ARTIFACT_ERRORS);

/** Reads an artifact id from a path. @throws ARTIFACT_ID_INVALID */
export function artifactIdFrom(text: string): Digest {
  if (!isDigest(text)) throw error('ARTIFACT_ID_INVALID', { id: text.slice(0, 100) });
  return text;
}
