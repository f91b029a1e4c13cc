export { OPERATOR, authorizationConfig, brokerUsers, type BrokerUser } from './broker-users.js';
export { BrokerUnreachableError } from './connection.js';
export { NatsDeadLetters } from './dead-letters.js';
export { NatsBus, prepareBroker, type NatsBusOptions } from './nats-bus.adapter.js';
export { BrokerUnpreparedError, STREAMS } from './streams.js';
