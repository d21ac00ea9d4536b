import type { Pipeline } from '../api/operation';
import { moment } from '../time/text';

/** Versions of index and schema, and how far coverage is counted. */
export function VersionFacts({ pipeline, zone, at }: { pipeline: Pipeline; zone: string; at: number }) {
  const { index, schema } = pipeline;
  return (
    <section className="card" aria-label="Index and schema">
      <div className="card-head">
        <h3>Index and schema</h3>
        <dl className="box-facts">
          <div>
            <dt>Index</dt>
            <dd data-testid="index-version">
              Version {index.current}
              {index.building !== null && `, building ${index.building}: ${index.written ?? 0} hours written, ${index.due ?? 0} to write${index.listed === false ? ', still listing' : ''}`}
            </dd>
          </div>
          <div>
            <dt>Schema</dt>
            <dd className={schema.database === schema.fleet ? 'tabular' : 'fact-warn tabular'}>{schema.database === schema.fleet ? schema.fleet : `${schema.database}, the fleet has ${schema.fleet}`}</dd>
          </div>
          <div>
            <dt>Coverage counted to</dt>
            <dd className="tabular">{pipeline.coverageThrough === null ? 'not yet' : moment(zone, pipeline.coverageThrough, at)}</dd>
          </div>
        </dl>
      </div>
      {index.differences !== null && <p className="card-empty">{index.differences}</p>}
    </section>
  );
}
