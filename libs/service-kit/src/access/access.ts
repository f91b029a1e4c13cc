import type { IncomingMessage } from 'node:http';
import { accessError } from './errors.js';
import { TokenRefusedError, type TokenReader } from './access-tokens.js';
import { OPERATOR, covers, type Caller, type Scope } from './caller.js';

export const ACCESS = Symbol('Access');

const BEARER = /^Bearer +([\w.-]+)$/i;

/**
 * Who may ask this process for what. A request needs a token unless the one who took it in has admitted it: the socket of the data
 * directory, which only the operator can open, and the port of a process that asks for no tokens and serves its own machine alone.
 */
export class Access {
  private readonly admitted = new WeakSet<IncomingMessage>();
  /** A token is read once for a request, though it is asked for before the body and again for the route. */
  private readonly callers = new WeakMap<IncomingMessage, Promise<Caller>>();

  /** @param tokens null where no token can be read: then only admitted requests are let in */
  constructor(private readonly tokens: TokenReader | null) {}

  admit(request: IncomingMessage): void {
    this.admitted.add(request);
  }

  /** @throws ACCESS_TOKEN_MISSING, ACCESS_TOKEN_REFUSED, ACCESS_SCOPE_MISSING */
  async callerOf(request: IncomingMessage, wanted: Scope): Promise<Caller> {
    const caller = await this.whoAsks(request);
    if (!covers(caller, wanted)) throw accessError('ACCESS_SCOPE_MISSING', { wanted, given: caller.scope });
    return caller;
  }

  /** @throws ACCESS_TOKEN_MISSING, ACCESS_TOKEN_REFUSED */
  whoAsks(request: IncomingMessage): Promise<Caller> {
    if (this.admitted.has(request)) return Promise.resolve(OPERATOR);
    const known = this.callers.get(request) ?? this.bearerOf(request.headers.authorization);
    this.callers.set(request, known);
    return known;
  }

  private async bearerOf(header: string | undefined): Promise<Caller> {
    const token = BEARER.exec(header ?? '')?.[1];
    if (token === undefined || this.tokens === null) throw accessError('ACCESS_TOKEN_MISSING');
    return this.tokens.read(token).catch((error: unknown) => {
      if (!(error instanceof TokenRefusedError)) throw error;
      throw accessError('ACCESS_TOKEN_REFUSED', { reason: error.message });
    });
  }
}
