import { useState } from 'react';
import { useSubmit } from '../access/useSubmit';
import { addEndpoint, changeEndpoint, type Endpoint } from '../api/webhooks';
import type { FleetView } from '../fleet/useFleet';
import { Field } from '../ui/Field';
import { Icon } from '../ui/Icon';
import { Notice } from '../ui/Notice';
import { CredentialFields } from './CredentialFields';
import { draftOf, newFilter, requestOf, type EndpointDraft } from './draft';
import { FilterFields } from './FilterFields';

interface EndpointFormProps {
  /** Null for a new one. */
  endpoint: Endpoint | null;
  fleet: FleetView;
  onClose: () => void;
  /** The secret is there when one was made. */
  onDone: (secret: string | null) => void;
}

/** Makes an endpoint, or changes one. */
export function EndpointForm({ endpoint, fleet, onClose, onDone }: EndpointFormProps) {
  const [draft, setDraft] = useState(() => draftOf(endpoint));
  const set = (part: Partial<EndpointDraft>) => setDraft((old) => ({ ...old, ...part }));
  const { busy, fault, submit } = useSubmit(async () => {
    if (endpoint) {
      await changeEndpoint(endpoint.endpoint, requestOf(draft, endpoint.enabled));
      onDone(null);
    } else {
      const made = await addEndpoint(requestOf(draft, true));
      onDone(draft.kind === 'mail' ? null : made.secret);
    }

    return null;
  });

  return (
    <form
      className="hook-form"
      aria-label={endpoint ? `Change ${endpoint.name}` : 'New webhook'}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="hook-grid">
        <Field label="Name" value={draft.name} onChange={(name) => set({ name })} required maxLength={128} placeholder="Alarm desk" />
        <label className="field">
          <span className="field-label">Send by</span>
          <select className="input" value={draft.kind} onChange={(event) => set({ kind: event.target.value === 'mail' ? 'mail' : 'https' })}>
            <option value="https">Web request</option>
            <option value="mail">E-mail</option>
          </select>
        </label>
        {draft.kind === 'mail' ? (
          <Field label="E-mail address" type="email" value={draft.address} onChange={(address) => set({ address })} required maxLength={254} placeholder="duty@example.com" />
        ) : (
          <Field label="Address" type="url" value={draft.address} onChange={(address) => set({ address })} required maxLength={2000} placeholder="https://receiver.example/heldar" />
        )}
      </div>
      {draft.kind === 'https' && <CredentialFields value={draft.credential} kept={endpoint?.credential ?? null} onChange={(credential) => set({ credential })} />}
      {draft.filters.map((filter) => (
        <FilterFields
          key={filter.key}
          filter={filter}
          fleet={fleet}
          onChange={(changed) => set({ filters: draft.filters.map((one) => (one.key === changed.key ? changed : one)) })}
          onRemove={draft.filters.length > 1 ? () => set({ filters: draft.filters.filter((one) => one.key !== filter.key) }) : undefined}
        />
      ))}
      <div className="hook-row">
        <button type="button" className="button button-small" onClick={() => set({ filters: [...draft.filters, newFilter()] })} disabled={draft.filters.length >= 20}>
          <Icon name="plus" />
          Or also
        </button>
        <label className="hook-check">
          <input type="checkbox" checked={draft.ordered} onChange={(event) => set({ ordered: event.target.checked })} />
          One at a time, in order (one failure holds up the rest)
        </label>
      </div>
      {fault && <Notice kind="bad">{fault}</Notice>}
      <div className="hook-row">
        <button type="submit" className="button button-primary" disabled={busy}>
          {endpoint ? 'Save' : 'Add webhook'}
        </button>
        <button type="button" className="button button-quiet" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
