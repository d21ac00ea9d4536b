import { useEffect, useState } from 'react';
import type { EnrolmentToken } from '../api/types';
import { Icon } from '../ui/Icon';
import { Notice } from '../ui/Notice';
import { boxLines } from './yaml';

interface EnrolmentLinesProps {
  token: EnrolmentToken;
  name: string;
  zone: string;
}

const remaining = (ms: number) => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

/** The lines for the new box's heldar.yaml, and how long they are good for. */
export function EnrolmentLines({ token, name, zone }: EnrolmentLinesProps) {
  const [now, setNow] = useState(() => Date.now());
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);

  const left = token.expiresAt - now;
  if (left <= 0) return <Notice kind="warn">The token has expired. Make a new one.</Notice>;
  const lines = boxLines({ name, timeZone: zone, fleetUrl: window.location.origin, token: token.token });
  const copy = () =>
    void navigator.clipboard.writeText(lines).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <div className="enrol">
      <ol className="enrol-steps">
        <li>
          Put these lines into <code>heldar.yaml</code> on the new box, beside its cameras.
        </li>
        <li>
          Start it with <code>heldar-edge --config heldar.yaml</code>. It makes its own key, enrols once, and appears here within seconds.
        </li>
      </ol>
      <div className="enrol-lines">
        <pre data-testid="enrolment-lines" tabIndex={0} aria-label="Lines for heldar.yaml">
          {lines}
        </pre>
        <button type="button" className="button button-small" onClick={copy}>
          <Icon name={copied ? 'check' : 'copy'} />
          {copied ? 'Copied' : 'Copy'}
        </button>
      </div>
      <p className="enrol-left tabular" role="timer">
        <Icon name="clock" />
        <span>
          The token works once and expires in <strong>{remaining(left)}</strong>.
        </span>
      </p>
    </div>
  );
}
