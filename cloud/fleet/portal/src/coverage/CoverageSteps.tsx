import { recordingLink } from '../shell/useRoute';
import type { CameraCoverage } from './summary';
import { addUp, causesText, length, percent, toneOf } from './summary';

interface CoverageStepsProps {
  camera: CameraCoverage;
  steps: readonly number[];
  nameOf: (step: number) => string;
}

/** One camera's hours or days in words, the newest first. */
export function CoverageSteps({ camera, steps, nameOf }: CoverageStepsProps) {
  const counted = steps.filter((step) => camera.steps.has(step)).reverse();
  return (
    <table className="table ops-table coverage-steps" aria-label={`Coverage of ${camera.name}`} data-testid="coverage-steps">
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">There</th>
          <th scope="col">Wanted</th>
          <th scope="col">Present</th>
          <th scope="col">Missing</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {counted.map((step) => {
          const item = camera.steps.get(step);
          if (!item) return null;
          return (
            <tr key={step}>
              <th scope="row" className="tabular">
                <a href={recordingLink(camera.camera, step)}>{nameOf(step)}</a>
              </th>
              <td className="tabular">
                <span className={`dot dot-${toneOf(item) ?? 'idle'}`} /> {percent(item.wantedMs, item.missingMs)}
              </td>
              <td className="tabular">{length(item.wantedMs)}</td>
              <td className="tabular">{length(item.presentMs)}</td>
              <td className="tabular">{length(item.missingMs)}</td>
              <td className="coverage-why">{causesText(addUp([item])) || '–'}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
