/** Somebody who knows nothing but the HTTP API: no client of ours, no SDK. */
export class ThirdParty {
  constructor(private readonly url: string) {}

  async call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  }

  /** As call, but for an answer that is well. */
  async ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** The value of a report, from its file. */
  async valueOf(artifact: string): Promise<number> {
    return Number((await this.ask('GET', `/v1/artifacts/${artifact}/files/report.json`))['value']);
  }

  /** Uploads a report in one chunk. @returns its id */
  async uploadReport(value: number, derivedFrom: string[]): Promise<string> {
    const text = JSON.stringify({ value });
    const files = [{ path: 'report.json', sizeBytes: text.length }];
    const metadata = { metrics: { value } };
    const { id } = await this.ask('POST', '/v1/uploads', { kind: 'report.sample', metadata, files, derivedFrom });
    const sent = await fetch(`${this.url}/v1/uploads/${String(id)}/files/report.json`, {
      method: 'PATCH',
      body: text,
      headers: { 'content-type': 'application/octet-stream', 'upload-offset': '0' },
    });
    if (!sent.ok) throw new Error(await sent.text());
    return String((await this.ask('POST', `/v1/uploads/${String(id)}/complete`))['id']);
  }
}
