import { useCallback, useState } from 'react';
import { useSubmit } from '../access/useSubmit';
import { tell } from '../api/failure';
import { mendLetter, readLetter } from '../api/letters';
import { usePolling } from '../polling/usePolling';
import { Notice } from '../ui/Notice';
import { Fact } from './Fact';
import { LetterActions } from './LetterActions';
import { LetterChanges } from './LetterChanges';
import { canMend, canSend, reasonText, stateText, textFault } from './words';

interface LetterPanelProps {
  id: string;
  onClose: () => void;
  onChanged: () => void;
}

const everyMs = 3000;

/** One letter: why it is here, what it holds, and what can be done about it. */
export function LetterPanel({ id, onClose, onChanged }: LetterPanelProps) {
  const read = useCallback((signal: AbortSignal) => readLetter(id, signal), [id]);
  const { data: view, error, refresh } = usePolling(read, everyMs);
  const [draft, setDraft] = useState<string | null>(null);
  const changed = () => {
    refresh();
    onChanged();
  };
  const save = useSubmit(async () => {
    const wrong = draft === null ? null : textFault(draft);
    if (wrong !== null) return wrong;
    await mendLetter(id, draft);
    setDraft(null);
    changed();
    return null;
  });
  const takeBack = useSubmit(async () => {
    await mendLetter(id, null);
    setDraft(null);
    changed();
    return null;
  });

  if (view?.letter.letter !== id) return <aside className="letter-panel">{error ? <Notice kind="bad" onRetry={refresh}>{tell(error)}</Notice> : <div className="spinner" role="status" aria-label="Loading" />}</aside>;
  const { letter } = view;
  const fault = save.fault ?? takeBack.fault;
  return (
    <aside className="letter-panel" aria-label="Letter" data-testid="letter-panel" data-status={letter.status}>
      <div className="letter-head">
        <h2>{reasonText(letter.reason)}</h2>
        <span className={`letter-state letter-state-${letter.status}`}>{stateText(letter.status)}</span>
        <button type="button" className="button button-small button-quiet" onClick={onClose}>
          Close
        </button>
      </div>
      <p className="letter-detail">{letter.detail}</p>
      <dl className="letter-facts">
        <Fact name="Box" value={letter.boxName ?? letter.box} />
        <Fact name="Site" value={letter.site} />
        <Fact name="Event" value={letter.eventType} />
        <Fact name="Id" value={letter.eventId} />
        <Fact name="Queue" value={letter.queue} />
        <Fact name="SHA-256" value={view.sha256} />
        <Fact name="Mended by" value={letter.mendedBy} />
        <Fact name={letter.status === 'dropped' ? 'Dropped by' : 'Sent again by'} value={letter.changedBy && `${letter.changedBy}${letter.rounds > 0 ? `, ${letter.rounds}×` : ''}`} />
      </dl>
      {!letter.proven && <Notice kind="warn">No signature proves who sent this. What it says of itself is only a claim.</Notice>}
      {view.changes.length > 0 && <LetterChanges changes={view.changes} />}
      {draft === null ? (
        <pre className="letter-text" data-testid="letter-text">{view.edited ?? view.original}</pre>
      ) : (
        <textarea className="input letter-text" aria-label="Event" data-testid="letter-editor" spellCheck={false} value={draft} onChange={(event) => setDraft(event.target.value)} />
      )}
      {fault && <Notice kind="bad">{fault}</Notice>}
      {canMend(letter) && (
        <div className="letter-actions">
          {draft === null ? (
            <button type="button" className="button button-small" onClick={() => setDraft(view.edited ?? view.original)}>
              Mend
            </button>
          ) : (
            <>
              <button type="button" className="button button-small button-primary" disabled={save.busy} onClick={save.submit}>
                Save
              </button>
              <button type="button" className="button button-small" onClick={() => setDraft(null)}>
                Discard
              </button>
            </>
          )}
          {view.edited !== null && draft === null && (
            <button type="button" className="button button-small button-quiet" disabled={takeBack.busy} onClick={takeBack.submit}>
              Take the mending back
            </button>
          )}
        </div>
      )}
      {canSend(letter) && draft === null && <LetterActions letters={[id]} onDone={changed} />}
    </aside>
  );
}
