/** What the tools of this stage refuse, and what to do about it. Codes are stable for ever. */
export const BENCHMARK_ERRORS = {
  BENCHMARK_INPUTS_DIFFER: {
    sentence: 'Two inputs do not belong together: classes, shape or preprocessing differ.',
    mend: 'Give a model that was trained on features of the same kind.',
  },
  BENCHMARK_MODEL_UNREADABLE: {
    sentence: 'The engine can not load the model or the program.',
    mend: 'Train or build it again; the message says what the engine found.',
  },
  BENCHMARK_ENGINE_FAILED: {
    sentence: 'The engine failed while it ran.',
    mend: 'See the message; run the same model by another engine to tell whose fault it is.',
  },
  BENCHMARK_ENGINE_MISSING: {
    sentence: 'The engine that was asked for is not on this machine.',
    mend: 'Build it (npm run build:native) or ask for another engine.',
  },
  BENCHMARK_OUTPUT_NOT_FINITE: {
    sentence: 'The net gave scores that are not numbers.',
    mend: 'Look at the training curve: the training diverged, or the features hold values that are not finite.',
  },
  BENCHMARK_NOTHING_TO_RUN: {
    sentence: 'Neither a model nor a program was given.',
    mend: 'Give one of them as input.',
  },
  BENCHMARK_DATASET_UNREADABLE: {
    sentence: 'The data set is not an HDF5 file with recordings of the test split.',
    mend: 'Ingest the recordings again.',
  },
  BENCHMARK_PREPROCESSING_UNKNOWN: {
    sentence: 'The stream test makes features of audio by itself, and does not know the tool that the model names.',
    mend: 'Give a model whose preprocessing is extract-mfcc.',
  },
} as const;

export type BenchmarkErrorCode = keyof typeof BENCHMARK_ERRORS;
