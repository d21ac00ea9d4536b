import type { Cause } from '../api/operation';
import { Icon } from '../ui/Icon';
import { adviceFor, causeText } from './words';

const links: Record<string, [string, string]> = {
  dead_letters: ['#/dead-letters', 'Dead letters'],
  webhook_disabled: ['#/webhooks', 'Webhooks'],
  boxes_silent: ['#/boxes', 'Boxes'],
};

/** Everything that somebody should look at, with what to do first. */
export function CauseList({ causes }: { causes: readonly Cause[] }) {
  return (
    <ul className="ops-causes" aria-label="What needs attention" data-testid="operation-causes">
      {causes.map((cause, index) => {
        const link = links[cause.code];
        return (
          <li key={`${cause.code} ${index}`} className={`notice notice-${cause.severity === 'bad' ? 'bad' : 'warn'}`} data-code={cause.code}>
            <Icon name="warning" />
            <div className="notice-text">
              <strong>{causeText(cause.text)}.</strong> {adviceFor(cause.code)}
            </div>
            {link && (
              <a className="button button-small" href={link[0]}>
                {link[1]}
              </a>
            )}
          </li>
        );
      })}
    </ul>
  );
}
