import './access.css';
import type { ReactNode, SubmitEventHandler } from 'react';
import { Brand } from '../ui/Brand';

interface AccessCardProps {
  testId: string;
  title: string;
  intro: ReactNode;
  onSubmit: () => void;
  children: ReactNode;
}

/** The page around the forms for people who are not signed in yet. */
export function AccessCard({ testId, title, intro, onSubmit, children }: AccessCardProps) {
  const submit: SubmitEventHandler = (event) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <main className="access">
      <form className="access-card" data-testid={testId} onSubmit={submit}>
        <div className="access-head">
          <Brand />
          <h1>{title}</h1>
          <p className="muted">{intro}</p>
        </div>
        {children}
      </form>
    </main>
  );
}
