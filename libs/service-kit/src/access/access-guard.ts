import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { ACCESS, type Access } from './access.js';
import { accessError } from './errors.js';
import { NEED, type KnownRequest, type Need } from './needs.js';

/** Stands before every route of the process: what declares no need is refused to everybody. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    @Inject(ACCESS) private readonly access: Access,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    const need = this.reflector.getAllAndOverride<Need | undefined>(NEED, places);
    if (need === undefined) throw accessError('ACCESS_UNDECLARED');
    if (need === 'open') return true;
    const request = context.switchToHttp().getRequest<IncomingMessage & KnownRequest>();
    request.caller = await this.access.callerOf(request, need);
    return true;
  }
}
