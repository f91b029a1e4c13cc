import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { isLostDatabase } from './lost-database.js';

const withCode = (code: string): Error => Object.assign(new Error('said by the driver'), { code });
const ofStatement = (cause: Error): Error => new QueryFailedError('SELECT 1', [], cause);

describe('an error of the database', () => {
  it('is a loss where the server can not be spoken to', () => {
    const states = ['08000', '08003', '08006', '25P03', '53300', '57P01', '57P02', '57P03', '57P05'];
    for (const code of [...states, 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']) {
      expect(isLostDatabase(withCode(code)), code).toBe(true);
      expect(isLostDatabase(ofStatement(withCode(code))), `a statement's ${code}`).toBe(true);
    }
    for (const sentence of [
      'Connection terminated unexpectedly',
      'Connection terminated due to connection timeout',
      'Client has encountered a connection error and is not queryable',
    ]) {
      expect(isLostDatabase(ofStatement(new Error(sentence))), sentence).toBe(true);
    }
    expect(isLostDatabase(new QueryRunnerAlreadyReleasedError())).toBe(true);
  });

  it('is none where the server thinks something of the statement, or it was never its', () => {
    for (const code of ['23505', '40001', '42P01', '53100', '57014', 'ENOSPC', 'ENOENT', '']) {
      expect(isLostDatabase(ofStatement(withCode(code))), code).toBe(false);
    }
    expect(isLostDatabase('Connection terminated')).toBe(false);
  });
});
