import type { Tick } from './ticks';
import { shareAt } from './useGestures';
import type { View } from './view';

interface TimelineAxisProps {
  ticks: readonly Tick[];
  view: View;
}

/** Labels of the time axis. */
export function TimelineAxis({ ticks, view }: TimelineAxisProps) {
  return (
    <>
      {ticks.map((tick) => (
        <span key={tick.at} className={`timeline-tick ${tick.newDay ? 'timeline-tick-day' : ''}`} style={{ left: `${shareAt(view, tick.at) * 100}%` }}>
          {tick.label}
        </span>
      ))}
    </>
  );
}
