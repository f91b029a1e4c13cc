import { nearestName } from '@sedge/tool-contracts';
import { SHIPPED_STAGES } from './shipped-stages.gen.js';
import { partsOf, type SettingReading } from './structured-setting.js';

const PAIR = /^([\w-]+)=([\w.-]+)$/;

/**
 * Reads SEDGE_TEAMS, which team owns which stage: `STAGE=TEAM,…`. A stage without an owner is anybody's, so that a name that was misspelt would
 * open it: what is nearly the name of a stage of Sedge's is refused. Other names may be stages of somebody else's.
 */
export function readTeams(text: string): SettingReading<Record<string, string>> {
  const teams = new Map<string, string>();
  const mistakes: string[] = [];
  for (const { text: part, place } of partsOf('SEDGE_TEAMS', text)) {
    const [, stage, team] = PAIR.exec(part) ?? [];
    const mistake = stage === undefined ? NO_PAIR : mistakeIn(stage, team!, teams);
    if (mistake === null) teams.set(stage!, team!);
    else mistakes.push(`${place} ${mistake}`);
  }
  return { value: Object.fromEntries(teams), mistakes };
}

const NO_PAIR = 'is no STAGE=TEAM: write it like training=vision';

/** Stages that have an owner, and are none of Sedge's own. */
export function strangeStages(teams: Record<string, string>): string[] {
  return Object.keys(teams).filter((stage) => !SHIPPED_STAGES.includes(stage));
}

function mistakeIn(stage: string, team: string, before: ReadonlyMap<string, string>): string | null {
  if (before.has(stage)) return `gives ${stage} a second owner beside ${before.get(stage)}: leave one of the two`;
  if (SHIPPED_STAGES.includes(stage)) return null;
  if (SHIPPED_STAGES.includes(team)) return `names the team first: write ${team}=${stage}`;
  const near = nearestName(stage, SHIPPED_STAGES);
  if (near === null) return null;
  return `names a stage that there is not: write ${near}=${team}, if that is meant (there are ${SHIPPED_STAGES.join(', ')})`;
}
