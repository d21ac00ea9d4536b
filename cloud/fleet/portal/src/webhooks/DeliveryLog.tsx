import { useCallback, useState } from 'react';
import { tell } from '../api/failure';
import { readDeliveries, type Delivery } from '../api/webhooks';
import { usePolling } from '../polling/usePolling';
import { Notice } from '../ui/Notice';
import { DeliveryRow } from './DeliveryRow';

interface DeliveryLogProps {
  endpoint: string;
  now: number;
}

const everyMs = 3000;

/** What became of an endpoint's deliveries, the newest first. */
export function DeliveryLog({ endpoint, now }: DeliveryLogProps) {
  const [state, setState] = useState<string | null>(null);
  const [older, setOlder] = useState<{ items: Delivery[]; cursor: string | null } | null>(null);
  const [fault, setFault] = useState<unknown>(null);
  const newest = usePolling(useCallback((signal: AbortSignal) => readDeliveries(endpoint, state, null, signal), [endpoint, state]), everyMs);
  const shown = newest.data?.items ?? [];
  const known = new Set(shown.map((one) => one.delivery));
  const rows = [...shown, ...(older?.items ?? []).filter((one) => !known.has(one.delivery))];
  const cursor = older ? older.cursor : (newest.data?.cursor ?? null);
  const more = () => {
    readDeliveries(endpoint, state, cursor).then(
      (page) => setOlder((old) => ({ items: [...(old?.items ?? shown), ...page.items], cursor: page.cursor })),
      (error: unknown) => setFault(error),
    );
  };
  const failed = newest.error ?? fault;

  return (
    <div className="hook-log">
      <label className="hook-check">
        Show{' '}
        <select
          className="input input-small hook-state"
          value={state ?? ''}
          onChange={(event) => {
            setState(event.target.value === '' ? null : event.target.value);
            setOlder(null);
          }}
        >
          <option value="">all deliveries</option>
          <option value="pending">waiting</option>
          <option value="delivered">delivered</option>
          <option value="failed">given up</option>
        </select>
      </label>
      {failed !== null && (
        <Notice kind="warn" onRetry={newest.refresh}>
          {tell(failed)}
        </Notice>
      )}
      {newest.data && rows.length === 0 && <p className="muted">Nothing here yet.</p>}
      {rows.length > 0 && (
        <div className="table-scroll">
          <table className="table hook-table">
            <thead>
              <tr>
                <th scope="col">Event</th>
                <th scope="col">Happened</th>
                <th scope="col">State</th>
                <th scope="col">Last attempt</th>
                <th scope="col">Attempts</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((delivery) => (
                <DeliveryRow key={delivery.delivery} delivery={delivery} now={now} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {cursor !== null && (
        <button type="button" className="button button-small" onClick={more}>
          Older
        </button>
      )}
    </div>
  );
}
