import { useState } from 'react';
import { useSubmit } from '../access/useSubmit';
import { dropLetters, redriveLetters } from '../api/letters';
import { Notice } from '../ui/Notice';
import { countText, refusalText } from './words';

interface LetterActionsProps {
  letters: string[];
  onDone: () => void;
}

/** Sends letters again, or drops them after a second question. */
export function LetterActions({ letters, onDone }: LetterActionsProps) {
  const [asking, setAsking] = useState(false);
  const send = useSubmit(async () => {
    const answer = await redriveLetters(letters);
    onDone();
    return refusalText(answer);
  });
  const drop = useSubmit(async () => {
    const answer = await dropLetters(letters);
    setAsking(false);
    onDone();
    return refusalText(answer);
  });
  const busy = send.busy || drop.busy;
  const fault = send.fault ?? drop.fault;
  return (
    <div className="letter-actions">
      {asking ? (
        <div className="letter-confirm" role="alertdialog" aria-label="Drop for good?">
          <span>Drop {countText(letters.length)} for good? What they tell is not applied; the audit keeps who dropped them.</span>
          <button type="button" className="button button-small button-danger" disabled={busy} onClick={drop.submit}>
            Drop for good
          </button>
          <button type="button" className="button button-small" disabled={busy} onClick={() => setAsking(false)}>
            Keep
          </button>
        </div>
      ) : (
        <>
          <button type="button" className="button button-small button-primary" disabled={busy || letters.length === 0} onClick={send.submit}>
            Send again
          </button>
          <button type="button" className="button button-small" disabled={busy || letters.length === 0} onClick={() => setAsking(true)}>
            Drop…
          </button>
        </>
      )}
      {fault && <Notice kind="bad">{fault}</Notice>}
    </div>
  );
}
