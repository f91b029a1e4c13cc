export { SmallDisk, canMount } from './small-disk.js';
