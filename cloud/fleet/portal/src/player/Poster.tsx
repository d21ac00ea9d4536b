import { useState } from 'react';
import { posterPath } from '../api/fleet';
import { Icon } from '../ui/Icon';

/** The camera's last known picture, or a drawing where none was ever taken. */
export function Poster({ camera }: { camera: string }) {
  const [missing, setMissing] = useState(false);
  if (missing) {
    return (
      <div className="player-poster player-poster-none" aria-hidden="true">
        <Icon name="camera" />
      </div>
    );
  }

  return <img className="player-poster" src={posterPath(camera)} alt="Last known picture of the camera" onError={() => setMissing(true)} />;
}
