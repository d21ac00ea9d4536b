import '../boxes/boxes.css';
import './operation.css';
import { tell } from '../api/failure';
import { readOperation } from '../api/operation';
import type { FleetView } from '../fleet/useFleet';
import { usePolling } from '../polling/usePolling';
import { ago } from '../time/text';
import { Notice } from '../ui/Notice';
import { BoxLagTable } from './BoxLagTable';
import { CauseList } from './CauseList';
import { ShardCard } from './ShardCard';
import { TimerTable } from './TimerTable';
import { VersionFacts } from './VersionFacts';
import { boxesText } from './words';

const everyMs = 5000;
const read = (signal: AbortSignal) => readOperation(signal);

/** How the pipeline is: what needs attention first, then queues, boxes, timers and versions. */
export function OperationScreen({ fleet }: { fleet: FleetView }) {
  const { data, error, refresh } = usePolling(read, everyMs);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <div className="boxes" data-testid="operation" data-healthy={data === null ? undefined : data.healthy}>
      <div className="boxes-inner">
        <header className="boxes-head">
          <div>
            <h1>Operations</h1>
            <p className="muted" role="status">
              {data === null ? (error === null ? 'Reading…' : 'Not known.') : data.healthy ? `All is well: ${boxesText(data.boxes.total)}, nothing waits.` : `${data.causes.length} to look at · ${boxesText(data.boxes.total)}, ${data.boxes.silent} offline`}
            </p>
          </div>
        </header>
        {error !== null && (
          <Notice kind="bad" onRetry={refresh}>
            {tell(error)} {data !== null && 'What you see is from before.'}
          </Notice>
        )}
        {data !== null && (
          <>
            {data.causes.length > 0 && <CauseList causes={data.causes} />}
            <section className="card" aria-label="Dead letters">
              <div className="card-head">
                <h3>Dead letters</h3>
                <dl className="box-facts">
                  <div>
                    <dt>Open</dt>
                    <dd className={data.letters.open > 0 ? 'fact-warn tabular' : 'tabular'} data-testid="letters-open">
                      {data.letters.open}
                      {data.letters.atLeast && ' or more'}
                    </dd>
                  </div>
                  <div>
                    <dt>On their way</dt>
                    <dd className="tabular">{data.letters.redriven}</dd>
                  </div>
                  <div>
                    <dt>Oldest</dt>
                    <dd>{data.letters.oldestAt === null ? '–' : ago(data.letters.oldestAt, data.at)}</dd>
                  </div>
                </dl>
                <a className="button button-small" href="#/dead-letters">
                  Open dead letters
                </a>
              </div>
            </section>
            {data.pipeline?.shards.map((shard) => data.pipeline && <ShardCard key={shard.shard} shard={shard} letters={data.letters} at={data.pipeline.queuesAt} />)}
            {data.pipeline !== null && data.pipeline.shardsLeftOut > 0 && <p className="muted">{data.pipeline.shardsLeftOut} more shards are not shown.</p>}
            <BoxLagTable fleet={fleet} at={data.at} />
            {data.pipeline !== null && <TimerTable timers={data.pipeline.timers} zone={zone} at={data.at} />}
            {data.pipeline !== null && <VersionFacts pipeline={data.pipeline} zone={zone} at={data.at} />}
          </>
        )}
      </div>
    </div>
  );
}
