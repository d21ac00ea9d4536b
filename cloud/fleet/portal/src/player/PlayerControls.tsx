import { Icon, type IconName } from '../ui/Icon';
import type { FootageEngine } from './engine';
import { PlayerClock } from './PlayerClock';
import type { PlayerState } from './playerState';

const rates = [0.5, 1, 1.5, 2, 4];

interface PlayerControlsProps {
  engine: FootageEngine;
  state: PlayerState;
  zone: string;
  onFullScreen: () => void;
  onCopyLink: () => void;
}

/** Buttons under the picture. */
export function PlayerControls({ engine, state, zone, onFullScreen, onCopyLink }: PlayerControlsProps) {
  const jump = (ms: number) => {
    const at = engine.shown.get();
    if (at !== null) engine.seek(at + ms);
  };
  const button = (icon: IconName, label: string, act: () => void, off = false) => (
    <button type="button" className="button button-quiet button-icon" aria-label={label} title={label} disabled={off} onClick={act}>
      <Icon name={icon} />
    </button>
  );
  return (
    <div className="player-controls">
      <PlayerClock signal={engine.shown} zone={zone} />
      <div className="player-buttons">
        {button('previous', 'Previous recording', () => void engine.skip(-1))}
        {button('back10', 'Back 10 seconds', () => jump(-10_000))}
        {button('stepBack', 'Picture before', () => engine.step(-1), state.playing)}
        <button
          type="button"
          className="button button-primary player-play"
          aria-label={state.playing ? 'Pause' : 'Play'}
          title={state.playing ? 'Pause (space)' : 'Play (space)'}
          onClick={engine.toggle}
        >
          <Icon name={state.playing ? 'pause' : 'play'} />
        </button>
        {button('stepForward', 'Next picture', () => engine.step(1), state.playing)}
        {button('forward10', 'Forward 10 seconds', () => jump(10_000))}
        {button('next', 'Next recording', () => void engine.skip(1))}
      </div>
      <div className="player-extras">
        <label className="player-rate">
          <span className="visually-hidden">Speed</span>
          <select className="input input-small" value={state.rate} onChange={(event) => engine.setRate(Number(event.target.value))}>
            {rates.map((rate) => (
              <option key={rate} value={rate}>
                {rate}×
              </option>
            ))}
          </select>
        </label>
        {state.hasSound && button(state.muted ? 'soundOff' : 'soundOn', state.muted ? 'Sound on' : 'Sound off', () => engine.setMuted(!state.muted))}
        {button('link', 'Copy a link to this moment', onCopyLink)}
        {button('expand', 'Full screen', onFullScreen)}
      </div>
    </div>
  );
}
