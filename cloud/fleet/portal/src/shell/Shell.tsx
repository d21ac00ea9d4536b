import './shell.css';
import type { ReactNode } from 'react';
import type { Person } from '../api/types';
import { Brand } from '../ui/Brand';
import { Icon } from '../ui/Icon';
import type { Screen } from './useRoute';

interface ShellProps {
  person: Person;
  screen: Screen;
  onSignOut: () => void;
  children: ReactNode;
}

/** Bar and frame around every screen of a signed-in person. */
export function Shell({ person, screen, onSignOut, children }: ShellProps) {
  return (
    <div className="shell">
      <header className="topbar">
        <Brand />
        <nav className="nav" aria-label="Main">
          <a className="nav-link" href="#/recordings" aria-current={screen === 'recordings' ? 'page' : undefined}>
            Recordings
          </a>
          <a className="nav-link" href="#/boxes" aria-current={screen === 'boxes' ? 'page' : undefined}>
            Boxes
          </a>
          <a className="nav-link" href="#/coverage" aria-current={screen === 'coverage' ? 'page' : undefined}>
            Coverage
          </a>
          {person.role === 'admin' && (
            <a className="nav-link" href="#/webhooks" aria-current={screen === 'webhooks' ? 'page' : undefined}>
              Webhooks
            </a>
          )}
          {person.role === 'admin' && (
            <a className="nav-link" href="#/dead-letters" aria-current={screen === 'letters' ? 'page' : undefined}>
              Dead letters
            </a>
          )}
          {person.role === 'admin' && (
            <a className="nav-link" href="#/operations" aria-current={screen === 'operations' ? 'page' : undefined}>
              Operations
            </a>
          )}
        </nav>
        <div className="topbar-end">
          <span className="topbar-person" title={`Signed in as ${person.name} (${person.role})`}>
            {person.name}
          </span>
          <button type="button" className="button button-small button-quiet" onClick={onSignOut}>
            <Icon name="out" />
            Sign out
          </button>
        </div>
      </header>
      <main className="shell-main">{children}</main>
    </div>
  );
}
