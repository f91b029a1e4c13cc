import { describe, expect, it } from 'vitest';
import { InstallerWords, installFailure } from './install-failure.js';

function failureOf(...lines: string[]): { class: string; code: string; message: string } {
  const words = new InstallerWords();
  for (const line of lines) words.add(line);
  const ended = { status: 'failed', class: 'permanent', code: 'TOOL_FAILED', message: 'exit code 1' } as const;
  return installFailure(ended, words, 'sample') as ReturnType<typeof failureOf>;
}

describe('a failed installation', () => {
  it.each([
    ['uv', ['  × Failed to fetch: `https://index.example/simple/torch/`', '  ╰─▶ operation timed out']],
    ['uv', ['error: HTTP status server error (503 Service Unavailable) for url (https://index.example/simple/)']],
    ['pip', ["pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool(host='x'): Read timed out."]],
    ['pip', ['ProtocolError: Connection broken: IncompleteRead(1 bytes read, 2 more expected)']],
  ])('of %s that may pass is tried again', (_, lines) => {
    expect(failureOf(...lines)).toMatchObject({ class: 'transient', code: 'ENVIRONMENT_FAILED' });
  });

  it.each([
    [
      'uv',
      [
        '  × Failed to fetch: `https://x/torch/`',
        '  ╰─▶ HTTP status client error (403 Forbidden) for url (https://x/torch/)',
      ],
      'HTTP status client error (403 Forbidden)',
    ],
    [
      'uv',
      ['  × No solution found when resolving dependencies:', '  ╰─▶ there is no version of torch==9'],
      'No solution found',
    ],
    ['pip', ['ERROR: No matching distribution found for torch==9', 'a last word'], 'No matching distribution found'],
    ['pip', ['ERROR: 404 Client Error: Not Found for url: https://x/torch.whl'], '404 Client Error'],
  ])('of %s that an index has refused is final, and says what was refused', (_, lines, reason) => {
    const failure = failureOf(...lines);
    expect(failure).toMatchObject({ class: 'permanent', code: 'ENVIRONMENT_FAILED' });
    expect(failure.message).toContain(reason);
    expect(failure.message).toContain('proxy and mirror');
  });

  it('for want of disk is that', () => {
    expect(failureOf('OSError: [Errno 28] No space left on device')).toMatchObject({ code: 'ENVIRONMENT_DISK_FULL' });
  });
});
