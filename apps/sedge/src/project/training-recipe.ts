/**
 * How a network learns from few speakers: the parameters of the shipped example (`examples/keyword-spotting/workflow.yml`), where they were
 * tried. A test keeps the two equal.
 */
export const TRAINING_RECIPE = {
  architecture: 'kws-res',
  iterations: 2000,
  learningRate: 0.004,
  schedule: 'cosine',
  warmupIterations: 50,
  weightDecay: 0.05,
  dropout: 0.2,
  labelSmoothing: 0.1,
  mixup: 0.2,
  equalizerDb: 4,
  averaging: 0.995,
};
