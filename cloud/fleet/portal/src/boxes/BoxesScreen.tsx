import './boxes.css';
import { useEffect, useMemo, useState } from 'react';
import { buildTree } from '../fleet/tree';
import type { FleetView } from '../fleet/useFleet';
import { offsetName } from '../time/text';
import { Icon } from '../ui/Icon';
import { AddBox } from './AddBox';
import { BoxCard } from './BoxCard';

interface BoxesScreenProps {
  fleet: FleetView;
  isAdmin: boolean;
  onChanged: () => void;
}

/** Every site with its boxes and cameras, and the way to add a box. */
export function BoxesScreen({ fleet, isAdmin, onChanged }: BoxesScreenProps) {
  const [adding, setAdding] = useState(fleet.boxes.length === 0);
  const [now, setNow] = useState(() => Date.now());
  const tree = useMemo(() => buildTree(fleet), [fleet]);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);

  const online = fleet.boxes.filter((box) => box.online).length;
  return (
    <div className="boxes">
      <div className="boxes-inner">
        <header className="boxes-head">
          <div>
            <h1>Boxes</h1>
            <p className="muted">
              {fleet.boxes.length === 0 ? 'No boxes yet. Add the first one: it records on its own disk, and shows up here.' : `${online} of ${fleet.boxes.length} online · ${fleet.cameras.length} cameras · ${fleet.sites.length} sites`}
            </p>
          </div>
          {!adding && (
            <button type="button" className="button button-primary" onClick={() => setAdding(true)}>
              <Icon name="plus" />
              Add a box
            </button>
          )}
        </header>
        {adding && <AddBox sites={fleet.sites} onClose={() => setAdding(false)} onChanged={onChanged} />}
        {tree.map(({ site, boxes }) => (
          <section key={site.site} className="boxes-site">
            <h2>
              {site.name}{' '}
              <span className="muted">
                {site.timeZone.replace('_', ' ')} · {offsetName(site.timeZone, now)}
              </span>
            </h2>
            {boxes.length === 0 && <p className="card card-empty muted">No box at this site yet.</p>}
            {boxes.map((node) => (
              <BoxCard key={node.box.box} node={node} zone={site.timeZone} now={now} onChanged={isAdmin ? onChanged : undefined} />
            ))}
          </section>
        ))}
      </div>
    </div>
  );
}
