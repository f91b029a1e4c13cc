/** What a setting that has parts says, as far as it can be read, and what is wrong with it: each mistake with its place and its mend. */
export interface SettingReading<Value> {
  value: Value;
  mistakes: string[];
}

export interface SettingPart {
  text: string;
  /** `SEDGE_TEAMS, part 2 ('trainin=vision')` */
  place: string;
}

/** The parts of a setting that is a list, with commas between; spaces around a part don't count. */
export function partsOf(name: string, text: string): SettingPart[] {
  return text
    .split(',')
    .map((part, at) => ({ text: part.trim(), place: `${name}, part ${at + 1} ('${part.trim()}')` }));
}
