export { BrokerUnreachableError } from './connection.js';
export { NatsDeadLetters } from './dead-letters.js';
export { NatsBus, type NatsBusOptions } from './nats-bus.adapter.js';
export { STREAMS } from './streams.js';
