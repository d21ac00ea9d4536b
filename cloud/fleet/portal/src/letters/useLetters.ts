import { useCallback, useState } from 'react';
import { tell } from '../api/failure';
import { readLetters, type Letter, type LetterFilter, type LettersPage } from '../api/letters';
import { usePolling } from '../polling/usePolling';

const everyMs = 5000;

/** The letters that a filter shows: the first page kept fresh, later ones added on demand and kept until the filter changes. */
export function useLetters(filter: LetterFilter) {
  const read = useCallback((signal: AbortSignal) => readLetters(filter, null, signal), [filter]);
  const { data, error, refresh } = usePolling(read, everyMs);
  const [later, setLater] = useState<{ filter: LetterFilter; items: Letter[]; cursor: string | null } | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const kept = later?.filter === filter ? later : null;
  const cursor = kept ? kept.cursor : (data?.cursor ?? null);

  const more = async () => {
    if (cursor === null) return;
    try {
      const page: LettersPage = await readLetters(filter, cursor);
      setLater({ filter, items: [...(kept?.items ?? []), ...page.items], cursor: page.cursor });
      setFault(null);
    } catch (failure) {
      setFault(tell(failure));
    }
  };

  const first = data?.items ?? [];
  const shown = new Set(first.map((one) => one.letter));
  const items = [...first, ...(kept?.items ?? []).filter((one) => !shown.has(one.letter))];
  return {
    items,
    loading: data === null,
    error,
    fault,
    more: cursor === null ? null : () => void more(),
    refresh: () => {
      setLater(null);
      refresh();
    },
  };
}
