import { describe, expect, it } from 'vitest';
import { failureOf, retryDelayMs, sayable, type Failure } from './failure.js';

const full: Failure = { class: 'transient', code: 'STORE_FULL', message: 'no room left' };

describe('a failure', () => {
  const withCode = (code: string): Error => Object.assign(new Error('said by the system'), { code });

  it.each([
    ...['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'EBUSY'],
    ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
    ...['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EAI_AGAIN'],
  ])('for want of something of the machine or its network may pass: %s', (code) => {
    expect(failureOf(withCode(code))).toMatchObject({ class: 'transient', code: `MACHINE_${code}` });
  });

  it.each(['ENOENT', 'EACCES', 'ENOTDIR', 'ERR_INVALID_ARG_TYPE', ''])('is final for the rest: %s', (code) => {
    expect(failureOf(withCode(code))).toMatchObject({ class: 'permanent', code: 'TOOL_FAILED' });
  });

  it('is said in words that tables and events have room for', () => {
    const said = sayable({ class: 'permanent', code: '', message: 'x'.repeat(1 << 20) });
    expect(said.code).toBe('TOOL_FAILED');
    expect(said.message.length).toBeLessThan(11_000);
    const cut = sayable({ class: 'permanent', code: 'SOME', message: `a${'😀'.repeat(10_000)}` });
    expect(cut.message.isWellFormed()).toBe(true);
  });
});

describe('a full disk', () => {
  it('ends a job that met it four times', () => {
    expect(retryDelayMs(full, 2, 2)).toBe(25_000);
    expect(retryDelayMs(full, 3, 3)).toBeNull();
  });

  it('does not count what failed for other passing reasons', () => {
    expect(retryDelayMs(full, 3, 0)).toBe(125_000);
  });

  it('takes part in the budget of all of them', () => {
    expect(retryDelayMs(full, 4, 0)).toBeNull();
  });
});
