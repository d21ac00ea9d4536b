import { useMemo } from 'react';
import { LoginForm } from './access/LoginForm';
import { SetupForm } from './access/SetupForm';
import { useAuth } from './access/useAuth';
import { tell } from './api/failure';
import { FleetScreens } from './shell/FleetScreens';
import { Shell } from './shell/Shell';
import { parseRoute, useHash } from './shell/useRoute';
import { Notice } from './ui/Notice';

/** Decides between set-up, sign-in and the screens. */
export function App() {
  const { auth, enter, expire, leave, retry } = useAuth();
  const hash = useHash();
  const route = useMemo(() => parseRoute(hash), [hash]);

  switch (auth.kind) {
    case 'asking':
      return (
        <div className="shell-wait">
          <div className="spinner" role="status" aria-label="Loading" />
        </div>
      );
    case 'failed':
      return (
        <div className="shell-wait">
          <Notice kind="bad" onRetry={retry}>
            {tell(auth.error)}
          </Notice>
        </div>
      );
    case 'setup':
      return <SetupForm onSignedIn={enter} />;
    case 'signedOut':
      return <LoginForm reason={auth.reason} onSignedIn={enter} />;
    case 'signedIn':
      return (
        <Shell person={auth.person} screen={route.screen} onSignOut={leave}>
          <FleetScreens route={route} isAdmin={auth.person.role === 'admin'} onSignedOut={expire} />
        </Shell>
      );
  }
}
