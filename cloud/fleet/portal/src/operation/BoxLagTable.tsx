import { useCallback, useState } from 'react';
import { tell } from '../api/failure';
import { readLags } from '../api/operation';
import type { FleetView } from '../fleet/useFleet';
import { usePolling } from '../polling/usePolling';
import { ago } from '../time/text';
import { Notice } from '../ui/Notice';
import { boxLag } from './words';

const everyMs = 5000;
const step = 20;
const most = 200;

/** The boxes that the cloud is furthest behind of. */
export function BoxLagTable({ fleet, at }: { fleet: FleetView; at: number }) {
  const [limit, setLimit] = useState(step);
  const read = useCallback((signal: AbortSignal) => readLags(limit, signal), [limit]);
  const { data, error, refresh } = usePolling(read, everyMs);
  return (
    <section className="card" aria-label="Boxes by lag">
      <div className="card-head">
        <h3>Boxes, the furthest behind first</h3>
      </div>
      {error !== null && (
        <Notice kind="bad" onRetry={refresh}>
          {tell(error)}
        </Notice>
      )}
      {data === null && error === null && <p className="card-empty muted">Reading…</p>}
      {data?.items.length === 0 && <p className="card-empty muted">No box has enrolled yet.</p>}
      {data !== null && data.items.length > 0 && (
        <div className="table-scroll">
          <table className="table ops-table">
            <thead>
              <tr>
                <th scope="col">Box</th>
                <th scope="col">Site</th>
                <th scope="col">Cloud is</th>
                <th scope="col">Waits on the box</th>
                <th scope="col">Batches missing</th>
                <th scope="col">Applied last</th>
                <th scope="col">Shard</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map((box) => {
                const lag = boxLag(box, at);
                return (
                  <tr key={box.box} data-testid={`lag-${box.box}`}>
                    <th scope="row">{box.name}</th>
                    <td>{fleet.sites.find((site) => site.site === box.site)?.name ?? box.site}</td>
                    <td>
                      <span className={`dot dot-${lag.tone}`} /> {lag.label}
                    </td>
                    <td className="tabular">{box.backlog}</td>
                    <td className="tabular">{box.missingBatches}</td>
                    <td>{box.appliedAt === null ? 'nothing yet' : ago(box.appliedAt, at)}</td>
                    <td>{box.shard}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {data !== null && data.cursor !== null && limit < most && (
        <p className="card-empty">
          <button type="button" className="button button-small" onClick={() => setLimit(Math.min(most, limit + step * 3))}>
            Show more
          </button>
        </p>
      )}
    </section>
  );
}
