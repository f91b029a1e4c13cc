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

export const GOLDEN_VECTORS = {
  type: 'integer',
  minimum: 1,
  maximum: 64,
  default: 4,
  description: 'inputs that the program carries with their outputs for its self-test',
} as const;
