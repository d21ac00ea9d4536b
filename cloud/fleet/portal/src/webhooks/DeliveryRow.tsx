import { useState } from 'react';
import type { Delivery } from '../api/webhooks';
import { clock, moment } from '../time/text';
import { typeName } from './eventTypes';
import { attemptText, stateOf } from './health';

interface DeliveryRowProps {
  delivery: Delivery;
  now: number;
}

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** One delivery; opens to all its attempts. */
export function DeliveryRow({ delivery, now }: DeliveryRowProps) {
  const [open, setOpen] = useState(false);
  const state = stateOf(delivery, now);
  const last = delivery.log.at(-1);
  return (
    <>
      <tr data-testid={`delivery-${delivery.state}`}>
        <th scope="row">
          <button type="button" className="hook-open" aria-expanded={open} onClick={() => setOpen(!open)}>
            {typeName(delivery.type)}
          </button>
        </th>
        <td className="tabular">{moment(zone, delivery.at, now)}</td>
        <td>
          <span className={`dot dot-${state.tone}`} /> {state.label}
        </td>
        <td className="tabular">{last ? attemptText(last) : <span className="muted">none yet</span>}</td>
        <td className="tabular">{delivery.attempts}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5} className="hook-attempts">
            <p className="muted mono">{delivery.delivery}</p>
            <ol>
              {delivery.log.map((attempt) => (
                <li key={attempt.attempt}>
                  <span className="tabular">{clock(zone, attempt.at)}</span> {attemptText(attempt)}
                  {attempt.detail && <span className="muted"> · {attempt.detail}</span>}
                </li>
              ))}
            </ol>
          </td>
        </tr>
      )}
    </>
  );
}
