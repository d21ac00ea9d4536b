const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();

/** No zone changes its offset inside a quarter of an hour. */
const offsetStepMs = 900_000;
const offsetsKept = 20_000;

/** True for an IANA zone that this browser knows. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone });
    return zone !== '';
  } catch {
    return false;
  }
}

/** Milliseconds to add to UTC to get the wall clock of a zone at a moment; an unknown zone is UTC. */
export function zoneOffsetMs(zone: string, at: number): number {
  const step = Math.floor(at / offsetStepMs);
  const key = `${zone}\n${step}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  if (offsets.size > offsetsKept) offsets.clear();
  const offset = readOffset(zone, step * offsetStepMs);
  offsets.set(key, offset);
  return offset;
}

function readOffset(zone: string, at: number): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: isZone(zone) ? zone : 'UTC',
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }

  const parts: Record<string, number> = {};
  for (const part of format.formatToParts(at)) parts[part.type] = Number(part.value);
  const wall = Date.UTC(parts.year ?? 1970, (parts.month ?? 1) - 1, parts.day ?? 1, parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0);
  return wall - Math.floor(at / 1000) * 1000;
}

/** A Date whose UTC fields are the wall clock of the zone. Only for reading fields. */
export function wallClock(zone: string, at: number): Date {
  return new Date(at + zoneOffsetMs(zone, at));
}

/** The moment at which a zone's wall clock shows `wall` (as UTC fields); null in the hour that a clock change skips. Of two, the first. */
export function momentOf(zone: string, wall: number): number | null {
  for (const probe of [wall - 86_400_000, wall + 86_400_000]) {
    const at = wall - zoneOffsetMs(zone, probe);
    if (at + zoneOffsetMs(zone, at) === wall) return at;
  }

  return null;
}
