import './letters.css';
import { useEffect, useState } from 'react';
import { tell } from '../api/failure';
import type { LetterFilter } from '../api/letters';
import type { FleetView } from '../fleet/useFleet';
import { moment } from '../time/text';
import { Notice } from '../ui/Notice';
import { LetterActions } from './LetterActions';
import { LetterFilters } from './LetterFilters';
import { LetterPanel } from './LetterPanel';
import { useLetters } from './useLetters';
import { canSend, countText, reasonText, stateText } from './words';

/** What the pipeline could not apply: found, looked into, mended, sent again, or dropped. */
export function LettersScreen({ fleet }: { fleet: FleetView }) {
  const [filter, setFilter] = useState<LetterFilter>({ status: 'open', reason: '', type: '', site: '', box: '', hours: 0 });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<string | null>(null);
  const { items, loading, error, fault, more, refresh } = useLetters(filter);
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 60_000);
    return () => clearInterval(timer);
  }, []);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const picked = items.filter((letter) => chosen.has(letter.letter) && canSend(letter)).map((letter) => letter.letter);
  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };

  return (
    <div className="letters" data-testid="letters">
      <div className="letters-list">
        <header>
          <h1>Dead letters</h1>
          <p className="muted">What boxes sent and the index could not take. Mend the cause or the letter, then send it again.</p>
        </header>
        <LetterFilters fleet={fleet} filter={filter} onChange={setFilter} />
        {error !== null && (
          <Notice kind="bad" onRetry={refresh}>
            {tell(error)}
          </Notice>
        )}
        {fault && <Notice kind="bad">{fault}</Notice>}
        {picked.length > 0 && (
          <div className="letters-picked">
            <span>{countText(picked.length)} chosen</span>
            <LetterActions
              letters={picked.slice(0, 100)}
              onDone={() => {
                setChosen(new Set());
                refresh();
              }}
            />
          </div>
        )}
        {items.length === 0 && !loading && <p className="letters-none muted">No letters. Everything that boxes sent was taken.</p>}
        {items.length > 0 && (
          <table className="letters-table">
            <thead>
              <tr>
                <th>
                  <input type="checkbox" aria-label="Choose all" checked={picked.length > 0 && picked.length === items.filter(canSend).length} onChange={(event) => setChosen(new Set(event.target.checked ? items.map((one) => one.letter) : []))} />
                </th>
                <th>Arrived</th>
                <th>Reason</th>
                <th>Event</th>
                <th>Box</th>
                <th>State</th>
              </tr>
            </thead>
            <tbody>
              {items.map((letter) => (
                <tr key={letter.letter} data-testid="letter-row" aria-selected={letter.letter === open}>
                  <td>
                    <input type="checkbox" aria-label="Choose" disabled={!canSend(letter)} checked={chosen.has(letter.letter)} onChange={(event) => choose(letter.letter, event.target.checked)} />
                  </td>
                  <td className="tabular">{moment(zone, letter.at, now)}</td>
                  <td>
                    <button type="button" className="letters-open" onClick={() => setOpen(letter.letter)}>
                      {reasonText(letter.reason)}
                    </button>
                    <div className="muted letters-detail">{letter.detail}</div>
                  </td>
                  <td>{letter.eventType?.replace(/^heldar\./, '') ?? 'whole message'}</td>
                  <td>{letter.boxName ?? (letter.box === null ? 'unknown' : 'unproven')}</td>
                  <td>{stateText(letter.status)}{letter.mended && letter.status === 'open' ? ', mended' : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        {more && (
          <button type="button" className="button button-small" onClick={more}>
            Show more
          </button>
        )}
      </div>
      {open !== null && <LetterPanel key={open} id={open} onClose={() => setOpen(null)} onChanged={refresh} />}
    </div>
  );
}
