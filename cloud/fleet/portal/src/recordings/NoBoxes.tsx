import { Icon } from '../ui/Icon';

/** What a fleet without boxes shows. */
export function NoBoxes() {
  return (
    <div className="no-boxes">
      <span className="no-boxes-icon">
        <Icon name="box" />
      </span>
      <h1>No boxes yet</h1>
      <p className="muted">A box records the cameras of a site on its own disk. Add one, and its footage appears here within seconds.</p>
      <a className="button button-primary" href="#/boxes">
        <Icon name="plus" />
        Add a box
      </a>
    </div>
  );
}
