import type { SiteNode } from '../fleet/tree';
import { Icon } from '../ui/Icon';
import { BoxItem } from './BoxItem';
import { CameraItem } from './CameraItem';

interface CameraListProps {
  tree: SiteNode[];
  filter: string;
  onFilter: (words: string) => void;
  now: number;
  playing: string | null;
  hidden: ReadonlySet<string>;
  onToggle: (cameras: string[], show: boolean) => void;
  onSelect: (camera: string) => void;
}

/** Sites, boxes and cameras; what is ticked is on the timeline. */
export function CameraList({ tree, filter, onFilter, now, playing, hidden, onToggle, onSelect }: CameraListProps) {
  return (
    <aside className="camera-list" aria-label="Cameras">
      <div className="camera-filter">
        <Icon name="search" />
        <input type="search" className="input input-small" placeholder="Find a camera, box or site" aria-label="Find a camera, box or site" value={filter} onChange={(event) => onFilter(event.target.value)} />
      </div>
      <div className="camera-scroll">
        {tree.length === 0 && <p className="camera-none muted">No camera matches “{filter}”.</p>}
        {tree.map(({ site, boxes }) => {
          const inside = boxes.flatMap((node) => node.cameras.map((camera) => camera.camera));
          const shown = inside.filter((camera) => !hidden.has(camera)).length;
          return (
            <section key={site.site} className="site-item">
              <h2 className="site-head">
                <input
                  type="checkbox"
                  className="checkbox"
                  disabled={inside.length === 0}
                  checked={shown > 0 && shown === inside.length}
                  ref={(element) => {
                    if (element) element.indeterminate = shown > 0 && shown < inside.length;
                  }}
                  onChange={() => onToggle(inside, shown !== inside.length)}
                  aria-label={`Show all cameras of ${site.name} on the timeline`}
                />
                <span className="site-name">{site.name}</span>
                <span className="muted">{inside.length === 1 ? '1 camera' : `${inside.length} cameras`}</span>
              </h2>
              <ul>
                {boxes.map(({ box, cameras }) => (
                  <BoxItem key={box.box} box={box} now={now}>
                    {cameras.map((camera) => (
                      <CameraItem
                        key={camera.camera}
                        camera={camera}
                        zone={site.timeZone}
                        now={now}
                        playing={camera.camera === playing}
                        onTimeline={!hidden.has(camera.camera)}
                        onToggle={(uid) => onToggle([uid], hidden.has(uid))}
                        onSelect={onSelect}
                      />
                    ))}
                  </BoxItem>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
    </aside>
  );
}
