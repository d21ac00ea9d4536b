import type { Endpoint } from '../api/webhooks';
import { Field } from '../ui/Field';
import type { CredentialDraft, CredentialKind } from './draft';

interface CredentialFieldsProps {
  value: CredentialDraft;
  /** What is kept now. */
  kept: Endpoint['credential'];
  onChange: (value: CredentialDraft) => void;
}

/** Reads a file as PEM text, or as base64 when it is PKCS #12. */
async function certificateText(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  return text.includes('-----BEGIN') ? text : btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** What the receiver is shown besides the signature. It goes in and never comes out again. */
export function CredentialFields({ value, kept, onChange }: CredentialFieldsProps) {
  const set = (part: Partial<CredentialDraft>) => onChange({ ...value, ...part });
  return (
    <div className="hook-grid">
      <label className="field">
        <span className="field-label">How the receiver knows us</span>
        <select className="input" value={value.kind} onChange={(event) => set({ kind: event.target.value as CredentialKind })}>
          {kept && <option value="keep">As before ({kept.kind === 'bearer' ? 'bearer token' : (kept.about ?? 'client certificate')})</option>}
          <option value="none">By the signature alone</option>
          <option value="bearer">By a bearer token as well</option>
          <option value="certificate">By a client certificate as well</option>
        </select>
      </label>
      {value.kind === 'bearer' && <Field label="Token" type="password" autoComplete="off" value={value.token} onChange={(token) => set({ token })} required maxLength={4096} />}
      {value.kind === 'certificate' && (
        <>
          <label className="field">
            <span className="field-label">Certificate with its key (PEM or PFX)</span>
            <input
              className="input hook-file"
              type="file"
              accept=".pem,.crt,.pfx,.p12"
              required
              onChange={(event) => {
                const file = event.target.files?.[0];
                if (file) void certificateText(file).then((certificate) => set({ certificate }));
              }}
            />
          </label>
          <Field label="Its password, if it has one" type="password" autoComplete="off" value={value.password} onChange={(password) => set({ password })} />
        </>
      )}
    </div>
  );
}
