import type { LetterFilter } from '../api/letters';
import type { FleetView } from '../fleet/useFleet';
import { Choice } from '../ui/Choice';
import { reasons, states } from './words';

interface LetterFiltersProps {
  fleet: FleetView;
  filter: LetterFilter;
  onChange: (filter: LetterFilter) => void;
}

const eventTypes = ['segment.closed', 'segment.revised', 'footage.deleted', 'gap', 'detection', 'zone', 'snapshot.taken', 'camera.state', 'box.status', 'box.described', 'hold.applied', 'hold.released'];
const ages: [number, string][] = [[0, 'Any time'], [1, 'Last hour'], [24, 'Last day'], [168, 'Last week']];

/** What the list shows. */
export function LetterFilters({ fleet, filter, onChange }: LetterFiltersProps) {
  const boxes = fleet.boxes.filter((box) => filter.site === '' || box.site === filter.site);
  return (
    <div className="letters-filters" role="group" aria-label="What the list shows">
      <Choice label="State" value={filter.status} options={Object.entries(states)} onChange={(status) => onChange({ ...filter, status })} />
      <Choice label="Reason" value={filter.reason} options={[['', 'Any reason'], ...Object.entries(reasons)]} onChange={(reason) => onChange({ ...filter, reason })} />
      <Choice label="Event" value={filter.type} options={[['', 'Any event'], ...eventTypes.map((type): [string, string] => [`heldar.${type}.v1`, type])]} onChange={(type) => onChange({ ...filter, type })} />
      <Choice label="Site" value={filter.site} options={[['', 'Any site'], ...fleet.sites.map((site): [string, string] => [site.site, site.name])]} onChange={(site) => onChange({ ...filter, site, box: '' })} />
      <Choice label="Box" value={filter.box} options={[['', 'Any box'], ...boxes.map((box): [string, string] => [box.box, box.name])]} onChange={(box) => onChange({ ...filter, box })} />
      <Choice label="Arrived" value={String(filter.hours)} options={ages.map(([hours, name]): [string, string] => [String(hours), name])} onChange={(hours) => onChange({ ...filter, hours: Number(hours) })} />
    </div>
  );
}
