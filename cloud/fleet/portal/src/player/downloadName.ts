import type { Camera } from '../api/types';
import { wallClock } from '../time/zone';

/** `depot-north_cam00_2026-11-21_14-03-07.mp4`: sorts by time, and every file system takes it. */
export function downloadName(camera: Pick<Camera, 'site' | 'slug'>, start: number, zone: string): string {
  const wall = wallClock(zone, start).toISOString();
  return `${camera.site}_${camera.slug}_${wall.slice(0, 10)}_${wall.slice(11, 19).replaceAll(':', '-')}.mp4`;
}
