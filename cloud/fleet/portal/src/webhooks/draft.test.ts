import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../api/webhooks';
import { draftOf, newFilter, requestOf, switched, words } from './draft';

const empty = { types: null, sites: null, cameras: null, labels: null, zones: null, minSeverity: null, schedule: null };

const endpoint: Endpoint = {
  endpoint: 'e1',
  name: 'Alarm',
  url: 'https://receiver.example/heldar',
  ordered: true,
  enabled: false,
  subscriptions: [{ ...empty, types: ['heldar.zone.v1'], labels: ['person', 'dog'], minSeverity: 'warning', schedule: { windows: [{ days: [1, 7], from: '22:00', to: '06:00' }] } }, empty],
  credential: { kind: 'bearer', about: null },
  failures: 0,
  pending: 0,
  failingSince: null,
  disabledAt: null,
  disabledReason: null,
};

describe('draft', () => {
  it('asks for what it was made of, and keeps what the receiver is shown', () => {
    expect(requestOf(draftOf(endpoint), true)).toEqual({
      name: 'Alarm',
      url: 'https://receiver.example/heldar',
      ordered: true,
      enabled: true,
      subscriptions: [{ types: ['heldar.zone.v1'], labels: ['person', 'dog'], minSeverity: 'warning', schedule: { windows: [{ days: [1, 7], from: '22:00', to: '06:00' }] } }, {}],
    });
    expect(switched(endpoint, true)).toEqual(requestOf(draftOf(endpoint), true));
    expect(switched({ ...endpoint, credential: null }, true)).not.toHaveProperty('credential');
  });

  it('sends an e-mail address as one, and takes away what a web receiver was shown', () => {
    const draft = { ...draftOf(null), kind: 'mail' as const, name: ' Duty ', address: ' duty@example.com ' };
    expect(requestOf(draft, true)).toMatchObject({ name: 'Duty', url: 'mailto:duty@example.com', credential: { kind: 'none' } });
    expect(draftOf({ ...endpoint, url: 'mailto:duty@example.com' })).toMatchObject({ kind: 'mail', address: 'duty@example.com' });
  });

  it('sends a certificate with its password only when there is one', () => {
    const draft = draftOf(null);
    const certificate = { ...draft.credential, kind: 'certificate' as const, certificate: 'PEM' };
    expect(requestOf({ ...draft, credential: certificate }, true).credential).toEqual({ kind: 'certificate', certificate: 'PEM' });
    expect(requestOf({ ...draft, credential: { ...certificate, password: 'pw' } }, true).credential).toEqual({ kind: 'certificate', certificate: 'PEM', password: 'pw' });
  });

  it('gives every filter a key of its own', () => {
    expect(newFilter().key).not.toBe(newFilter().key);
  });

  it('reads words between commas', () => {
    expect(words(' person, ,dog,')).toEqual(['person', 'dog']);
  });
});
