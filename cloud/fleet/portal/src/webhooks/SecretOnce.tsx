import { useState } from 'react';
import { Icon } from '../ui/Icon';

interface SecretOnceProps {
  secret: string;
  onClose: () => void;
}

/** A signing secret, shown this once. */
export function SecretOnce({ secret, onClose }: SecretOnceProps) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    void navigator.clipboard.writeText(secret).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <div className="hook-secret" role="status">
      <p>
        <strong>The signing secret, shown only now.</strong> Give it to the receiver: it checks the header <code>webhook-signature</code> with it, by the Standard Webhooks specification.
      </p>
      <div className="hook-secret-line">
        <code data-testid="webhook-secret">{secret}</code>
        <button type="button" className="button button-small" onClick={copy}>
          <Icon name={copied ? 'check' : 'copy'} />
          {copied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" className="button button-small" onClick={onClose}>
          I have kept it
        </button>
      </div>
    </div>
  );
}
