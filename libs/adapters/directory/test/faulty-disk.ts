import type { StoreFault } from '@sedge/ports/contract';
import type { FileHandle } from 'node:fs/promises';
import { realDisk, type Disk } from '../src/disk.js';

/** A disk whose faults a test sets: it fills up in the middle of a write, or fails. */
export class FaultyDisk {
  private fault: StoreFault = { kind: 'none' };
  private roomBytes = Infinity;

  readonly disk: Disk = {
    ...realDisk,
    rename: async (from, to) => {
      if (this.isBroken('rename')) throw faultOf('EIO', 'rename');
      await realDisk.rename(from, to);
    },
    open: async (path, flags, mode) => this.faulty(await realDisk.open(path, flags, mode)),
  };

  setFault(fault: StoreFault): void {
    this.fault = fault;
    this.roomBytes = fault.kind === 'full' ? fault.afterBytes : Infinity;
  }

  private isBroken(operation: 'read' | 'write' | 'rename'): boolean {
    return this.fault.kind === 'broken' && this.fault.operation === operation;
  }

  private faulty(file: FileHandle): FileHandle {
    return new Proxy(file, {
      get: (target, name) => {
        if (name === 'write') return (...args: [Uint8Array, number, number]) => this.write(target, args);
        if (name === 'read' && this.isBroken('read')) return () => Promise.reject(faultOf('EIO', 'read'));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  /** As a real disk does, writes what fits first and fails at the next call. */
  private async write(file: FileHandle, [bytes, offset, length]: [Uint8Array, number, number]): Promise<unknown> {
    if (this.isBroken('write')) throw faultOf('EIO', 'write');
    if (this.roomBytes <= 0) throw faultOf('ENOSPC', 'write');
    const fits = Math.min(length, this.roomBytes);
    this.roomBytes -= fits;
    return file.write(bytes, offset, fits);
  }
}

function faultOf(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: planted fault, ${syscall}`), { code, syscall });
}
