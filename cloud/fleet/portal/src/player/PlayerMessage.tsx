import type { ReactNode } from 'react';
import type { Camera } from '../api/types';
import { ago, clock, moment } from '../time/text';
import { Icon, type IconName } from '../ui/Icon';
import { downloadName } from './downloadName';
import type { FootageEngine } from './engine';
import { Poster } from './Poster';
import type { Obstacle, PlayerState } from './playerState';

interface PlayerMessageProps {
  engine: FootageEngine;
  state: PlayerState;
  obstacle: Obstacle;
  camera: Camera;
  boxName: string;
  boxLastSeenAt: number | null;
  zone: string;
  now: number;
}

interface Words {
  icon: IconName;
  title: string;
  text: ReactNode;
  /** Download may help. */
  offersFile: boolean;
  offersRetry: boolean;
}

/** Why there is no moving picture, and what to do. Shows the camera's last known picture behind it. */
export function PlayerMessage({ engine, state, obstacle, camera, boxName, boxLastSeenAt, zone, now }: PlayerMessageProps) {
  const words = say(obstacle, boxName, boxLastSeenAt, zone, now);
  const { recording } = state;
  const play = (at: number) => engine.open({ camera: camera.camera, codec: camera.codec }, at, true);
  return (
    <div className="player-message" data-testid="player-message" data-reason={obstacle.kind} role="status">
      <Poster key={camera.camera} camera={camera.camera} />
      <div className="player-message-card">
        <span className="player-message-icon">
          <Icon name={words.icon} />
        </span>
        <h2>{words.title}</h2>
        <p>{words.text}</p>
        <div className="player-message-actions">
          {obstacle.kind === 'noFootage' && obstacle.before !== null && (
            <button type="button" className="button" onClick={() => play((obstacle.before ?? 0) - 5000)}>
              Play the end before, {clock(zone, obstacle.before)}
            </button>
          )}
          {obstacle.kind === 'noFootage' && obstacle.after !== null && (
            <button type="button" className="button button-primary" onClick={() => play(obstacle.after ?? 0)}>
              Play what follows, {clock(zone, obstacle.after)}
            </button>
          )}
          {words.offersFile && recording && (
            <a className="button button-primary" href={recording.playUrl} download={downloadName(camera, recording.start, zone)}>
              <Icon name="download" />
              Download recording
            </a>
          )}
          {words.offersRetry && (
            <button type="button" className="button" onClick={engine.retry}>
              <Icon name="retry" />
              Try again
            </button>
          )}
        </div>
      </div>
    </div>
  );
}

function say(obstacle: Obstacle, boxName: string, lastSeenAt: number | null, zone: string, now: number): Words {
  switch (obstacle.kind) {
    case 'boxOffline':
      return {
        icon: 'offline',
        title: `The box “${boxName}” is offline`,
        text: (
          <>
            {lastSeenAt === null ? 'It has not been seen yet.' : `Offline since ${moment(zone, lastSeenAt, now)} (last seen ${ago(lastSeenAt, now)}).`} Its recordings are on its own disk and play again as soon as it is back. Check its power and its network.
          </>
        ),
        offersFile: false,
        offersRetry: true,
      };
    case 'codec':
      return {
        icon: 'film',
        title: `This browser cannot play ${obstacle.codec}`,
        text: `The camera records ${obstacle.codec}, and this browser or computer has no decoder for it. Download the recording and open it in a player such as VLC, use a browser with ${obstacle.codec}, or set the camera to H.264.`,
        offersFile: true,
        offersRetry: false,
      };
    case 'noMediaSource':
      return {
        icon: 'film',
        title: 'This browser cannot play recordings',
        text: 'It lacks Media Source Extensions. Use a current version of Chrome, Edge, Firefox or Safari, or download the recording.',
        offersFile: true,
        offersRetry: false,
      };
    case 'noFootage':
      return {
        icon: 'clock',
        title: `No recording at ${clock(zone, obstacle.at)}`,
        text: 'The camera was not recorded at this moment.',
        offersFile: false,
        offersRetry: false,
      };
    case 'failed':
      return { icon: 'warning', title: 'The recording does not play', text: obstacle.text, offersFile: true, offersRetry: true };
  }
}
