import { Icon } from '../ui/Icon';
import { hour, lengthOf, minute, type View } from './view';

const lengths = [
  { label: '15 min', ms: 15 * minute },
  { label: '1 h', ms: hour },
  { label: '6 h', ms: 6 * hour },
  { label: '24 h', ms: 24 * hour },
];

interface TimelineToolbarProps {
  view: View;
  /** What the range is, in words. */
  range: string;
  follows: boolean;
  onLength: (ms: number) => void;
  onZoom: (factor: number) => void;
  onPan: (share: number) => void;
  onNow: () => void;
}

/** Buttons above the timeline: everything that the wheel and dragging do. */
export function TimelineToolbar({ view, range, follows, onLength, onZoom, onPan, onNow }: TimelineToolbarProps) {
  const length = lengthOf(view);
  return (
    <div className="timeline-toolbar">
      <div className="segmented" role="group" aria-label="Length of the timeline">
        {lengths.map(({ label, ms }) => (
          <button key={ms} type="button" aria-pressed={Math.abs(length / ms - 1) < 0.01} onClick={() => onLength(ms)}>
            {label}
          </button>
        ))}
      </div>
      <div className="timeline-tools">
        <button type="button" className="button button-small button-icon button-quiet" aria-label="Earlier" title="Earlier" onClick={() => onPan(-0.5)}>
          <span className="flip">
            <Icon name="chevron" />
          </span>
        </button>
        <button type="button" className="button button-small button-icon button-quiet" aria-label="Later" title="Later" onClick={() => onPan(0.5)}>
          <Icon name="chevron" />
        </button>
        <button type="button" className="button button-small button-icon button-quiet" aria-label="Zoom out" title="Zoom out" onClick={() => onZoom(2)}>
          <Icon name="minus" />
        </button>
        <button type="button" className="button button-small button-icon button-quiet" aria-label="Zoom in" title="Zoom in" onClick={() => onZoom(0.5)}>
          <Icon name="plus" />
        </button>
      </div>
      <span className="timeline-range tabular">{range}</span>
      <button type="button" className="button button-small timeline-now-button" aria-pressed={follows} onClick={onNow} title="Follow the present">
        <span className={`live-dot ${follows ? 'live-dot-on' : ''}`} />
        Now
      </button>
    </div>
  );
}
