import type { LetterNumbers, ShardState } from '../api/operation';
import { span } from '../time/text';
import { boxesText, lettersOf, queueLag, splitQueues } from './words';

interface ShardCardProps {
  shard: ShardState;
  letters: LetterNumbers;
  /** When the queues were looked at. */
  at: number;
}

/** The queues of one shard that hold something; the others are counted. */
export function ShardCard({ shard, letters, at }: ShardCardProps) {
  const { busy, idle } = splitQueues(shard.queues, shard.shard, letters);
  return (
    <section className="card" aria-label={`Shard ${shard.shard}`} data-testid={`shard-${shard.shard}`}>
      <div className="card-head">
        <h3>Shard {shard.shard}</h3>
        <span className="muted">{boxesText(shard.boxes)}</span>
        {shard.breaker !== null && (
          <span className="pill pill-bad" data-testid={`breaker-${shard.shard}`} title={shard.breaker.cause}>
            Circuit open for {span(Math.max(0, at - shard.breaker.since))}: messages go back
          </span>
        )}
        {!shard.served && <span className="pill">being emptied</span>}
        {idle > 0 && <span className="ops-idle muted">{busy.length === 0 ? `All ${idle} queues are empty` : `${idle} other queues are empty`}</span>}
      </div>
      {busy.length > 0 && (
        <div className="table-scroll">
          <table className="table ops-table">
            <thead>
              <tr>
                <th scope="col">Queue</th>
                <th scope="col">Messages</th>
                <th scope="col">First one waits</th>
                <th scope="col">Crashed</th>
                <th scope="col">Dead letters</th>
              </tr>
            </thead>
            <tbody>
              {busy.map((queue) => {
                const lag = queueLag(queue, at);
                const open = lettersOf(letters, `${queue.queue}-${shard.shard}`);
                return (
                  <tr key={queue.queue} data-testid={`queue-${queue.queue}-${shard.shard}`}>
                    <th scope="row">{queue.queue}</th>
                    <td className="tabular">{queue.messages ?? '–'}</td>
                    <td>
                      <span className={`dot dot-${lag.tone}`} /> {lag.label}
                    </td>
                    <td className={queue.poison ? 'fact-warn tabular' : 'tabular'}>{queue.poison ?? '–'}</td>
                    <td className="tabular">{open === 0 ? '0' : <a href="#/dead-letters">{open}</a>}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
