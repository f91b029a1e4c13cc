import { Controller, Get, Inject, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { digestOfBytes } from '@sedge/artifact-contracts';
import {
  ARTIFACT_STORE,
  DATABASE,
  EVENT_BUS,
  backEndReason,
  type ArtifactStore,
  type BackEnd,
  type Database,
  type EventBus,
} from '@sedge/ports';
import { Answers, BACK_END_MEND, Open, errorsOf } from '@sedge/service-kit';
import { ANSWERS } from './answers.gen.js';

const error = errorsOf({
  PROCESS_NOT_READY: {
    status: 503,
    sentence: 'not ready: {reasons}',
    mend: BACK_END_MEND,
  },
});

/** Any digest will do: whether it is there is answered by a store that works. */
const ANY_BLOB = digestOfBytes('');

/** Tells whoever runs the process how it is. */
@ApiTags('health')
@Answers(ANSWERS)
@Open()
@Controller('v1/health')
export class HealthController implements BeforeApplicationShutdown {
  private isEnding = false;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(EVENT_BUS) private readonly bus: EventBus,
    @Inject(ARTIFACT_STORE) private readonly store: ArtifactStore,
  ) {}

  beforeApplicationShutdown(): void {
    this.isEnding = true;
  }

  @Get('live')
  @ApiOperation({ summary: 'Answers as long as the process does; one that does not is started anew' })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  @ApiOperation({ summary: 'Answers 200 when the process can do its work, and 503 with the reason when it cannot' })
  async ready(): Promise<{ status: 'ready' }> {
    const reasons = [
      ...(this.isEnding ? ['the process is ending'] : []),
      ...(await Promise.all([
        reasonOf('database', this.database.ping()),
        reasonOf('events', this.bus.ping()),
        reasonOf('artifacts', this.store.stat(ANY_BLOB)),
      ])),
    ].filter((reason) => reason !== null);
    if (reasons.length > 0) throw error('PROCESS_NOT_READY', { reasons: reasons.join('; ') });
    return { status: 'ready' };
  }
}

async function reasonOf(backEnd: BackEnd, check: Promise<unknown>): Promise<string | null> {
  return check.then(
    () => null,
    (fault: unknown) => backEndReason(backEnd, fault),
  );
}
