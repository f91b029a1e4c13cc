/** Schema of the parameter by which a plan's rounding is bounded: the same wherever plans are made. */
export const MAX_ERROR = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: 0,
  description:
    'bound on what Winograd layers may differ by from the reference, as a share of the largest element, measured; 0 leaves it to the depth of the network',
} as const;
