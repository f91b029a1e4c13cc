/** What an artifact of a kind is made of: the class of its metadata, and the files that it must and may have. */
export interface ArtifactKind {
  /** e.g. `dataset.audio` */
  name: string;
  /** major version; a change that breaks readers raises it */
  version: number;
  /** one sentence for the manual */
  summary: string;
  /** class whose class-validator decorators say what the metadata hold */
  metadata: new () => object;
  files: KindFiles;
  /** JSON files whose content has a class of its own, by path */
  contents?: Record<string, new () => object>;
}

export interface KindFiles {
  /** must be there */
  required: readonly string[];
  /** may be there */
  optional: readonly string[];
  /** whether files beyond these may be there */
  others: boolean;
}

/** A mistake in metadata or in a list of files: where it is and what is wrong. */
export interface KindMistake {
  /** e.g. `preprocessing.normalization.mean`; empty for the whole */
  path: string;
  message: string;
}
