import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { Camera } from '../api/types';
import { clock } from '../time/text';
import { drawRow } from './draw';
import type { Palette } from './palette';
import { hitTest, type Span } from './spans';
import type { Tick } from './ticks';
import type { View } from './view';

interface TimelineRowProps {
  camera: Camera;
  zone: string;
  spans: readonly Span[];
  ticks: readonly Tick[];
  view: View;
  width: number;
  active: boolean;
  palette: Palette;
  /** Where the keys are, when this row has the focus. */
  cursor: number | null;
  onSelect: (camera: string) => void;
  onKey: (event: KeyboardEvent, camera: string) => void;
  onFocus: (camera: string | null) => void;
}

export const rowHeight = 30;

/** One camera: its name, and its footage as bars. */
export function TimelineRow({ camera, zone, spans, ticks, view, width, active, palette, cursor, onSelect, onKey, onFocus }: TimelineRowProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [visible, setVisible] = useState(false);
  useEffect(() => {
    if (!canvas.current) return undefined;
    const observer = new IntersectionObserver((entries) => setVisible(entries.at(-1)?.isIntersecting ?? false), { rootMargin: '90px' });
    observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);

  // Rows that are scrolled away are drawn when they come back.
  useEffect(() => {
    if (visible && canvas.current && width > 0) drawRow(canvas.current, { spans, ticks, view, width, height: rowHeight, active, palette });
  }, [spans, ticks, view, width, active, palette, visible]);

  const at = cursor ?? view.to;
  const footage = hitTest(spans, at, 0).at !== null;
  return (
    <div className={`timeline-row ${active ? 'timeline-row-active' : ''}`}>
      <button type="button" className="timeline-label" onClick={() => onSelect(camera.camera)} title={`Play the newest footage of ${camera.name}`}>
        {camera.name}
      </button>
      <div
        className="timeline-track"
        data-testid={`timeline-row-${camera.camera}`}
        data-camera={camera.camera}
        role="slider"
        tabIndex={0}
        aria-label={`Footage of ${camera.name}. Arrow keys move, Enter plays, plus and minus zoom.`}
        aria-valuemin={Math.round(view.from)}
        aria-valuemax={Math.round(view.to)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={`${clock(zone, at)}, ${footage ? 'recorded' : 'no footage'}`}
        onKeyDown={(event) => onKey(event, camera.camera)}
        onFocus={(event) => {
          if (event.target.matches(':focus-visible')) onFocus(camera.camera);
        }}
        onBlur={() => onFocus(null)}
      >
        <canvas ref={canvas} className="timeline-canvas" />
      </div>
    </div>
  );
}
