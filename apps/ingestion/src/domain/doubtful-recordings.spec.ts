import { describe, expect, it } from 'vitest';
import { judgeRecordings } from './doubtful-recordings.js';
import type { LabelledRecording } from './recording.js';

interface Case {
  id: string;
  digest: string;
  path?: string;
  speaker?: string;
  isSilent?: boolean;
}

function judge(cases: Case[], keepDoubtful = false): { kept: string[]; skipped: string[]; doubtful: string[] } {
  const recordings = cases.map(({ id, speaker = 'a' }, index): LabelledRecording => {
    return { index, id, label: id.split('/')[0]!, speaker, split: null };
  });
  const content = ({ index }: LabelledRecording): { path: string; digest: string; isSilent: boolean } => {
    const { id, path = `${id}.wav`, digest, isSilent = false } = cases[index]!;
    return { path, digest, isSilent };
  };
  const { kept, skipped, doubtful } = judgeRecordings(recordings, content, keepDoubtful);
  return {
    kept: kept.map(({ id }) => id),
    skipped: skipped.map(({ path, reason }) => `${path} ${reason}`),
    doubtful: doubtful.map(({ path, reason }) => `${path} ${reason}`),
  };
}

describe('doubtful recordings', () => {
  it('of one content under two labels are all left out, since one label is wrong', () => {
    const judged = judge([
      { id: 'no/a_0', digest: 'x' },
      { id: 'yes/a_0', digest: 'x' },
      { id: 'yes/a_1', digest: 'y' },
    ]);
    expect(judged.kept).toEqual(['yes/a_1']);
    expect(judged.skipped).toEqual(['no/a_0.wav several-labels', 'yes/a_0.wav several-labels']);
  });

  it('of silence are left out, but where a class is meant to be silent', () => {
    const judged = judge([
      { id: 'no/a_0', digest: 'z', isSilent: true },
      { id: 'no/a_1', digest: 'x' },
      { id: 'no/a_2', digest: 'y' },
      { id: 'silence/a_0', digest: 'z', isSilent: true },
      { id: 'silence/b_0', digest: 'z', isSilent: true, speaker: 'b' },
    ]);
    expect(judged.skipped).toEqual(['no/a_0.wav silent']);
    expect(judged.kept).toEqual(['no/a_1', 'no/a_2', 'silence/a_0', 'silence/b_0']);
  });

  it('that two speakers claim are kept once, so that they are not in two splits', () => {
    const judged = judge([
      { id: 'no/a_0', digest: 'x', speaker: 'a' },
      { id: 'no/b_0', digest: 'x', speaker: 'b' },
    ]);
    expect(judged.kept).toEqual(['no/a_0']);
    expect(judged.skipped).toEqual(['no/b_0.wav duplicate']);
  });

  it('that are there twice of one speaker are kept and listed', () => {
    const judged = judge([
      { id: 'no/a_0', digest: 'x' },
      { id: 'no/a_1', digest: 'x' },
    ]);
    expect(judged.kept).toEqual(['no/a_0', 'no/a_1']);
    expect(judged.doubtful).toEqual(['no/a_1.wav duplicate']);
  });

  it('with an id that another has are left out, whichever comes first in the archive', () => {
    const twins: Case[] = [
      { id: 'no/a_0', digest: 'y', path: 'no/a_0.wav' },
      { id: 'no/a_0', digest: 'x', path: 'no/a_0.flac' },
    ];
    for (const cases of [twins, [...twins].reverse()]) {
      expect(judge(cases).skipped).toEqual(['no/a_0.wav same-path']);
    }
  });

  it('are kept where a list counts them', () => {
    const judged = judge(
      [
        { id: 'no/a_0', digest: 'x' },
        { id: 'yes/a_0', digest: 'x' },
      ],
      true,
    );
    expect(judged.kept).toHaveLength(2);
    expect(judged.doubtful).toHaveLength(2);
  });
});
