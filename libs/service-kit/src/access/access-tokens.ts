import { randomUUID } from 'node:crypto';
import {
  SignJWT,
  calculateJwkThumbprint,
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  type JSONWebKeySet,
  type JWK,
} from 'jose';
import { SCOPES, type Caller, type Scope } from './caller.js';

/** ECDSA on P-256 (RFC 7518): services hold the public key only, so none of them can make a token. */
const ALGORITHM = 'ES256';
const ISSUER = 'sedge';
const AUDIENCE = 'sedge-api';
/** JWT access tokens, RFC 9068. */
const TYPE = 'at+jwt';
/** How far the clocks of two machines may differ. */
const CLOCK_TOLERANCE_S = 5;
/** A team, or who a token is for. */
const NAME = /^[a-z0-9][a-z0-9._:@/-]{0,99}$/i;

/** A token that can't be taken, with the reason. */
export class TokenRefusedError extends Error {}

export interface KeyPair {
  /** signs tokens: for the one who makes them alone */
  signingKey: JWK;
  /** checks tokens: for every service (JSON Web Key Set, RFC 7517) */
  keySet: JSONWebKeySet;
}

/** Makes the keys by which tokens are signed and checked. */
export async function makeKeyPair(): Promise<KeyPair> {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const open = await exportJWK(publicKey);
  const marks = { kid: await calculateJwkThumbprint(open), alg: ALGORITHM, use: 'sig' };
  return { signingKey: { ...(await exportJWK(privateKey)), ...marks }, keySet: { keys: [{ ...open, ...marks }] } };
}

/** Makes a token. @throws TypeError where a name is none */
export async function makeToken(
  signingKey: JWK,
  { subject, scope, team }: Caller,
  { issuedAt, expiresAt }: { issuedAt: Date; expiresAt: Date },
): Promise<string> {
  for (const name of [subject, ...(team === null ? [] : [team])]) {
    if (!NAME.test(name)) throw new TypeError(`'${name}' is no name of a bearer or a team`);
  }
  return new SignJWT({ scope, ...(team !== null && { team }) })
    .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, ...(signingKey.kid && { kid: signingKey.kid }) })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(subject)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(await importJWK(signingKey, ALGORITHM));
}

/** Reads tokens of one set of keys. */
export class TokenReader {
  private readonly keyOf: ReturnType<typeof createLocalJWKSet>;

  constructor(keySet: JSONWebKeySet) {
    this.keyOf = createLocalJWKSet(keySet);
  }

  /** @throws TokenRefusedError */
  async read(token: string): Promise<Caller> {
    const rules = { issuer: ISSUER, audience: AUDIENCE, algorithms: [ALGORITHM], typ: TYPE };
    const wanted = { requiredClaims: ['sub', 'exp', 'scope'], clockTolerance: CLOCK_TOLERANCE_S };
    const { payload } = await jwtVerify(token, this.keyOf, { ...rules, ...wanted }).catch((error: unknown) => {
      throw new TokenRefusedError(reasonOf(error));
    });
    const { sub, scope, team = null } = payload;
    if (!SCOPES.includes(scope as Scope)) throw new TokenRefusedError('its scope is none of ours');
    if (team !== null && typeof team !== 'string') throw new TokenRefusedError('its team is no name');
    return { subject: sub!, scope: scope as Scope, team };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWKSNoMatchingKey) return 'it was signed by a key that is unknown here';
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim '${error.claim}' is missing or wrong`;
  return 'it is no token of Sedge';
}
