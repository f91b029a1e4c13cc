// On its own, since the whole service is behind this import: loaded only when needed.
export { isBuiltOn } from '@sedge/deployment-optimizer';
