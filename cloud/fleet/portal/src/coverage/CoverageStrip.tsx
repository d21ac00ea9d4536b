import type { CameraCoverage } from './summary';
import { percent, toneOf } from './summary';

interface CoverageStripProps {
  camera: CameraCoverage;
  steps: readonly number[];
  /** What a step is called. */
  nameOf: (step: number) => string;
}

/** One cell per hour or day; the table of the camera says the same in words. */
export function CoverageStrip({ camera, steps, nameOf }: CoverageStripProps) {
  const lacking = steps.filter((step) => (camera.steps.get(step)?.missingMs ?? 0) > 0).length;
  return (
    <span className="coverage-strip" role="img" aria-label={`${lacking} of ${steps.length} lack footage`}>
      {steps.map((step) => {
        const item = camera.steps.get(step);
        const tone = toneOf(item);
        return <span key={step} className={`coverage-cell coverage-${tone ?? 'none'}`} title={`${nameOf(step)}: ${item && tone ? percent(item.wantedMs, item.missingMs) : 'nothing counted'}`} />;
      })}
    </span>
  );
}
