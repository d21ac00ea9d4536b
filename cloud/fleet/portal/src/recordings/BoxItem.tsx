import type { ReactNode } from 'react';
import type { Box } from '../api/types';
import { DiskBar } from '../fleet/DiskBar';
import { boxPresence } from '../fleet/condition';

interface BoxItemProps {
  box: Box;
  now: number;
  children: ReactNode;
}

/** One box in the list, above its cameras. */
export function BoxItem({ box, now, children }: BoxItemProps) {
  return (
    <li className="box-item">
      <div className="box-head">
        <span className={`dot dot-${box.online ? 'good' : 'bad'}`} />
        <span className="box-name">{box.name}</span>
        <DiskBar box={box} />
      </div>
      {!box.online && <p className="box-note box-note-bad">{boxPresence(box, now)}</p>}
      {(box.outboxBacklog ?? 0) > 0 && <p className="box-note">{box.outboxBacklog} messages wait to be sent</p>}
      <ul>{children}</ul>
    </li>
  );
}
