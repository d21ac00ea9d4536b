import { useCallback, useEffect, useState } from 'react';
import { readAuth, signOut } from '../api/fleet';
import { isAbort } from '../api/failure';
import type { Person } from '../api/types';

export type Auth =
  | { kind: 'asking' }
  | { kind: 'failed'; error: unknown }
  | { kind: 'setup' }
  | { kind: 'signedOut'; reason: string | null }
  | { kind: 'signedIn'; person: Person };

/** Who is signed in, and the ways in and out. */
export function useAuth() {
  const [auth, setAuth] = useState<Auth>({ kind: 'asking' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    readAuth(abort.signal).then(
      (state) => setAuth(state.user ? { kind: 'signedIn', person: state.user } : state.setupNeeded ? { kind: 'setup' } : { kind: 'signedOut', reason: null }),
      (error: unknown) => {
        if (!isAbort(error)) setAuth({ kind: 'failed', error });
      },
    );
    return () => abort.abort();
  }, [attempt]);

  const enter = useCallback((person: Person) => setAuth({ kind: 'signedIn', person }), []);
  const expire = useCallback(() => setAuth({ kind: 'signedOut', reason: 'Your session has ended. Sign in again to go on where you were.' }), []);
  const leave = useCallback(() => {
    // Whatever the fleet answers, this page forgets the person; a session that could not be closed ends by itself.
    void signOut()
      .catch(() => undefined)
      .then(() => setAuth({ kind: 'signedOut', reason: null }));
  }, []);
  const retry = useCallback(() => {
    setAuth({ kind: 'asking' });
    setAttempt((n) => n + 1);
  }, []);
  return { auth, enter, expire, leave, retry };
}
