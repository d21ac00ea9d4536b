import type { Box, Camera } from '../api/types';
import { ago, moment } from '../time/text';

export type Tone = 'good' | 'warn' | 'bad' | 'idle';

export interface Condition {
  tone: Tone;
  label: string;
}

const known: Record<string, Condition> = {
  recording: { tone: 'good', label: 'Recording' },
  connecting: { tone: 'warn', label: 'Connecting' },
  stalled: { tone: 'warn', label: 'Stalled' },
  offline: { tone: 'bad', label: 'Offline' },
  authFailed: { tone: 'bad', label: 'Wrong password' },
  error: { tone: 'bad', label: 'Error' },
  idle: { tone: 'idle', label: 'Idle' },
  disabled: { tone: 'idle', label: 'Off' },
};

/** What to say of a camera. Nobody can know how a camera is whose box is away. */
export function conditionOf(camera: Pick<Camera, 'enabled' | 'condition' | 'boxOnline'>): Condition {
  if (!camera.enabled) return known.disabled ?? { tone: 'idle', label: 'Off' };
  if (!camera.boxOnline) return { tone: 'idle', label: 'Unknown, box offline' };
  if (camera.condition === null) return { tone: 'idle', label: 'Not reported yet' };
  return known[camera.condition] ?? { tone: 'warn', label: camera.condition };
}

/** Cause and since when, as far as they are of use: "no answer · since 14:03". */
export function conditionDetail(camera: Camera, zone: string, now: number): string {
  const parts: string[] = [];
  if (camera.enabled && camera.boxOnline) {
    if (camera.cause !== null && camera.cause !== '' && camera.condition !== 'recording') parts.push(camera.cause);
    if (camera.since !== null) parts.push(`since ${moment(zone, camera.since, now)}`);
  } else if (camera.recordedThrough !== null) {
    parts.push(`recorded to ${moment(zone, camera.recordedThrough, now)}`);
  }

  return parts.join(' · ');
}

/** Share of the disk that is used, 0 to 1; null when it was not reported. */
export function diskUse(box: Pick<Box, 'diskFreeBytes' | 'diskTotalBytes'>): number | null {
  if (box.diskFreeBytes === null || box.diskTotalBytes === null || box.diskTotalBytes <= 0) return null;
  return Math.min(1, Math.max(0, 1 - box.diskFreeBytes / box.diskTotalBytes));
}

/** "online", or since when not. */
export function boxPresence(box: Pick<Box, 'online' | 'lastSeenAt' | 'removedAt'>, now: number): string {
  if (box.removedAt !== null) return 'Removed';
  if (box.online) return 'Online';
  return box.lastSeenAt === null ? 'Never seen' : `Offline, last seen ${ago(box.lastSeenAt, now)}`;
}
