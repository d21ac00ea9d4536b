import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';

// What our side signs is compared with the same file by WebhookSignatureTests: so this library verifies what Heldar sends.
interface Signed {
  secrets: string[];
  id: string;
  timestamp: number;
  body: string;
  signature: string;
}

const file = new URL('../../../../../tests/Heldar.Cloud.Tests/Webhooks/signatures.json', import.meta.url);
const all = JSON.parse(readFileSync(file, 'utf8')) as Signed[];
const headers = (one: Signed, signature = one.signature) => ({
  'webhook-id': one.id,
  'webhook-timestamp': String(one.timestamp),
  'webhook-signature': signature,
});

describe('webhook signatures', () => {
  afterEach(() => vi.useRealTimers());

  it.each(all)('verify with each secret of $id', (one) => {
    vi.useFakeTimers({ now: one.timestamp * 1000 });
    for (const secret of one.secrets) expect(new Webhook(secret).verify(one.body, headers(one))).toEqual(JSON.parse(one.body));
  });

  it.each(all)('do not verify when a byte of $id differs', (one) => {
    vi.useFakeTimers({ now: one.timestamp * 1000 });
    expect(() => new Webhook(one.secrets[0] ?? '').verify(`${one.body} `, headers(one))).toThrow();
    expect(() => new Webhook(one.secrets[0] ?? '').verify(one.body, headers(one, 'v1,AAAA'))).toThrow();
  });

  it.each(all)('do not verify when $id is replayed ten minutes later', (one) => {
    vi.useFakeTimers({ now: (one.timestamp + 600) * 1000 });
    expect(() => new Webhook(one.secrets[0] ?? '').verify(one.body, headers(one))).toThrow();
  });
});
