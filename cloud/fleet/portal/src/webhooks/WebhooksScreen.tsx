import '../boxes/boxes.css';
import './webhooks.css';
import { useEffect, useState } from 'react';
import { tell } from '../api/failure';
import { readEndpoints } from '../api/webhooks';
import type { FleetView } from '../fleet/useFleet';
import { usePolling } from '../polling/usePolling';
import { Icon } from '../ui/Icon';
import { Notice } from '../ui/Notice';
import { EndpointCard } from './EndpointCard';
import { EndpointForm } from './EndpointForm';
import { SecretOnce } from './SecretOnce';

interface WebhooksScreenProps {
  fleet: FleetView;
}

const everyMs = 3000;
const read = (signal: AbortSignal) => readEndpoints(signal);

/** Who is told of which events, and how that goes. */
export function WebhooksScreen({ fleet }: WebhooksScreenProps) {
  const endpoints = usePolling(read, everyMs);
  const [adding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);

  const all = endpoints.data ?? [];
  const failing = all.filter((one) => !one.enabled || one.failures > 0).length;
  return (
    <div className="boxes">
      <div className="boxes-inner">
        <header className="boxes-head">
          <div>
            <h1>Webhooks</h1>
            <p className="muted">
              {endpoints.data === null
                ? 'Reading…'
                : all.length === 0
                  ? 'Nobody is told of anything yet. A webhook sends events to an address of yours, signed; or as e-mails.'
                  : `${all.length} in all · ${failing === 0 ? 'all working' : `${failing} failing or disabled`}`}
            </p>
          </div>
          {!adding && (
            <button type="button" className="button button-primary" onClick={() => setAdding(true)}>
              <Icon name="plus" />
              Add a webhook
            </button>
          )}
        </header>
        {endpoints.error !== null && (
          <Notice kind="warn" onRetry={endpoints.refresh}>
            {tell(endpoints.error)}
          </Notice>
        )}
        {secret !== null && <SecretOnce secret={secret} onClose={() => setSecret(null)} />}
        {adding && (
          <section className="card add-box" aria-label="Add a webhook">
            <div className="card-head">
              <h2>Add a webhook</h2>
            </div>
            <EndpointForm
              endpoint={null}
              fleet={fleet}
              onClose={() => setAdding(false)}
              onDone={(made) => {
                setAdding(false);
                setSecret(made);
                endpoints.refresh();
              }}
            />
          </section>
        )}
        {all.map((endpoint) => (
          <EndpointCard key={endpoint.endpoint} endpoint={endpoint} fleet={fleet} now={now} onChanged={endpoints.refresh} />
        ))}
      </div>
    </div>
  );
}
