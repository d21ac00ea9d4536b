import { codecName } from '../player/codecs';
import { boxPresence, conditionDetail, conditionOf } from '../fleet/condition';
import { DiskBar } from '../fleet/DiskBar';
import type { BoxNode } from '../fleet/tree';
import { moment, offsetName } from '../time/text';
import { RemoveBox } from './RemoveBox';

interface BoxCardProps {
  node: BoxNode;
  zone: string;
  now: number;
  /** What to do when it was removed; absent for people who may not. */
  onChanged?: (() => void) | undefined;
}

/** One box: how it is, and its cameras as a table. */
export function BoxCard({ node: { box, cameras }, zone, now, onChanged }: BoxCardProps) {
  return (
    <section className="card" aria-label={`Box ${box.name}`} data-testid={`box-${box.box}`}>
      <div className="card-head">
        <h3>{box.name}</h3>
        <span className={`pill pill-${box.online ? 'good' : 'bad'}`}>
          <span className={`dot dot-${box.online ? 'good' : 'bad'}`} />
          {boxPresence(box, now)}
        </span>
        <dl className="box-facts">
          <div>
            <dt>Version</dt>
            <dd>{box.version ?? '–'}</dd>
          </div>
          <div>
            <dt>Last seen</dt>
            <dd className="tabular" title={zone}>
              {box.lastSeenAt === null ? 'never' : `${moment(zone, box.lastSeenAt, now)} ${offsetName(zone, box.lastSeenAt)}`}
            </dd>
          </div>
          <div>
            <dt>Disk</dt>
            <dd>{box.diskTotalBytes === null ? '–' : <DiskBar box={box} />}</dd>
          </div>
          <div>
            <dt>Waiting to be sent</dt>
            <dd className={(box.outboxBacklog ?? 0) > 0 ? 'fact-warn tabular' : 'tabular'}>{box.outboxBacklog ?? '–'}</dd>
          </div>
        </dl>
        {onChanged && box.removedAt === null && <RemoveBox box={box} onChanged={onChanged} />}
      </div>
      {cameras.length === 0 ? (
        <p className="card-empty muted">
          No camera is set up on this box. Add one under <code>cameras:</code> in its heldar.yaml.
        </p>
      ) : (
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Camera</th>
                <th scope="col">State</th>
                <th scope="col">Format</th>
                <th scope="col">Recorded to</th>
              </tr>
            </thead>
            <tbody>
              {cameras.map((camera) => {
                const condition = conditionOf(camera);
                const detail = conditionDetail(camera, zone, now);
                return (
                  <tr key={camera.camera}>
                    <th scope="row">
                      {camera.name} <span className="muted mono">{camera.slug}</span>
                    </th>
                    <td>
                      <span className={`dot dot-${condition.tone}`} /> {condition.label}
                      {detail && <span className="muted"> · {detail}</span>}
                    </td>
                    <td className="tabular">
                      {camera.codec === null ? <span className="muted">–</span> : codecName(camera.codec)}
                      {camera.width !== null && camera.height !== null && ` · ${camera.width} × ${camera.height}`}
                    </td>
                    <td className="tabular">{camera.recordedThrough === null ? <span className="muted">nothing yet</span> : moment(zone, camera.recordedThrough, now)}</td>
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
