import { partOf, toolSubject, type Party } from '@sedge/event-contracts';
import { DEAD_LETTERS, DEAD_LETTER_SUBJECT, EVENTS, REPLAY_SUBJECT, STREAMS } from './streams.js';

/** A user of the broker. */
export interface BrokerUser {
  user: string;
  password: string;
  /** absent for an operator, who may do everything */
  permissions?: { publish: Rule; subscribe: Rule };
}

interface Rule {
  allow?: string[];
  deny?: string[];
}

/** Prepares the broker, and looks at everything: no service is one. */
export const OPERATOR = 'operator';

/** Where replies to a user come: nobody hears those of another. */
export const inboxOf = (user: string): string => `_INBOX.${user}`;

/**
 * The users of a broker: an operator, and one for each party.
 * @param passwordOf gives the password of a user
 */
export function brokerUsers(parties: readonly Party[], passwordOf: (user: string) => string): BrokerUser[] {
  const users: Omit<BrokerUser, 'password'>[] = [
    { user: OPERATOR },
    ...parties.map((party) => ({ user: partOf(party).user, permissions: permissionsOf(party, parties) })),
  ];
  return users.map(({ user, ...rest }) => ({ user, password: passwordOf(user), ...rest }));
}

/** What a party may do at the broker, made of what the contracts say that it says and hears. @param all who else is there */
function permissionsOf(party: Party, all: readonly Party[]): NonNullable<BrokerUser['permissions']> {
  const { user, publishes, listens, consumers } = partOf(party);
  const isService = party.kind === 'workflow' || party.kind === 'stage';
  const publish = [
    ...publishes,
    ...consumers.flatMap(takingFrom),
    ...(isService ? ['$JS.API.INFO', ...consumers.flatMap(keeping), ...streamsLooked(), ...deadLetters()] : []),
    ...(party.kind === 'stage' ? offering(party.stage, all) : []),
    // Who sends a letter again does so to the consumer that could not handle it, and to nobody else.
    ...(party.kind === 'workflow' ? [`${REPLAY_SUBJECT}.>`] : []),
    ...(party.kind === 'stage' ? consumers.map((consumer) => `${REPLAY_SUBJECT}.${consumer}.>`) : []),
  ];
  const subscribe = [...listens, `${inboxOf(user)}.>`];
  return { publish: ruleOf(publish), subscribe: ruleOf(subscribe) };
}

/** A bystander publishes nothing; an empty list would let it publish anything. */
const ruleOf = (subjects: string[]): Rule => (subjects.length > 0 ? { allow: subjects } : { deny: ['>'] });

/** Taking events from a durable consumer, and saying what became of each. */
const takingFrom = (consumer: string): string[] => [
  `$JS.API.CONSUMER.INFO.${EVENTS}.${consumer}`,
  `$JS.API.CONSUMER.MSG.NEXT.${EVENTS}.${consumer}`,
  `$JS.ACK.${EVENTS}.${consumer}.>`,
];

/** Making a consumer of one's own what the code says, and burying what it can't handle. */
const keeping = (consumer: string): string[] => [
  `$JS.API.CONSUMER.DURABLE.CREATE.${EVENTS}.${consumer}`,
  `${DEAD_LETTER_SUBJECT}.${consumer}`,
];

const streamsLooked = (): string[] => STREAMS.map(({ name }) => `$JS.API.STREAM.INFO.${name}`);

const deadLetters = (): string[] => [
  `$JS.API.STREAM.MSG.GET.${DEAD_LETTERS}`,
  `$JS.API.STREAM.MSG.DELETE.${DEAD_LETTERS}`,
];

/** Making the consumers of the stage's workers outside; they hold jobs of its tool only, since the broker compares the filter with the subject. */
const offering = (stage: string, all: readonly Party[]): string[] =>
  all.flatMap((party) =>
    party.kind === 'worker' && party.stage === stage
      ? partOf(party).consumers.map(
          (consumer) =>
            `$JS.API.CONSUMER.CREATE.${EVENTS}.${consumer}.${toolSubject('sedge.job.requested.v1', stage, party.tool)}`,
        )
      : [],
  );

/** The part of a nats-server's configuration that says who may do what (a file that only the server may read: it holds passwords). */
export function authorizationConfig(users: readonly BrokerUser[]): string {
  return `authorization ${JSON.stringify({ users }, null, 2)}\n`;
}
