import './recordings.css';
import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { tell } from '../api/failure';
import { buildTree, filterTree } from '../fleet/tree';
import type { FleetView } from '../fleet/useFleet';
import type { FootageEngine } from '../player/engine';
import { Player } from '../player/Player';
import { usePlayerState } from '../player/usePlayerState';
import { recordingLink, type Route } from '../shell/useRoute';
import { hitTest } from '../timeline/spans';
import { Timeline } from '../timeline/Timeline';
import { useTimelineData } from '../timeline/useTimelineData';
import { useView } from '../timeline/useView';
import { reveal } from '../timeline/view';
import { Notice } from '../ui/Notice';
import { CameraList } from './CameraList';
import { playerKeys } from './playerKeys';

interface RecordingsScreenProps {
  fleet: FleetView;
  route: Route;
}

/** Choosing a camera starts this much before its newest footage. */
const newestBackMs = 12_000;

const linkKey = (camera: string, at: number) => `${camera} ${Math.round(at)}`;

/** Cameras, player and one timeline across all sites. */
export function RecordingsScreen({ fleet, route }: RecordingsScreenProps) {
  const [engine, setEngine] = useState<FootageEngine | null>(null);
  const [filter, setFilter] = useState('');
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => new Set());
  const followed = useRef<Route | null>(null);
  const ownLink = useRef<string | null>(null);
  const state = usePlayerState(engine);
  const { view, now, follows, move, followNow } = useView();
  const { spans, loaded, error, refresh } = useTimelineData(view);

  const tree = useMemo(() => filterTree(buildTree(fleet), filter), [fleet, filter]);
  const groups = useMemo(
    () =>
      tree
        .map(({ site, boxes }) => ({ site, cameras: boxes.flatMap((node) => node.cameras).filter((camera) => !hidden.has(camera.camera)) }))
        .filter(({ cameras }) => cameras.length > 0),
    [tree, hidden],
  );
  const camera = fleet.cameras.find((one) => one.camera === state.camera) ?? null;
  const site = fleet.sites.find((one) => one.site === camera?.site) ?? null;
  const box = fleet.boxes.find((one) => one.box === camera?.box) ?? null;
  const zone = site?.timeZone ?? groups[0]?.site.timeZone ?? fleet.sites[0]?.timeZone ?? 'UTC';

  const play = useCallback(
    (uid: string, at: number) => {
      const found = fleet.cameras.find((one) => one.camera === uid);
      if (!found || !engine) return;
      engine.open(found, at, true);
      ownLink.current = linkKey(uid, at);
      window.history.replaceState(null, '', recordingLink(uid, at));
    },
    [engine, fleet.cameras],
  );

  const onPlay = useCallback(
    (uid: string, at: number, reachMs: number) => {
      const hit = hitTest(spans.get(uid) ?? [], at, reachMs);
      const found = fleet.cameras.find((one) => one.camera === uid);
      if (hit.at !== null) play(uid, hit.at);
      else if (found) engine?.refuse(found, at, hit.before, hit.after);
    },
    [spans, play, engine, fleet.cameras],
  );

  const onSelect = useCallback(
    (uid: string) => {
      const found = fleet.cameras.find((one) => one.camera === uid);
      if (!found) return;
      const newest = Math.max(found.recordedThrough ?? 0, spans.get(uid)?.at(-1)?.[1] ?? 0);
      if (newest === 0) {
        engine?.refuse(found, Date.now(), null, null);
        return;
      }

      play(uid, newest - newestBackMs);
      move((old, ms) => reveal(old, newest, ms), true);
    },
    [fleet.cameras, spans, play, move, engine],
  );

  // A link to a moment is followed once, when the player is there; the links that playing puts into the address are not.
  useEffect(() => {
    if (!engine || followed.current === route) return;
    followed.current = route;
    if (route.camera === null || route.at === null || ownLink.current === linkKey(route.camera, route.at)) return;
    const { camera: uid, at } = route;
    play(uid, at);
    move((old, ms) => reveal(old, at, ms), true);
  }, [engine, route, play, move]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (engine) playerKeys(event, engine);
  };

  return (
    <div className="recordings" onKeyDown={onKeyDown} role="presentation">
      <CameraList
        tree={tree}
        filter={filter}
        onFilter={setFilter}
        now={now}
        playing={state.camera}
        hidden={hidden}
        onToggle={(cameras, show) =>
          setHidden((old) => {
            const next = new Set(old);
            for (const uid of cameras) if (show) next.delete(uid);
              else next.add(uid);
            return next;
          })
        }
        onSelect={onSelect}
      />
      <Player engine={engine} onEngine={setEngine} camera={camera} box={box} site={site} now={now} />
      <div className="recordings-timeline">
        {error !== null && (
          <Notice kind="bad" onRetry={refresh}>
            {tell(error)}
          </Notice>
        )}
        <Timeline
          groups={groups}
          spans={spans}
          loaded={loaded}
          zone={zone}
          view={view}
          now={now}
          follows={follows}
          move={move}
          followNow={followNow}
          playing={state.camera}
          shown={engine?.shown ?? null}
          onPlay={onPlay}
          onSelect={onSelect}
        />
      </div>
    </div>
  );
}
