import type { Attempt, Delivery, Endpoint, EventFilter } from '../api/webhooks';
import { span } from '../time/text';
import { typeName } from './eventTypes';

export type Tone = 'good' | 'warn' | 'bad' | 'idle';

/** How an endpoint is, in a few words. */
export function healthOf(endpoint: Endpoint, now: number): { tone: Tone; label: string } {
  if (!endpoint.enabled) return { tone: 'bad', label: 'Disabled' };
  if (endpoint.failures > 0) {
    const since = endpoint.failingSince === null ? '' : ` for ${span(now - endpoint.failingSince)}`;
    return { tone: endpoint.failures < 5 ? 'warn' : 'bad', label: `Failing${since}` };
  }

  return { tone: 'good', label: 'Working' };
}

const failures: Record<string, string> = {
  refused: 'The address may not be called',
  no_such_host: 'The name does not resolve',
  connection: 'Nobody answers',
  tls: 'The certificate was not accepted',
  timeout: 'No whole answer in time',
  too_large: 'The answer was too large',
  protocol: 'The answer was none',
  setup: 'This deployment lacks what the call needs',
};

/** What one attempt came to: `204 in 31 ms`, `500 in 12 ms`, `Nobody answers`. */
export function attemptText({ status, failure, durationMs }: Attempt): string {
  if (status !== null) return `${status} in ${durationMs} ms`;
  return `${failures[failure ?? ''] ?? failure ?? 'No answer'}, after ${durationMs} ms`;
}

/** Where a delivery stands. */
export function stateOf(delivery: Delivery, now: number): { tone: Tone; label: string } {
  if (delivery.state === 'delivered') return { tone: 'good', label: 'Delivered' };
  if (delivery.state === 'failed') return { tone: 'bad', label: 'Given up' };
  const left = (delivery.dueAt ?? now) - now;
  return { tone: delivery.attempts > 0 ? 'warn' : 'idle', label: left > 1000 ? `Again in ${span(left)}` : 'Waiting' };
}

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

export const dayName = (day: number) => dayNames[day - 1] ?? '';

/** What a filter lets pass, as one line. */
export function filterText(filter: EventFilter, siteName: (site: string) => string, cameraName: (camera: string) => string): string {
  const parts = [
    filter.types ? filter.types.map(typeName).join(' or ') : 'Everything',
    filter.sites && `at ${filter.sites.map(siteName).join(', ')}`,
    filter.cameras && `of ${filter.cameras.map(cameraName).join(', ')}`,
    filter.labels && `showing ${filter.labels.join(', ')}`,
    filter.zones && `in zone ${filter.zones.join(', ')}`,
    filter.minSeverity && `from ${filter.minSeverity}`,
    filter.schedule?.windows.map((w) => `${w.days.map(dayName).join(' ')} ${w.from}–${w.to}`).join(', '),
  ];
  return parts.filter((part) => part).join(' · ');
}
