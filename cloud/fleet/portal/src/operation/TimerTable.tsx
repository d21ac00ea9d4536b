import type { TimerState } from '../api/operation';
import { ago, clock } from '../time/text';
import { every, timerName, timerState } from './words';

/** The timers of the pipeline: one run per slot over all instances. */
export function TimerTable({ timers, zone, at }: { timers: readonly TimerState[]; zone: string; at: number }) {
  return (
    <section className="card" aria-label="Timers">
      <div className="card-head">
        <h3>Timers</h3>
      </div>
      <div className="table-scroll">
        <table className="table ops-table">
          <thead>
            <tr>
              <th scope="col">Timer</th>
              <th scope="col">Every</th>
              <th scope="col">State</th>
              <th scope="col">Last run</th>
              <th scope="col">Next run</th>
            </tr>
          </thead>
          <tbody>
            {timers.map((timer) => {
              const state = timerState(timer);
              return (
                <tr key={timer.timer} data-testid={`timer-${timer.timer}`}>
                  <th scope="row">{timerName(timer.timer)}</th>
                  <td className="tabular">{every(timer.everySeconds)}</td>
                  <td>
                    <span className={`dot dot-${state.tone}`} /> {state.label}
                  </td>
                  <td>{timer.lastRun === null ? 'never' : ago(timer.lastRun, at)}</td>
                  <td className="tabular">{timer.nextRun <= at ? 'now' : clock(zone, timer.nextRun)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
