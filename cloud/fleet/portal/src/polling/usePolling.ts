import { useCallback, useEffect, useRef, useState } from 'react';
import { isAbort } from '../api/failure';

export interface Polled<T> {
  /** The newest answer; kept while later calls fail. */
  data: T | null;
  /** Why the newest call failed; null after a success. */
  error: unknown;
  /** Asks again at once. */
  refresh: () => void;
}

/**
 * Calls `read` now and every `intervalMs` while the page is visible; one call at a time, slower after failures.
 * A new `read` (wrap it in useCallback) starts over but keeps the data that is shown.
 */
export function usePolling<T>(read: (signal: AbortSignal) => Promise<T>, intervalMs: number): Polled<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown }>({ data: null, error: null });
  const kick = useRef<() => void>(() => undefined);

  useEffect(() => {
    const abort = new AbortController();
    const gone = () => abort.signal.aborted;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running = false;
    let failures = 0;

    const run = async () => {
      if (running || gone()) return;
      running = true;
      clearTimeout(timer);
      try {
        const data = await read(abort.signal);
        if (gone()) return;
        failures = 0;
        setState({ data, error: null });
      } catch (error) {
        if (gone() || isAbort(error)) return;
        failures++;
        setState((old) => ({ data: old.data, error }));
      } finally {
        running = false;
      }

      if (!document.hidden) timer = setTimeout(() => void run(), intervalMs * Math.min(2 ** failures, 8));
    };
    const onVisibility = () => {
      if (document.hidden) clearTimeout(timer);
      else void run();
    };

    kick.current = () => void run();
    document.addEventListener('visibilitychange', onVisibility);
    void run();
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisibility);
    };
  }, [read, intervalMs]);

  const refresh = useCallback(() => kick.current(), []);
  return { ...state, refresh };
}
