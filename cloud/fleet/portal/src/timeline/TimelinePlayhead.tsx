import { useSyncExternalStore } from 'react';
import type { TimeSignal } from '../player/timeSignal';
import { shareAt } from './useGestures';
import type { View } from './view';

interface TimelinePlayheadProps {
  signal: TimeSignal;
  view: View;
  className: string;
  /** Text at the top of the line. */
  label?: ((at: number) => string) | undefined;
}

/** A line at a moment that changes often; only this component renders then. */
export function TimelinePlayhead({ signal, view, className, label }: TimelinePlayheadProps) {
  const at = useSyncExternalStore(signal.subscribe, signal.get);
  if (at === null || at < view.from || at > view.to) return null;
  return (
    <div className={`timeline-line ${className}`} style={{ left: `${shareAt(view, at) * 100}%` }}>
      {label && <span className="timeline-line-label tabular">{label(at)}</span>}
    </div>
  );
}
