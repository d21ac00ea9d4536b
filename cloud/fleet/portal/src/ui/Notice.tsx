import type { ReactNode } from 'react';
import { Icon } from './Icon';

interface NoticeProps {
  kind: 'bad' | 'warn';
  children: ReactNode;
  /** Offers a button that tries again. */
  onRetry?: (() => void) | undefined;
}

/** A message that needs attention; read out by assistive technology when it appears. */
export function Notice({ kind, children, onRetry }: NoticeProps) {
  return (
    <div className={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon name="warning" />
      <div className="notice-text">{children}</div>
      {onRetry && (
        <button type="button" className="button button-small" onClick={onRetry}>
          <Icon name="retry" />
          Try again
        </button>
      )}
    </div>
  );
}
