import { useState } from 'react';
import { useSubmit } from '../access/useSubmit';
import { replayRange } from '../api/webhooks';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { localInput } from './localInput';

interface ReplayRangeProps {
  endpoint: string;
  onClose: () => void;
}

const day = 86_400_000;

/** Delivers a range of time again. */
export function ReplayRange({ endpoint, onClose }: ReplayRangeProps) {
  const [from, setFrom] = useState(() => localInput(Date.now() - day));
  const [to, setTo] = useState(() => localInput(Date.now()));
  const [all, setAll] = useState(false);
  const [told, setTold] = useState<string | null>(null);
  const { busy, fault, submit } = useSubmit(async () => {
    setTold(null);
    const [begin, end] = [new Date(from).getTime(), new Date(to).getTime()];
    if (!(begin < end)) return 'The range must end after it begins.';
    const answer = await replayRange(endpoint, begin, end, all);
    setTold(answer.deliveries === 0 ? 'Nothing to deliver in that range.' : `${answer.deliveries} deliveries begin within 15 s.`);
    if (answer.next !== null) {
      setFrom(localInput(answer.next));
      setTold(`${answer.deliveries} deliveries begin within 15 s. The range holds more: replay from here for the rest.`);
    }

    return null;
  });

  return (
    <form
      className="hook-panel"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div className="hook-grid">
        <Field label="From" type="datetime-local" required value={from} onChange={setFrom} />
        <Field label="To" type="datetime-local" required value={to} onChange={setTo} />
      </div>
      <label className="hook-check">
        <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
        Also what was delivered (under the same id, so that the receiver can tell)
      </label>
      {fault && <Notice kind="bad">{fault}</Notice>}
      {told && <p role="status">{told}</p>}
      <div className="hook-row">
        <button type="submit" className="button button-primary" disabled={busy}>
          Deliver again
        </button>
        <button type="button" className="button button-quiet" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  );
}
