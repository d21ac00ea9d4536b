import type { IncomingMessage, ServerResponse } from 'node:http';

const original = { specversion: '1.0', id: '019aa3c5/heldar.segment.closed.v1/1', source: '/tenants/main/sites/depot/cameras/c1', type: 'heldar.segment.closed.v1', data: { bytes: -15, codec: 'avc1.640028' } };

const item = {
  letter: '019aa3c5-1f2e-7b44-9c1d-2a6b7c8d9e0f', at: new Date(Date.now() - 600_000).toISOString(), queue: 'segments-0', reason: 'bad_data', detail: 'bytes is out of range', proven: true,
  status: 'open', isEvent: true, mended: false, rounds: 0, bytes: 640, box: 'b1', boxName: 'Depot North', site: 'depot', eventId: original.id, eventType: original.type,
};

/** One dead letter that nothing changes. */
export async function letters(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  await new Promise((read) => request.on('end', read).resume());
  const view = { letter: item, form: 'event', original: JSON.stringify(original, null, 2), sha256: 'ab'.repeat(32), changes: [] };
  const body = path === '/api/v1/dead-letters' ? { items: [item] } : request.method === 'POST' ? { done: [item.letter], refused: [] } : view;
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
