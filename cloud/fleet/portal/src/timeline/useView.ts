import { useCallback, useEffect, useState } from 'react';
import { hour, latest, lengthOf, limit, showsNow, type View } from './view';

const stepMs = 1000;

/** The visible stretch of time. While it follows now, it moves on every second; a move by hand ends that. */
export function useView() {
  const [now, setNow] = useState(() => Date.now());
  const [view, setView] = useState<View>(() => latest(hour, Date.now()));
  const [follows, setFollows] = useState(true);

  useEffect(() => {
    const timer = setInterval(() => {
      if (document.hidden) return;
      const at = Date.now();
      setNow(at);
      if (follows) setView((old) => latest(lengthOf(old), at));
    }, stepMs);
    return () => clearInterval(timer);
  }, [follows]);

  /** Changes the view; it follows now only when it was asked to. */
  const move = useCallback((change: (view: View, now: number) => View, thenFollow = false) => {
    const at = Date.now();
    setView((old) => limit(change(old, at), at));
    setFollows(thenFollow);
  }, []);

  const followNow = useCallback(() => {
    const at = Date.now();
    setView((old) => latest(lengthOf(old), at));
    setFollows(true);
  }, []);

  return { view, now, follows: follows && showsNow(view, now), move, followNow };
}
