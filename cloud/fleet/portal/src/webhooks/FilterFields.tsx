import type { FleetView } from '../fleet/useFleet';
import { Field } from '../ui/Field';
import type { FilterDraft } from './draft';
import { eventTypes } from './eventTypes';
import { WindowFields } from './WindowFields';

interface FilterFieldsProps {
  filter: FilterDraft;
  fleet: FleetView;
  onChange: (filter: FilterDraft) => void;
  /** Absent for the last one. */
  onRemove?: (() => void) | undefined;
}

const chosen = (select: HTMLSelectElement) => [...select.selectedOptions].map((option) => option.value);

/** One filter: which events pass. What is left empty passes everything. */
export function FilterFields({ filter, fleet, onChange, onRemove }: FilterFieldsProps) {
  const set = (part: Partial<FilterDraft>) => onChange({ ...filter, ...part });
  return (
    <fieldset className="hook-filter">
      <legend>Wants</legend>
      <div className="hook-types" role="group" aria-label="Kinds of events">
        {eventTypes.map(([type, name]) => (
          <label key={type}>
            <input
              type="checkbox"
              checked={filter.types.includes(type)}
              onChange={(event) => set({ types: eventTypes.map(([one]) => one).filter((one) => (one === type ? event.target.checked : filter.types.includes(one))) })}
            />
            {name}
          </label>
        ))}
      </div>
      <p className="field-hint">None chosen: every kind.</p>
      <div className="hook-grid">
        <label className="field">
          <span className="field-label">Sites</span>
          <select className="input hook-many" multiple value={filter.sites} onChange={(event) => set({ sites: chosen(event.target) })}>
            {fleet.sites.map((site) => (
              <option key={site.site} value={site.site}>
                {site.name}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="field-label">Cameras</span>
          <select className="input hook-many" multiple value={filter.cameras} onChange={(event) => set({ cameras: chosen(event.target) })}>
            {fleet.cameras.map((camera) => (
              <option key={camera.camera} value={camera.camera}>
                {camera.name} ({camera.slug})
              </option>
            ))}
          </select>
        </label>
        <div className="hook-stack">
          <Field label="Labels" value={filter.labels} onChange={(labels) => set({ labels })} placeholder="person, truck" />
          <Field label="Zones" value={filter.zones} onChange={(zones) => set({ zones })} placeholder="gate" />
          <label className="field">
            <span className="field-label">Severity</span>
            <select className="input" value={filter.minSeverity} onChange={(event) => set({ minSeverity: event.target.value })}>
              <option value="">any</option>
              <option value="info">info and above</option>
              <option value="warning">warning and above</option>
              <option value="critical">critical</option>
            </select>
          </label>
        </div>
      </div>
      <WindowFields windows={filter.windows} onChange={(windows) => set({ windows })} />
      {onRemove && (
        <button type="button" className="button button-small button-quiet" onClick={onRemove}>
          Remove this filter
        </button>
      )}
    </fieldset>
  );
}
