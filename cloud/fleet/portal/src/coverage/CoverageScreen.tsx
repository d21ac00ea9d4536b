import '../boxes/boxes.css';
import '../operation/operation.css';
import './coverage.css';
import { useCallback, useState } from 'react';
import { readCoverage } from '../api/coverage';
import { tell } from '../api/failure';
import type { FleetView } from '../fleet/useFleet';
import { usePolling } from '../polling/usePolling';
import { day, hourMinute, offsetName } from '../time/text';
import { Choice } from '../ui/Choice';
import { Notice } from '../ui/Notice';
import { CoverageRow } from './CoverageRow';
import { bounds, byCamera, length, percent, ranges, type Range } from './summary';

const everyMs = 60_000;

/** How much of what was to be recorded is there, for each camera by hours or days, and why the rest is missing. */
export function CoverageScreen({ fleet }: { fleet: FleetView }) {
  const [site, setSite] = useState('');
  const [camera, setCamera] = useState('');
  const [range, setRange] = useState<Range>(ranges[0]);
  const [open, setOpen] = useState<string | null>(null);
  const read = useCallback(
    async (signal: AbortSignal) => {
      const { from, to, steps } = bounds(range, Date.now());
      return { range, steps, ...(await readCoverage({ site, camera, from, to, step: range.step }, signal)) };
    },
    [site, camera, range],
  );
  const { data, error, refresh } = usePolling(read, everyMs);
  const cameras = byCamera(data?.items ?? []);
  const wanted = cameras.reduce((sum, one) => sum + one.wantedMs, 0);
  const missing = cameras.reduce((sum, one) => sum + one.missingMs, 0);
  const choices = fleet.cameras.filter((one) => site === '' || one.site === site);
  const zoneOf = (slug: string) => fleet.sites.find((one) => one.site === slug)?.timeZone ?? 'UTC';
  const nameOf = (zone: string) => (step: number) => (data?.range.step === 'day' ? `${day('UTC', step)} (UTC)` : `${day(zone, step)}, ${hourMinute(zone, step)} ${offsetName(zone, step)}`);

  return (
    <div className="boxes" data-testid="coverage">
      <div className="boxes-inner">
        <header className="boxes-head">
          <div>
            <h1>Coverage</h1>
            <p className="muted" role="status">
              {data === null ? (error === null ? 'Reading…' : 'Not known.') : wanted === 0 ? 'What was to be recorded, what is there, and why the rest is missing.' : `${percent(wanted, missing)} of what was wanted is there${missing > 0 ? `; ${length(missing)} are missing over all cameras` : ''}.`}
            </p>
          </div>
        </header>
        <div className="coverage-filters" role="group" aria-label="What is shown">
          <Choice
            label="Site"
            value={site}
            options={[['', 'Any site'], ...fleet.sites.map((one): [string, string] => [one.site, one.name])]}
            onChange={(value) => {
              setSite(value);
              setCamera('');
            }}
          />
          <Choice label="Camera" value={camera} options={[['', 'Any camera'], ...choices.map((one): [string, string] => [one.camera, one.name])]} onChange={setCamera} />
          <Choice label="Time" value={range.key} options={ranges.map((one): [string, string] => [one.key, one.name])} onChange={(key) => setRange(ranges.find((one) => one.key === key) ?? ranges[0])} />
        </div>
        {error !== null && (
          <Notice kind="bad" onRetry={refresh}>
            {tell(error)} {data !== null && 'What you see is from before.'}
          </Notice>
        )}
        {data?.cut && <Notice kind="warn">There are too many cameras to show at once. Choose a site or a shorter time.</Notice>}
        {data !== null && cameras.length === 0 && <p className="card card-empty muted">Nothing is counted for this time. An hour is counted a few minutes after it has ended.</p>}
        {data !== null && cameras.length > 0 && (
          <section className="card" aria-label="Cameras">
            <div className="table-scroll coverage-scroll">
              <table className="table ops-table">
                <thead>
                  <tr>
                    <th scope="col">Camera</th>
                    <th scope="col">There</th>
                    <th scope="col">Missing</th>
                    <th scope="col">{data.range.step === 'hour' ? 'By hour' : 'By day'}</th>
                    <th scope="col">Why</th>
                  </tr>
                </thead>
                <tbody>
                  {cameras.map((one) => (
                    <CoverageRow
                      key={one.camera}
                      camera={one}
                      site={fleet.sites.find((known) => known.site === one.site)?.name ?? one.site}
                      steps={data.steps}
                      nameOf={nameOf(zoneOf(one.site))}
                      open={open === one.camera}
                      onToggle={() => setOpen(open === one.camera ? null : one.camera)}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          </section>
        )}
        <p className="muted coverage-note">Wanted is footage and gaps together: what nobody wanted recorded counts on neither side. The hour that runs now is not in it.</p>
      </div>
    </div>
  );
}
