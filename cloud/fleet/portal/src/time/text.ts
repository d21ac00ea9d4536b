import { wallClock, zoneOffsetMs } from './zone';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number) => String(value).padStart(2, '0');

/** `14:03` */
export function hourMinute(zone: string, at: number): string {
  const wall = wallClock(zone, at);
  return `${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}`;
}

/** `14:03:07` */
export function clock(zone: string, at: number): string {
  return `${hourMinute(zone, at)}:${two(wallClock(zone, at).getUTCSeconds())}`;
}

/** `Sat 21 Nov` */
export function day(zone: string, at: number): string {
  const wall = wallClock(zone, at);
  return `${days[wall.getUTCDay()] ?? ''} ${wall.getUTCDate()} ${months[wall.getUTCMonth()] ?? ''}`;
}

/** `Sat 21 Nov 2026` */
export function fullDay(zone: string, at: number): string {
  return `${day(zone, at)} ${wallClock(zone, at).getUTCFullYear()}`;
}

/** The clock alone for today, with the day otherwise: `14:03` or `Sat 21 Nov, 14:03`. */
export function moment(zone: string, at: number, now: number): string {
  return day(zone, at) === day(zone, now) && Math.abs(now - at) < 2 * 86_400_000 ? hourMinute(zone, at) : `${day(zone, at)}, ${hourMinute(zone, at)}`;
}

/** `UTC+01:00` */
export function offsetName(zone: string, at: number): string {
  const minutes = Math.round(zoneOffsetMs(zone, at) / 60_000);
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** A length of time in the largest unit that fits: `12 s`, `4 min`, `3 h`, `2 days`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 || hours >= 12 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** `just now`, `4 min ago`. */
export function ago(at: number, now: number): string {
  return now - at < 10_000 ? 'just now' : `${span(now - at)} ago`;
}

/** `1.4 TB`, `812 MB`; decimal units, as disks are sold. */
export function byteSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }

  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}
