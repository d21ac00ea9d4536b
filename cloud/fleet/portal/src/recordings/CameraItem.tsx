import type { Camera } from '../api/types';
import { conditionDetail, conditionOf } from '../fleet/condition';

interface CameraItemProps {
  camera: Camera;
  zone: string;
  now: number;
  playing: boolean;
  onTimeline: boolean;
  onToggle: (camera: string) => void;
  onSelect: (camera: string) => void;
}

/** One camera in the list: whether it is on the timeline, its name and how it is. */
export function CameraItem({ camera, zone, now, playing, onTimeline, onToggle, onSelect }: CameraItemProps) {
  const condition = conditionOf(camera);
  const detail = conditionDetail(camera, zone, now);
  return (
    <li className={`camera-item ${playing ? 'camera-item-playing' : ''}`} data-testid={`camera-row-${camera.slug}`} data-condition={camera.condition ?? 'unknown'}>
      <input type="checkbox" className="checkbox" checked={onTimeline} onChange={() => onToggle(camera.camera)} aria-label={`Show ${camera.name} on the timeline`} />
      <button type="button" className="camera-button" onClick={() => onSelect(camera.camera)} aria-current={playing ? 'true' : undefined} title={[condition.label, detail].filter(Boolean).join(' · ')}>
        <span className="camera-name">{camera.name}</span>
        <span className="camera-state">
          <span className={`dot dot-${condition.tone}`} />
          <span className="camera-state-text">
            {condition.label}
            {detail && <span className="muted"> · {detail}</span>}
          </span>
        </span>
      </button>
    </li>
  );
}
