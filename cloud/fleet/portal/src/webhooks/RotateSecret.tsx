import { useState } from 'react';
import { useSubmit } from '../access/useSubmit';
import { rotateSecret } from '../api/webhooks';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { SecretOnce } from './SecretOnce';

interface RotateSecretProps {
  endpoint: string;
  onClose: () => void;
}

/** Makes a new signing secret; the old one signs as well for a while. */
export function RotateSecret({ endpoint, onClose }: RotateSecretProps) {
  const [hours, setHours] = useState('24');
  const [secret, setSecret] = useState<string | null>(null);
  const { busy, fault, submit } = useSubmit(async () => {
    setSecret((await rotateSecret(endpoint, Number(hours))).secret);
    return null;
  });

  if (secret !== null) return <SecretOnce secret={secret} onClose={onClose} />;
  return (
    <form
      className="hook-panel"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Field label="Hours that the old secret signs as well" type="number" min={0} max={168} required value={hours} onChange={setHours} hint="Until then every delivery carries both signatures, so nothing is lost while the receiver changes over." />
      {fault && <Notice kind="bad">{fault}</Notice>}
      <div className="hook-row">
        <button type="submit" className="button button-primary" disabled={busy}>
          Make a new secret
        </button>
        <button type="button" className="button button-quiet" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
