import { useState } from 'react';
import { signIn } from '../api/fleet';
import type { Person } from '../api/types';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { AccessCard } from './AccessCard';
import { useSubmit } from './useSubmit';

interface LoginFormProps {
  /** Said above the form, for example that the session has ended. */
  reason: string | null;
  onSignedIn: (person: Person) => void;
}

/** Sign-in with a local account. */
export function LoginForm({ reason, onSignedIn }: LoginFormProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const { busy, fault, submit } = useSubmit(async () => {
    onSignedIn((await signIn(name.trim(), password)).user);
    return null;
  });
  return (
    <AccessCard testId="login-form" title="Sign in" intro={reason ?? 'Recordings of every site, in one place.'} onSubmit={submit}>
      <Field label="Name" name="name" value={name} onChange={setName} required maxLength={64} autoComplete="username" autoFocus />
      <Field label="Password" name="password" type="password" value={password} onChange={setPassword} required autoComplete="current-password" />
      {fault && <Notice kind="bad">{fault}</Notice>}
      <button type="submit" className="button button-primary" disabled={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </button>
    </AccessCard>
  );
}
