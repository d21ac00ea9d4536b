import './player.css';
import { useCallback, useEffect, useRef, useState } from 'react';
import { posterPath } from '../api/fleet';
import type { Box, Camera, Site } from '../api/types';
import { recordingLink } from '../shell/useRoute';
import { span } from '../time/text';
import { Icon } from '../ui/Icon';
import { FootageEngine } from './engine';
import { PlayerControls } from './PlayerControls';
import { PlayerMessage } from './PlayerMessage';
import { RecordingDetails } from './RecordingDetails';
import { usePlayerState } from './usePlayerState';

interface PlayerProps {
  engine: FootageEngine | null;
  onEngine: (engine: FootageEngine | null) => void;
  camera: Camera | null;
  box: Box | null;
  site: Site | null;
  now: number;
}

/** The picture, what is said over it, and its controls. */
export function Player({ engine, onEngine, camera, box, site, now }: PlayerProps) {
  const stage = useRef<HTMLDivElement>(null);
  const state = usePlayerState(engine);
  const [copied, setCopied] = useState(false);
  const zone = site?.timeZone ?? 'UTC';
  const attach = useCallback(
    (video: HTMLVideoElement) => {
      const created = new FootageEngine(video);
      onEngine(created);
      return () => {
        created.dispose();
        onEngine(null);
      };
    },
    [onEngine],
  );

  // A box that comes back plays on by itself.
  const online = box?.online ?? false;
  const waitsForBox = state.obstacle?.kind === 'boxOffline';
  const wasOnline = useRef(online);
  useEffect(() => {
    if (online && !wasOnline.current && waitsForBox) engine?.retry();
    wasOnline.current = online;
  }, [online, waitsForBox, engine]);

  // The fleet keeps the poster that it fetches while the box is there, for the time when it is not.
  const posterOf = online ? camera?.camera : undefined;
  useEffect(() => {
    if (posterOf) new Image().src = posterPath(posterOf);
  }, [posterOf]);

  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);

  const copyLink = () => {
    const at = engine?.shown.get() ?? null;
    if (!camera || at === null) return;
    const link = new URL(recordingLink(camera.camera, at), window.location.href).href;
    // Without https the clipboard is closed to pages; the address bar holds the same link.
    window.history.replaceState(null, '', link);
    void navigator.clipboard.writeText(link).then(() => setCopied(true), () => undefined);
  };

  return (
    <section className="player" aria-label="Player">
      <div className={`player-stage ${state.camera ? '' : 'player-stage-empty'}`} ref={stage}>
        <video ref={attach} className="player-video" data-testid="player-video" playsInline onClick={() => engine?.toggle()} aria-label={camera ? `Footage of ${camera.name}` : 'Footage'} />
        {!state.camera && (
          <div className="player-hint">
            <Icon name="play" />
            <p>Choose a camera, or click its footage on the timeline.</p>
          </div>
        )}
        {camera && !state.obstacle && (
          <div className="player-title">
            <strong>{camera.name}</strong>
            <span>{site?.name}</span>
          </div>
        )}
        {state.loading && !state.obstacle && <div className="spinner player-spinner" role="status" aria-label="Loading footage" />}
        {state.atNewest && !state.obstacle && (
          <div className="player-badge">
            <span className="live-dot live-dot-on" /> Newest footage, more follows
          </div>
        )}
        {state.skippedMs !== null && <div className="player-badge">Skipped {span(state.skippedMs)} without footage</div>}
        {copied && <div className="player-badge">Link copied</div>}
        {engine && camera && state.obstacle && (
          <PlayerMessage
            engine={engine}
            state={state}
            obstacle={state.obstacle}
            camera={camera}
            boxName={box?.name ?? 'unknown'}
            boxLastSeenAt={box?.lastSeenAt ?? null}
            zone={zone}
            now={now}
          />
        )}
      </div>
      {engine && state.camera && (
        <PlayerControls engine={engine} state={state} zone={zone} onCopyLink={copyLink} onFullScreen={() => void stage.current?.requestFullscreen().catch(() => undefined)} />
      )}
      {camera && state.recording && <RecordingDetails key={state.recording.playUrl} camera={camera} recording={state.recording} format={state.format} zone={zone} />}
    </section>
  );
}
