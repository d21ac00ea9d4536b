import { clock, day, hourMinute } from '../time/text';
import { momentOf, zoneOffsetMs } from '../time/zone';
import { lengthOf, type View } from './view';

export interface Tick {
  at: number;
  label: string;
  /** Midnight: a new day begins here. */
  newDay: boolean;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const steps = [
  second, 5 * second, 10 * second, 15 * second, 30 * second,
  minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute,
  hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, 24 * hour, 48 * hour, 168 * hour,
];

const labelRoom = 84;

/** Round moments on the zone's wall clock, far enough apart for their labels. Hours that a clock change skips are left out. */
export function ticks(view: View, width: number, zone: string): Tick[] {
  const wanted = (labelRoom / Math.max(1, width)) * lengthOf(view);
  const step = steps.find((s) => s >= wanted) ?? 168 * hour;
  const firstWall = Math.ceil((view.from + zoneOffsetMs(zone, view.from)) / step) * step;
  const lastWall = view.to + zoneOffsetMs(zone, view.to);
  const result: Tick[] = [];
  for (let wall = firstWall; wall <= lastWall; wall += step) {
    const at = momentOf(zone, wall);
    if (at === null || at < view.from || at > view.to) continue;
    const newDay = wall % (24 * hour) === 0;
    result.push({ at, newDay, label: newDay ? day(zone, at) : step < minute ? clock(zone, at) : hourMinute(zone, at) });
  }

  return result;
}
