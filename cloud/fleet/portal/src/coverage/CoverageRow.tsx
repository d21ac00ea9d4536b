import type { CameraCoverage } from './summary';
import { causesText, length, percent, toneOf } from './summary';
import { CoverageSteps } from './CoverageSteps';
import { CoverageStrip } from './CoverageStrip';

interface CoverageRowProps {
  camera: CameraCoverage;
  site: string;
  steps: readonly number[];
  nameOf: (step: number) => string;
  open: boolean;
  onToggle: () => void;
}

/** One camera: how much is there, what is missing and why, and on demand each hour or day. */
export function CoverageRow({ camera, site, steps, nameOf, open, onToggle }: CoverageRowProps) {
  return (
    <>
      <tr data-testid={`coverage-${camera.camera}`}>
        <th scope="row">
          <button type="button" className="coverage-open" aria-expanded={open} onClick={onToggle}>
            {camera.name}
          </button>{' '}
          <span className="muted">{site}</span>
        </th>
        <td className="tabular">
          <span className={`dot dot-${toneOf(camera) ?? 'idle'}`} /> {percent(camera.wantedMs, camera.missingMs)}
        </td>
        <td className="tabular">{camera.missingMs > 0 ? length(camera.missingMs) : '–'}</td>
        <td>
          <CoverageStrip camera={camera} steps={steps} nameOf={nameOf} />
        </td>
        <td className="coverage-why">{causesText(camera.causes.slice(0, 3)) || '–'}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5} className="coverage-detail">
            <CoverageSteps camera={camera} steps={steps} nameOf={nameOf} />
          </td>
        </tr>
      )}
    </>
  );
}
