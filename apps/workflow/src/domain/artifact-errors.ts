/** What can be wrong with a request about artifacts, uploads, pins, layouts and garbage. Codes are stable for ever. */
export const ARTIFACT_ERRORS = {
  ARTIFACT_ID_INVALID: {
    status: 400,
    sentence: "'{id}' is not an artifact id",
    mend: 'Write sha256: and 64 hexadecimal digits, as lists show them.',
  },
  ARTIFACT_UNKNOWN: {
    status: 404,
    sentence: 'there is no artifact {id}',
    mend: 'List the artifacts, or import the one you mean.',
  },
  ARTIFACT_FILE_UNKNOWN: {
    status: 404,
    sentence: "artifact {id} has no file '{path}'; it has {files}",
    mend: 'Name one of its files.',
  },
  ARTIFACT_DAMAGED: {
    status: 409,
    sentence: "artifact {id}: '{file}' can't be used: {reason}",
    mend: 'Run the job that made it again, or import the artifact again; storing the same bytes mends the file.',
  },
  ARTIFACT_RANGE_INVALID: {
    status: 416,
    sentence: "the range '{range}' lies outside the file's {size} bytes",
    mend: 'Ask for bytes within the size in Content-Range.',
  },
  ARTIFACT_CURSOR_INVALID: {
    status: 400,
    sentence: 'the cursor is not one that a list gave',
    mend: 'Use nextCursor of the page before, or none.',
  },
  ARTIFACT_PINNED: {
    status: 409,
    sentence: 'artifact {id} is pinned: {note}',
    mend: 'Remove the pin first.',
  },
  ARTIFACT_IN_USE: {
    status: 409,
    sentence: 'artifact {id} is needed: {reason}',
    mend: 'Remove what needs it first, or leave it to the garbage collection.',
  },
  ARTIFACT_KIND_UNKNOWN: {
    status: 422,
    sentence: "there is no artifact kind '{kind}' in version {version}",
    mend: 'Name one that GET /v1/kinds lists, or register it with its JSON Schema at POST /v1/kinds.',
  },
  ARTIFACT_KIND_ABSENT: {
    status: 404,
    sentence: "there is no artifact kind '{kind}'",
    mend: 'Name one that GET /v1/kinds lists.',
  },
  ARTIFACT_KIND_INVALID: {
    status: 422,
    sentence: "the kind '{kind}' can't be registered: {reason}",
    mend: 'Mend the name or the JSON Schema (2020-12).',
  },
  ARTIFACT_KIND_TAKEN: {
    status: 409,
    sentence: "the kind '{kind}' in version {version} is there already, with another schema",
    mend: 'Register the changed schema under the next version.',
  },
  ARTIFACT_CONTENT_INVALID: {
    status: 422,
    sentence: 'the artifact is not what the kind {kind} asks for: {mistakes}',
    mend: 'Correct the named places; GET /v1/kinds/{kind} shows the schema.',
  },
  ARTIFACT_PARENT_UNKNOWN: {
    status: 422,
    sentence: 'derivedFrom names {id}, which is not here',
    mend: 'Upload or import it first.',
  },
  UPLOAD_KEY_TAKEN: {
    status: 409,
    sentence: 'the Idempotency-Key is that of another upload',
    mend: 'Use a fresh key for each different upload.',
  },
  UPLOAD_UNKNOWN: {
    status: 404,
    sentence: 'there is no upload {upload}; it was completed, given up, or its lease ended',
    mend: 'Start a new one at POST /v1/uploads.',
  },
  UPLOAD_FILE_INVALID: {
    status: 422,
    sentence: "'{path}' can't be a file of an artifact: {reason}",
    mend: 'Give each file a relative path of its own, without .. and empty parts, that is no folder of another and not metadata.json.',
  },
  UPLOAD_FILE_UNKNOWN: {
    status: 404,
    sentence: "upload {upload} has no file '{path}'",
    mend: 'Name one of the files that it was started with.',
  },
  UPLOAD_OFFSET_WRONG: {
    status: 409,
    sentence: "'{path}' has {offset} bytes so far; {reason}",
    mend: 'Ask for the offset (GET /v1/uploads/ID) and go on from it.',
  },
  UPLOAD_OFFSET_INVALID: {
    status: 400,
    sentence: "the header Upload-Offset {given}: it says at which byte of '{path}' the chunk begins",
    mend: 'Send the header with a whole number; GET /v1/uploads/ID shows the offset of each file.',
  },
  UPLOAD_TOO_LONG: {
    status: 413,
    sentence: "'{path}' was announced with {size} bytes, and more came",
    mend: 'Start a new upload with the right size.',
  },
  UPLOAD_CHUNK_CUT: {
    status: 400,
    sentence: "'{path}': the connection ended within a chunk; {offset} bytes are kept",
    mend: 'Go on from that offset.',
  },
  UPLOAD_INCOMPLETE: {
    status: 409,
    sentence: "'{path}' has {offset} of {size} bytes",
    mend: 'Send the rest, then complete the upload again.',
  },
  UPLOAD_DIGEST_WRONG: {
    status: 422,
    sentence: "'{path}' has the digest {found}, not {expected} as announced",
    mend: 'Start a new upload; these bytes are not the file that was announced.',
  },
  LAYOUT_INVALID: {
    status: 422,
    sentence: 'this is not an OCI image layout that can be imported: {place}: {reason}',
    mend: 'Export the artifact again and import that file; nothing was registered.',
  },
  STORE_FULL: {
    status: 507,
    sentence: '{reason}',
    mend: 'Free some disk (npx sedge gc --dry-run shows what may go), then try again.',
  },
  STORE_UNAVAILABLE: { status: 503, sentence: '{reason}', mend: 'Check the disk or the object store, then try again.' },
} as const;

export type ArtifactErrorCode = keyof typeof ARTIFACT_ERRORS;
