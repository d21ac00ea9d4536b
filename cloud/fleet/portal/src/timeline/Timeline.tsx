import './timeline.css';
import { Fragment, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { Camera, Site } from '../api/types';
import { TimeSignal } from '../player/timeSignal';
import { clock, day, fullDay, hourMinute, offsetName } from '../time/text';
import { readPalette, type Palette } from './palette';
import { coverage, type Span } from './spans';
import { ticks as ticksOf } from './ticks';
import { TimelineAxis } from './TimelineAxis';
import { TimelinePlayhead } from './TimelinePlayhead';
import { TimelineRow } from './TimelineRow';
import { TimelineToolbar } from './TimelineToolbar';
import { shareAt, useGestures } from './useGestures';
import { lengthOf, pan, showsNow, withLength, zoom, type View } from './view';

export interface TimelineGroup {
  site: Site;
  cameras: Camera[];
}

interface TimelineProps {
  groups: TimelineGroup[];
  spans: ReadonlyMap<string, Span[]>;
  /** False until the first answer. */
  loaded: boolean;
  /** Zone of the axis. */
  zone: string;
  view: View;
  now: number;
  follows: boolean;
  move: (change: (view: View, now: number) => View, thenFollow?: boolean) => void;
  followNow: () => void;
  playing: string | null;
  shown: TimeSignal | null;
  onPlay: (camera: string, at: number, reachMs: number) => void;
  onSelect: (camera: string) => void;
}

const none: Span[] = [];
const reachPx = 6;

function rangeText(zone: string, { from, to }: View): string {
  const end = day(zone, from) === day(zone, to) ? hourMinute(zone, to) : `${day(zone, to)}, ${hourMinute(zone, to)}`;
  return `${fullDay(zone, from)}, ${hourMinute(zone, from)} – ${end}`;
}

/** Footage of all cameras of all sites on one time axis. */
export function Timeline({ groups, spans, loaded, zone, view, now, follows, move, followNow, playing, shown, onPlay, onSelect }: TimelineProps) {
  const body = useRef<HTMLDivElement>(null);
  const axis = useRef<HTMLDivElement>(null);
  const current = useRef(view);
  const [width, setWidth] = useState(0);
  const [palette, setPalette] = useState<Palette | null>(null);
  const [cursor, setCursor] = useState<{ camera: string; at: number } | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [hover] = useState(() => new TimeSignal());
  useLayoutEffect(() => {
    current.current = view;
  }, [view]);

  useLayoutEffect(() => {
    const element = axis.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const paint = () => setPalette(readPalette(element));
    dark.addEventListener('change', paint);
    paint();
    return () => {
      observer.disconnect();
      dark.removeEventListener('change', paint);
    };
  }, []);

  const pick = useCallback((camera: string, at: number) => onPlay(camera, at, (reachPx / Math.max(1, axis.current?.clientWidth ?? 1)) * lengthOf(current.current)), [onPlay]);
  const onHover = useCallback(
    (over: { camera: string; at: number } | null) => {
      hover.set(over?.at ?? null);
      setHovered(over?.camera ?? null);
    },
    [hover],
  );
  useGestures(body, axis, current, { move, onPick: pick, onHover });
  useEffect(() => hover.set(null), [view, hover]);

  const zones = useMemo(() => new Map(groups.flatMap((group) => group.cameras.map((camera) => [camera.camera, group.site.timeZone]))), [groups]);
  const ticks = useMemo(() => ticksOf(view, width, zone), [view, width, zone]);

  const onKey = (event: KeyboardEvent, camera: string) => {
    const at = cursor?.camera === camera ? cursor.at : (shown?.get() ?? (view.from + view.to) / 2);
    const step = lengthOf(view) / (event.shiftKey ? 10 : 100);
    const keys: Record<string, () => void> = {
      ArrowLeft: () => setCursor({ camera, at: Math.max(view.from, at - step) }),
      ArrowRight: () => setCursor({ camera, at: Math.min(view.to, at + step) }),
      Enter: () => pick(camera, at),
      '+': () => move((old, ms) => zoom(old, 0.5, at, ms)),
      '=': () => move((old, ms) => zoom(old, 0.5, at, ms)),
      '-': () => move((old, ms) => zoom(old, 2, at, ms)),
      PageUp: () => move((old, ms) => pan(old, -lengthOf(old) / 2, ms)),
      PageDown: () => move((old, ms) => pan(old, lengthOf(old) / 2, ms)),
      Home: () => setCursor({ camera, at: view.from }),
      End: followNow,
    };
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const onFocus = useCallback((camera: string | null) => setCursor((old) => (camera === null ? null : old?.camera === camera ? old : { camera, at: shown?.get() ?? (current.current.from + current.current.to) / 2 })), [shown]);

  const empty = groups.length === 0 || (loaded && groups.every(({ cameras }) => cameras.every(({ camera }) => coverage(spans.get(camera) ?? none, view) === 0)));
  const hoverZone = zones.get(hovered ?? '') ?? zone;
  return (
    <section className="timeline" data-testid="timeline" data-from={Math.round(view.from)} data-to={Math.round(view.to)} aria-label="Timeline">
      <TimelineToolbar
        view={view}
        range={rangeText(zone, view)}
        follows={follows}
        onLength={(ms) => move((old, at) => withLength(old, ms, at, follows ? null : (shown?.get() ?? null)), follows)}
        onZoom={(factor) => move((old, at) => withLength(old, lengthOf(old) * factor, at, follows ? null : (shown?.get() ?? null)), follows)}
        onPan={(share) => move((old, at) => pan(old, lengthOf(old) * share, at))}
        onNow={followNow}
      />
      <div className="timeline-body" ref={body}>
        <div className="timeline-head">
          <div className="timeline-corner" title={zone}>
            {zone.replace('_', ' ')} <span className="muted">{offsetName(zone, view.to)}</span>
          </div>
          <div className="timeline-axis" ref={axis}>
            <TimelineAxis ticks={ticks} view={view} />
          </div>
        </div>
        <div className="timeline-rows">
          {groups.map(({ site, cameras }) => (
            <Fragment key={site.site}>
              <h3 className="timeline-site">
                {site.name}
                {site.timeZone !== zone && <span className="muted"> {offsetName(site.timeZone, view.to)}</span>}
              </h3>
              {cameras.map((camera) => (
                palette && (
                  <TimelineRow
                    key={camera.camera}
                    camera={camera}
                    zone={site.timeZone}
                    spans={spans.get(camera.camera) ?? none}
                    ticks={ticks}
                    view={view}
                    width={width}
                    active={camera.camera === playing}
                    palette={palette}
                    cursor={cursor?.camera === camera.camera ? cursor.at : null}
                    onSelect={onSelect}
                    onKey={onKey}
                    onFocus={onFocus}
                  />
                )
              ))}
            </Fragment>
          ))}
          {empty && <p className="timeline-empty muted">{groups.length === 0 ? 'No camera is chosen. Tick some in the list.' : 'No recordings in this range.'}</p>}
          <div className="timeline-lines" aria-hidden="true">
            {showsNow(view, now) && <div className="timeline-line timeline-line-now" style={{ left: `${shareAt(view, now) * 100}%` }} />}
            {cursor && <div className="timeline-line timeline-line-cursor" style={{ left: `${shareAt(view, cursor.at) * 100}%` }} />}
            {shown && playing && <TimelinePlayhead signal={shown} view={view} className="timeline-line-play" />}
            <TimelinePlayhead signal={hover} view={view} className="timeline-line-hover" label={(at) => clock(hoverZone, at)} />
          </div>
        </div>
      </div>
    </section>
  );
}
