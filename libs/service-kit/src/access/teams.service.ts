import { Inject, Injectable } from '@nestjs/common';
import { stageConsumer } from '@sedge/event-contracts';
import { HOST, type Host } from '../host.js';
import { mayActFor, type Caller } from './caller.js';
import { accessError } from './errors.js';

/** Which team owns which stage, and so whose tokens may act for it. */
@Injectable()
export class Teams {
  constructor(@Inject(HOST) private readonly host: Host) {}

  /** @throws ACCESS_TEAM_DIFFERS */
  assertMayActFor(caller: Caller, stage: string): void {
    const owner = this.host.teams[stage];
    if (mayActFor(caller, owner)) return;
    const team = caller.team === null ? 'no team' : `the team '${caller.team}'`;
    throw accessError('ACCESS_TEAM_DIFFERS', { stage, owner, team });
  }

  /** The same for the stage behind a consumer of events, e.g. `training-jobs`. */
  assertMayActForConsumer(caller: Caller, consumer: string): void {
    const stage = Object.keys(this.host.teams).find((name) => consumer === stageConsumer(name));
    if (stage !== undefined) this.assertMayActFor(caller, stage);
  }
}
