export { MemoryBus, type MemoryBusOptions } from './memory-bus.adapter.js';
