import { ToolError } from '@sedge/tool-contracts';

interface ErrorRow {
  /** `{name}` is filled in */
  sentence: string;
  /** what the user can do about it */
  mend: string;
}

/** Why a tool of this service fails. Codes are stable for ever. */
export const ERRORS = {
  INGESTION_SOURCE_ABSENT: { sentence: "there is no file or folder '{from}'", mend: 'correct the path' },
  INGESTION_SOURCE_UNREADABLE: {
    sentence: "'{from}' can't be read: {reason}",
    mend: 'give this user the right to read it',
  },
  INGESTION_SOURCE_OUTSIDE: {
    sentence: "'{from}' is not taken: the service ingestion takes inputs of its machine from {folders}",
    mend: 'put it there, or ask who runs the services to add its folder to SEDGE_INPUT_FOLDERS (npm run up:distributed -- --inputs FOLDER)',
  },
  INGESTION_SOURCE_CLOSED: {
    sentence: "'{from}' is not taken: it {reason}, which is Sedge's own",
    mend: 'give a file or folder beside it',
  },
  INGESTION_SOURCE_HOST: {
    sentence:
      "nothing is taken from the host '{host}': it is not one of the internet, and the service ingestion takes inputs of its own network from hosts alone that are named to it",
    mend: 'give an address of the internet, or ask who runs the services to add the host to SEDGE_INPUT_HOSTS',
  },
  INGESTION_SOURCE_FORM: {
    sentence: "'{from}' is no source that can be read: {reason}",
    mend: 'give an absolute path, or an address with http://, https://, s3:// or file://',
  },
  INGESTION_SOURCE_CHANGED: {
    sentence: "'{from}' changed while it was read",
    mend: 'run again when nothing writes to it',
  },
  INGESTION_SOURCE_EMPTY: { sentence: "'{from}' holds no files", mend: 'give a folder or file with content' },
  INGESTION_SOURCE_TOO_LARGE: {
    sentence: "'{from}' has {size}, more than the limit of {limit}",
    mend: 'raise the parameter maxBytes if that is what you want',
  },
  INGESTION_SOURCE_CHECKSUM: {
    sentence: "'{from}' has the SHA-256 {found}, not {wanted}",
    mend: 'get the right file, or correct sha256 if the new content is meant',
  },
  INGESTION_SOURCE_REFUSED: { sentence: "'{from}' was refused with status {status}", mend: '{mend}' },
  INGESTION_SOURCE_REDIRECTS: {
    sentence: "'{from}' leads from one address to the next more than {limit} times",
    mend: 'give the address that it leads to in the end',
  },
  INGESTION_DISK_FULL: {
    sentence: '{what} needs {needed} in {folder}, where {free} are free',
    mend: 'free space there, or choose another data directory',
  },
  INGESTION_S3_SETTINGS: { sentence: "'{from}' can't be asked for: {reason}", mend: 'set {variables}' },
  INGESTION_ARCHIVE_FORMAT: {
    sentence: '{name} is {found}, no archive that is read',
    mend: 'pack the folder as tar, tar.gz or zip',
  },
  INGESTION_ARCHIVE_TRUNCATED: {
    sentence: '{name} ends too early: {reason}, after {members} members',
    mend: 'get the archive again, and give its sha256 so that a cut is noticed',
  },
  INGESTION_ARCHIVE_BROKEN: {
    sentence: '{name} is damaged: {reason}, after {members} members',
    mend: 'get the archive again, or pack the folder anew',
  },
  INGESTION_ARCHIVE_BOMB: {
    sentence: '{name} unpacks to more than {limit} ({reason})',
    mend: 'check where it comes from; unpack it yourself and give the folder if it is meant',
  },
  INGESTION_ARCHIVE_MEMBERS: {
    sentence: '{name} has more than {limit} members',
    mend: 'pack only what belongs to the data set',
  },
  INGESTION_LAYOUT_EMPTY: {
    sentence: '{name} holds no recordings in the layout {layout}',
    mend: 'check what is in the archive, or use the tool for its layout',
  },
  INGESTION_RECORDINGS_UNREADABLE: {
    sentence: 'none of the {count} recordings could be read: {files}',
    mend: 'save them as WAV (PCM or float) or FLAC, and check that they are whole',
  },
  INGESTION_RECORDINGS_UNUSABLE: {
    sentence: 'none of the {count} recordings that were read can be used: {files}',
    mend: 'give other recordings, or check their labels',
  },
  INGESTION_WORD_ABSENT: {
    sentence: "no folder holds recordings of the word '{word}'{suggestion}",
    mend: 'correct the parameter words',
  },
  INGESTION_ONE_CLASS: {
    sentence: 'the data set has {count} class ({names}), and a classifier needs at least two',
    mend: 'add recordings of another class, or turn on unknown or silence',
  },
  INGESTION_CLASS_NAMES: {
    sentence: "the class '{name}' is there twice",
    mend: 'rename unknown or silence, or the word',
  },
  INGESTION_SPEAKERS_FEW: {
    sentence: 'there are {count} speakers, and three splits without a common speaker need at least three',
    mend: 'add recordings of other speakers, or name the split of each recording in a CSV file',
  },
  INGESTION_SPLIT_EMPTY: {
    sentence: "the split '{split}' got no recordings",
    mend: 'use another salt or other ratios, or add recordings of other speakers',
  },
  INGESTION_LISTS: { sentence: "the data set's own lists can't be used: {reason}", mend: 'split by speaker instead' },
  INGESTION_SPEAKER_TWICE: {
    sentence: "the speaker '{speaker}' would be in the splits '{first}' and '{second}'",
    mend: 'split by speaker instead, or correct the lists',
  },
  INGESTION_UNKNOWN_EMPTY: {
    sentence: 'unknown was asked for, and no recording is of another word than those listed',
    mend: 'list the words to learn, fewer than there are, or set unknown.fraction to 0',
  },
  INGESTION_NOISE_ABSENT: {
    sentence: 'silence was asked for, and no background noise is long enough in each split',
    mend: 'add recordings of noise in _background_noise_, 30 s or more, or set silence.fraction to 0',
  },
  INGESTION_NOISE_TOO_LONG: {
    sentence: 'the background noise lasts more than {limit} minutes',
    mend: 'keep less of it',
  },
  INGESTION_STRICT: {
    sentence: 'strict: {count} files would be skipped: {files}',
    mend: 'mend or remove them, or leave out strict',
  },
  INGESTION_SKIPPED_TOO_MANY: {
    sentence: 'more than {limit} files would be skipped, the first of them: {files}',
    mend: 'mend them, or raise maxSkipped if they are to be left out',
  },
  INGESTION_CSV_ABSENT: { sentence: "the source holds no file '{file}'", mend: 'name it with the parameter csv' },
  INGESTION_CSV_BROKEN: { sentence: '{file}: {reason}', mend: 'correct the file there' },
  INGESTION_CSV_COLUMN: {
    sentence: "{file} has no column '{column}'; it has {columns}",
    mend: 'name it in the first line, or set the parameter columns',
  },
  INGESTION_DATASET: { sentence: 'the data set is not what its kind says: {reason}', mend: 'make it again' },
  INGESTION_PARAMETERS: { sentence: '{reason}', mend: 'correct the parameter' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** An error of the table with its values filled in. */
export function refusal(code: ErrorCode, values: Record<string, string | number> = {}): ToolError {
  const { sentence, mend } = ERRORS[code];
  return new ToolError(code, `${fill(sentence, values)}; ${fill(mend, values)}`);
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
