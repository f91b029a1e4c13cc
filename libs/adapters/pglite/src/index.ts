export { PgliteDatabase, type PgliteOptions } from './pglite.adapter.js';
