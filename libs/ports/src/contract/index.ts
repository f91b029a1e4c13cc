export { describeDatabase } from './database.contract.js';
