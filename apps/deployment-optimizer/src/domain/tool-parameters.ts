// Schemas of parameters that several tools take.

/** By which a plan's rounding is bounded: the same wherever plans are made. */
export const MAX_ERROR = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: 0,
  description:
    'bound on what Winograd layers may differ by from the reference, as a share of the largest element, measured; 0 leaves it to the depth of the network',
} as const;

/** Whose kernels a plan may use: the words of `lne --plugins`. */
export const PLUGINS = {
  type: ['array', 'null'],
  items: { type: 'string' },
  minItems: 1,
  default: null,
  description:
    'whose kernels may be used: names leave only those beside core, +onednn adds one over a library, -winograd takes one away; null for all that need no library',
} as const;

export const GOLDEN_VECTORS = {
  type: 'integer',
  minimum: 1,
  maximum: 64,
  default: 4,
  description: 'inputs that the program carries with their outputs for its self-test',
} as const;
