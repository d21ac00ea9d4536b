import { useState } from 'react';
import { setUp } from '../api/fleet';
import type { Person } from '../api/types';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { AccessCard } from './AccessCard';
import { passwordFault } from './password';
import { useSubmit } from './useSubmit';

/** First run: makes the first account with the one-time code that the fleet printed. */
export function SetupForm({ onSignedIn }: { onSignedIn: (person: Person) => void }) {
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const { busy, fault, submit } = useSubmit(async () => {
    const wrong = passwordFault(password, again);
    if (wrong) return wrong;
    onSignedIn((await setUp(code.trim(), name.trim(), password)).user);
    return null;
  });
  return (
    <AccessCard
      testId="setup-form"
      title="Set up your fleet"
      intro={
        <>
          Make the first account. The one-time code was printed by <code>./heldar up</code>; <code>heldar-fleet setup-code</code> prints a new one.
        </>
      }
      onSubmit={submit}
    >
      <Field label="One-time code" name="code" className="access-code" value={code} onChange={setCode} required autoComplete="one-time-code" autoFocus spellCheck={false} />
      <Field label="Your name" name="name" value={name} onChange={setName} required maxLength={64} autoComplete="username" />
      <Field label="Password" name="password" type="password" value={password} onChange={setPassword} required autoComplete="new-password" hint="At least 12 characters. A few words are easy to remember." />
      <Field label="Password again" name="again" type="password" value={again} onChange={setAgain} required autoComplete="new-password" />
      {fault && <Notice kind="bad">{fault}</Notice>}
      <button type="submit" className="button button-primary" disabled={busy}>
        {busy ? 'Setting up…' : 'Create account'}
      </button>
    </AccessCard>
  );
}
