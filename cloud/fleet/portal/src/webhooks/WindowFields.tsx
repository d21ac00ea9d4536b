import type { WeekWindow } from '../api/webhooks';
import { Icon } from '../ui/Icon';
import { dayName } from './health';

interface WindowFieldsProps {
  windows: WeekWindow[];
  onChange: (windows: WeekWindow[]) => void;
}

const days = [1, 2, 3, 4, 5, 6, 7];

/** Hours of the week in the site's time; none means always. */
export function WindowFields({ windows, onChange }: WindowFieldsProps) {
  const change = (index: number, part: Partial<WeekWindow>) => onChange(windows.map((window, at) => (at === index ? { ...window, ...part } : window)));
  return (
    <fieldset className="hook-set">
      <legend>Hours (time of the site)</legend>
      {windows.map((window, index) => (
        // Windows have nothing of their own to tell them apart.
        <div className="hook-window" key={index}>
          {days.map((day) => (
            <label key={day} className="hook-day">
              <input
                type="checkbox"
                checked={window.days.includes(day)}
                onChange={(event) => change(index, { days: days.filter((one) => (one === day ? event.target.checked : window.days.includes(one))) })}
              />
              {dayName(day)}
            </label>
          ))}
          <input className="input input-small" type="time" aria-label="From" value={window.from} onChange={(event) => change(index, { from: event.target.value })} required />
          <input className="input input-small" type="time" aria-label="To" value={window.to} onChange={(event) => change(index, { to: event.target.value })} required />
          <button type="button" className="button button-small button-quiet" onClick={() => onChange(windows.filter((_, at) => at !== index))}>
            Remove
          </button>
        </div>
      ))}
      <button type="button" className="button button-small" onClick={() => onChange([...windows, { days: [1, 2, 3, 4, 5], from: '18:00', to: '06:00' }])}>
        <Icon name="plus" />
        Only at some hours
      </button>
    </fieldset>
  );
}
