import { useState } from 'react';
import { useSubmit } from '../access/useSubmit';
import { changeEndpoint, deleteEndpoint, sendTest, type Endpoint } from '../api/webhooks';
import type { FleetView } from '../fleet/useFleet';
import { ago } from '../time/text';
import { Notice } from '../ui/Notice';
import { DeliveryLog } from './DeliveryLog';
import { isMail, switched } from './draft';
import { EndpointForm } from './EndpointForm';
import { filterText, healthOf } from './health';
import { ReplayRange } from './ReplayRange';
import { RotateSecret } from './RotateSecret';

interface EndpointCardProps {
  endpoint: Endpoint;
  fleet: FleetView;
  now: number;
  onChanged: () => void;
}

type Open = 'log' | 'edit' | 'secret' | 'replay' | 'delete' | null;

/** One endpoint: how it is, what it wants, and what can be done with it. */
export function EndpointCard({ endpoint, fleet, now, onChanged }: EndpointCardProps) {
  const [open, setOpen] = useState<Open>(null);
  const [told, setTold] = useState<string | null>(null);
  const health = healthOf(endpoint, now);
  const toggle = (what: Open) => {
    setTold(null);
    setOpen((old) => (old === what ? null : what));
  };
  const test = useSubmit(async () => {
    await sendTest(endpoint.endpoint);
    setTold('A test begins within 15 s; the log shows it.');
    setOpen('log');
    return null;
  });
  const turn = useSubmit(async () => {
    await changeEndpoint(endpoint.endpoint, switched(endpoint, !endpoint.enabled));
    onChanged();
    return null;
  });
  const remove = useSubmit(async () => {
    await deleteEndpoint(endpoint.endpoint);
    onChanged();
    return null;
  });
  const fault = test.fault ?? turn.fault ?? remove.fault;
  const siteName = (site: string) => fleet.sites.find((one) => one.site === site)?.name ?? site;
  const cameraName = (camera: string) => fleet.cameras.find((one) => one.camera === camera)?.name ?? camera;

  return (
    <section className="card hook" aria-label={`Webhook ${endpoint.name}`} data-testid={`webhook-${endpoint.name}`}>
      <div className="card-head">
        <h3>{endpoint.name}</h3>
        <span className={`pill ${health.tone === 'good' ? 'pill-good' : health.tone === 'bad' ? 'pill-bad' : ''}`} data-testid="webhook-health">
          <span className={`dot dot-${health.tone}`} />
          {health.label}
        </span>
        <span className="muted mono hook-url">{isMail(endpoint.url) ? endpoint.url.slice('mailto:'.length) : endpoint.url}</span>
        <dl className="box-facts">
          <div>
            <dt>Waiting</dt>
            <dd className={endpoint.pending > 0 && endpoint.failures > 0 ? 'fact-warn tabular' : 'tabular'}>{endpoint.pending}</dd>
          </div>
          {endpoint.credential && (
            <div>
              <dt>Shown</dt>
              <dd>{endpoint.credential.kind === 'bearer' ? 'bearer token' : (endpoint.credential.about ?? 'certificate')}</dd>
            </div>
          )}
        </dl>
      </div>
      <ul className="hook-wants">
        {endpoint.subscriptions.map((filter, index) => (
          <li key={index}>{filterText(filter, siteName, cameraName)}</li>
        ))}
        {endpoint.ordered && <li className="muted">In order, one at a time</li>}
      </ul>
      {!endpoint.enabled && (
        <Notice kind="bad">
          Disabled{endpoint.disabledAt !== null && ` ${ago(endpoint.disabledAt, now)}`}
          {endpoint.disabledReason && `: ${endpoint.disabledReason}`}. Nothing is sent; what it wants is kept for 30 days. After enabling, replay what was missed.
        </Notice>
      )}
      {fault && <Notice kind="bad">{fault}</Notice>}
      {told && (
        <p className="hook-told" role="status">
          {told}
        </p>
      )}
      <div className="hook-row hook-actions">
        <button type="button" className="button button-small" aria-expanded={open === 'log'} onClick={() => toggle('log')}>
          Log
        </button>
        {endpoint.enabled && (
          <button type="button" className="button button-small" onClick={test.submit} disabled={test.busy}>
            Send a test
          </button>
        )}
        {endpoint.enabled && (
          <button type="button" className="button button-small" aria-expanded={open === 'replay'} onClick={() => toggle('replay')}>
            Replay…
          </button>
        )}
        {!isMail(endpoint.url) && (
          <button type="button" className="button button-small" aria-expanded={open === 'secret'} onClick={() => toggle('secret')}>
            New secret…
          </button>
        )}
        <button type="button" className="button button-small" aria-expanded={open === 'edit'} onClick={() => toggle('edit')}>
          Change…
        </button>
        <button type="button" className={`button button-small ${endpoint.enabled ? 'button-quiet' : 'button-primary'}`} onClick={turn.submit} disabled={turn.busy}>
          {endpoint.enabled ? 'Disable' : 'Enable'}
        </button>
        <button type="button" className="button button-small button-quiet" aria-expanded={open === 'delete'} onClick={() => toggle('delete')}>
          Delete…
        </button>
      </div>
      {open === 'log' && <DeliveryLog endpoint={endpoint.endpoint} now={now} />}
      {open === 'secret' && <RotateSecret endpoint={endpoint.endpoint} onClose={() => setOpen(null)} />}
      {open === 'replay' && <ReplayRange endpoint={endpoint.endpoint} onClose={() => setOpen(null)} />}
      {open === 'edit' && (
        <EndpointForm
          endpoint={endpoint}
          fleet={fleet}
          onClose={() => setOpen(null)}
          onDone={() => {
            setOpen(null);
            onChanged();
          }}
        />
      )}
      {open === 'delete' && (
        <div className="hook-panel hook-row">
          <span>Its log and everything that waits for it goes too.</span>
          <button type="button" className="button button-small button-primary" onClick={remove.submit} disabled={remove.busy}>
            Delete for good
          </button>
          <button type="button" className="button button-small button-quiet" onClick={() => setOpen(null)}>
            Keep it
          </button>
        </div>
      )}
    </section>
  );
}
