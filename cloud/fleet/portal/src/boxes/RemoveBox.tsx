import { useState } from 'react';
import { useSubmit } from '../access/useSubmit';
import { removeBox } from '../api/fleet';
import type { Box } from '../api/types';
import { Notice } from '../ui/Notice';

/** Takes a box out, after a second word: its key is revoked for good. */
export function RemoveBox({ box, onChanged }: { box: Box; onChanged: () => void }) {
  const [asked, setAsked] = useState(false);
  const remove = useSubmit(async () => {
    await removeBox(box.box);
    setAsked(false);
    onChanged();
    return null;
  });
  if (!asked)
    return (
      <button type="button" className="button button-small button-quiet" onClick={() => setAsked(true)}>
        Remove…
      </button>
    );
  return (
    <div className="box-remove" role="group" aria-label={`Remove ${box.name}`}>
      <span>Its key is revoked for good. Its footage stays known, and its cameras may be another box’s.</span>
      <button type="button" className="button button-small button-primary" onClick={remove.submit} disabled={remove.busy}>
        Remove {box.name}
      </button>
      <button type="button" className="button button-small button-quiet" onClick={() => setAsked(false)}>
        Keep it
      </button>
      {remove.fault && <Notice kind="bad">{remove.fault}</Notice>}
    </div>
  );
}
