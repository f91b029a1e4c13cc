// Takes one of the safeguards out of a service before it starts, to see that the checker notices: CHAOS_WITHOUT=outbox|inbox|fencing.
import { join } from 'node:path';

const KIT = join(import.meta.dirname, '..', '..', 'libs', 'service-kit', 'dist');

const SABOTAGES = {
  /** Events live in memory only, until they are published. */
  async outbox() {
    const { Outbox } = await import(join(KIT, 'events', 'outbox.service.js'));
    let sequence = 0;
    Outbox.prototype.write = async (_manager, events) => {
      for (const event of events) event.sequence = `unwritten ${++sequence}`;
    };
    Outbox.prototype.deletePublished = async () => undefined;
  },
  /** Every delivery is handled as if it were the first. */
  async inbox() {
    const { EventSubscriber } = await import(join(KIT, 'events', 'event-subscriber.service.js'));
    EventSubscriber.prototype.handle = async function (_consumer, handlers, { event, delivery, afterCommit }) {
      const handler = handlers[event.type];
      if (!handler) return;
      await this.transactions.run((transaction) => handler(event, transaction, delivery));
      afterCommit?.(event);
    };
  },
  /** Whoever has worked on a job may end it, whatever became of it meanwhile. */
  async fencing() {
    const { JobRepository } = await import(join(KIT, 'jobs', 'job.repository.js'));
    JobRepository.prototype.lockFenced = async (transaction, { job, attempt }) => {
      const [row] = await transaction.query('SELECT * FROM job WHERE id = $1 FOR UPDATE', [job]);
      return row ? { ...row, attempt } : null;
    };
    const { endAttempt } = JobRepository.prototype;
    JobRepository.prototype.endAttempt = async function (transaction, fence, end, change) {
      const { job, attempt, token } = fence;
      const [current] = await transaction.query('SELECT attempt FROM job WHERE id = $1 FOR UPDATE', [job]);
      const pretend = `UPDATE job SET state = 'running', attempt = $2, token = $3 WHERE id = $1`;
      await transaction.query(pretend, [job, attempt, token]);
      const ended = await endAttempt.call(this, transaction, fence, end, change);
      await transaction.query('UPDATE job SET attempt = $2 WHERE id = $1', [job, current.attempt]);
      return ended;
    };
    JobRepository.prototype.heartbeat = async () => ({ isCancelRequested: false, leaseUntil: new Date() });
  },
};

const without = process.env.CHAOS_WITHOUT;
if (without) await SABOTAGES[without]();
