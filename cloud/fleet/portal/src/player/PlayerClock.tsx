import { useSyncExternalStore } from 'react';
import { clock, fullDay, offsetName } from '../time/text';
import type { TimeSignal } from './timeSignal';

interface PlayerClockProps {
  signal: TimeSignal;
  zone: string;
}

/** When the picture on screen was taken, on the site's wall clock. */
export function PlayerClock({ signal, zone }: PlayerClockProps) {
  const at = useSyncExternalStore(signal.subscribe, signal.get);
  if (at === null) return <div className="player-clock" data-testid="player-time" />;
  const tenth = Math.floor((((at % 1000) + 1000) % 1000) / 100);
  return (
    <time className="player-clock tabular" data-testid="player-time" dateTime={new Date(at).toISOString()} title={zone}>
      <span className="player-clock-time">
        {clock(zone, at)}
        <span className="player-clock-tenth">.{tenth}</span>
      </span>
      <span className="player-clock-day">
        {fullDay(zone, at)} · {offsetName(zone, at)}
      </span>
    </time>
  );
}
