import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import {
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import { LostBackEndError } from '@sedge/ports';

const LOSSES = [
  ClosedConnectionError,
  ConnectionError,
  DrainingConnectionError,
  NoRespondersError,
  RequestError,
  TimeoutError,
];
/** JetStream is there and can't serve for the moment, e.g. while a cluster elects. */
const UNAVAILABLE = 503;

/** Gives what the broker answers. @throws LostBackEndError where it does not */
export async function orLostBroker<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw isLostBroker(error) ? new LostBackEndError('events', error) : error;
  }
}

/** Whether the broker, or its JetStream, does not answer for now. */
export function isLostBroker(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return error.status === UNAVAILABLE;
  if (error instanceof JetStreamError) return isLostBroker(error.cause);
  return LOSSES.some((loss) => error instanceof loss);
}
