import { StoreError } from '@sedge/ports';
import { describe, expect, it } from 'vitest';
import { asStoreError, isPassing } from './s3-fault.js';

const withCode = (code: string): Error => Object.assign(new Error('said by the system'), { code });

describe('a request that fails on its way to the store', () => {
  it.each([
    ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
    ...['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'UND_ERR_SOCKET', 'ERR_STREAM_PREMATURE_CLOSE'],
  ])('by %s may go through in a moment', (code) => {
    expect(isPassing(withCode(code))).toBe(true);
    const error = asStoreError(withCode(code), 'reading', 's3');
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', transient: true });
  });

  it('is none where the error is of other origin', () => {
    for (const error of [new TypeError('x is undefined'), withCode('EXIT_1'), withCode('ABORT_ERR')]) {
      expect(isPassing(error)).toBe(false);
      expect(asStoreError(error, 'reading', 's3')).toBe(error);
    }
  });
});
