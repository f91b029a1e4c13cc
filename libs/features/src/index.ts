export { differenceOf, type WantedFeatures } from './feature-kind.js';
export { FEATURES_ERRORS, openFeatureSplit, type FeatureSplit } from './feature-split.js';
export { normalize } from './normalization.js';
