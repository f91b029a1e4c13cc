import { describe, expect, it } from 'vitest';
import { completing } from './command-hints.js';

describe('commands that are shown', () => {
  const far = completing({ server: 'https://far:7350', tokenFile: 'my token' });
  const given = "--server https://far:7350 --token-file 'my token'";

  it('name the server and the token file that the user gave, each of them', () => {
    expect(far('Watch it: npx sedge status r1 --follow; end it: npx sedge cancel r1')).toBe(
      `Watch it: npx sedge ${given} status r1 --follow; end it: npx sedge ${given} cancel r1`,
    );
    expect(completing({ dataDir: './here' })('(npx sedge up)')).toBe('(npx sedge --data-dir ./here up)');
  });

  it('stay as they are where nothing was given, where they ask no Sedge, and where they only explain', () => {
    expect(completing({})('npx sedge retry r1')).toBe('npx sedge retry r1');
    for (const text of [
      'start it (npx sedge up)',
      'npx sedge token keys',
      'see: npx sedge deploy --help',
      'npx sedge',
    ]) {
      expect(far(text)).toBe(text);
    }
  });
});
