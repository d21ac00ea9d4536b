import { describe, expect, it } from 'vitest';
import type { Delivery, Endpoint } from '../api/webhooks';
import { attemptText, filterText, healthOf, stateOf } from './health';

const endpoint = { enabled: true, failures: 0, failingSince: null } as Endpoint;
const delivery = { state: 'pending', attempts: 0, dueAt: null } as Delivery;
const attempt = { attempt: 1, at: 0, durationMs: 12, status: null, failure: null, detail: null };

describe('health', () => {
  it('says how an endpoint is', () => {
    expect(healthOf(endpoint, 0)).toEqual({ tone: 'good', label: 'Working' });
    expect(healthOf({ ...endpoint, failures: 2, failingSince: 0 }, 240_000)).toEqual({ tone: 'warn', label: 'Failing for 4 min' });
    expect(healthOf({ ...endpoint, failures: 5 }, 0).tone).toBe('bad');
    expect(healthOf({ ...endpoint, enabled: false, failures: 9 }, 0)).toEqual({ tone: 'bad', label: 'Disabled' });
  });

  it('says what an attempt came to', () => {
    expect(attemptText({ ...attempt, status: 204 })).toBe('204 in 12 ms');
    expect(attemptText({ ...attempt, failure: 'connection' })).toBe('Nobody answers, after 12 ms');
    expect(attemptText({ ...attempt, failure: 'unheard_of' })).toBe('unheard_of, after 12 ms');
  });

  it('says when a delivery comes again', () => {
    expect(stateOf(delivery, 0).label).toBe('Waiting');
    expect(stateOf({ ...delivery, attempts: 1, dueAt: 120_000 }, 0)).toEqual({ tone: 'warn', label: 'Again in 2 min' });
    expect(stateOf({ ...delivery, state: 'failed' }, 0).label).toBe('Given up');
  });

  it('tells a filter in one line', () => {
    const all = { types: null, sites: null, cameras: null, labels: null, zones: null, minSeverity: null, schedule: null };
    const name = (id: string) => id.toUpperCase();
    expect(filterText(all, name, name)).toBe('Everything');
    expect(filterText({ ...all, types: ['heldar.zone.v1', 'x'], sites: ['depot'], cameras: ['gate'], labels: ['dog'], zones: ['z'], minSeverity: 'warning', schedule: { windows: [{ days: [1, 2], from: '18:00', to: '06:00' }] } }, name, name)).toBe(
      'Zone crossed or entered or x · at DEPOT · of GATE · showing dog · in zone z · from warning · Mon Tue 18:00–06:00',
    );
  });
});
