import { refusal } from '../../errors.js';
import { sizeText } from '../../domain/units.js';
import type { ArchiveLimits } from './archive-member.js';

/** Counts what comes out of an archive against what went in, and refuses what grows beyond reason before it is held anywhere. */
export class ExpansionGuard {
  private expanded = 0;
  private members = 0;

  constructor(
    private readonly name: string,
    private readonly limits: ArchiveLimits,
    private readonly consumedBytes: () => number,
  ) {}

  get memberCount(): number {
    return this.members;
  }

  addMember(): void {
    this.members++;
    if (this.members > this.limits.members) {
      throw refusal('INGESTION_ARCHIVE_MEMBERS', { name: this.name, limit: this.limits.members });
    }
  }

  addBytes(count: number): void {
    this.expanded += count;
    const { expandedBytes, ratio, ratioFromBytes } = this.limits;
    if (this.expanded > expandedBytes) this.refuse(expandedBytes, 'all members together');
    if (this.expanded > ratioFromBytes && this.expanded > ratio * Math.max(this.consumedBytes(), 1)) {
      this.refuse(ratioFromBytes, `${ratio} times what it has packed`);
    }
  }

  private refuse(limit: number, reason: string): never {
    throw refusal('INGESTION_ARCHIVE_BOMB', { name: this.name, limit: sizeText(limit), reason });
  }
}
