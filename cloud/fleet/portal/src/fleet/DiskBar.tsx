import type { Box } from '../api/types';
import { byteSize } from '../time/text';
import { diskUse } from './condition';

/** How full a box's disk is. Recorders run full on purpose, so only the very end is a warning. */
export function DiskBar({ box }: { box: Box }) {
  const used = diskUse(box);
  if (used === null) return null;
  const words = `${byteSize(box.diskFreeBytes ?? 0)} free of ${byteSize(box.diskTotalBytes ?? 0)}`;
  return (
    <span className="disk" title={words} role="img" aria-label={`Disk: ${words}`}>
      <span className="disk-track">
        <span className={`disk-used ${used > 0.97 ? 'disk-used-bad' : ''}`} style={{ width: `${used * 100}%` }} />
      </span>
      <span className="disk-text tabular">{byteSize(box.diskFreeBytes ?? 0)} free</span>
    </span>
  );
}
