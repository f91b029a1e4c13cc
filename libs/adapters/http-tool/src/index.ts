export { HttpToolRunner } from './http-tool.runner.js';
