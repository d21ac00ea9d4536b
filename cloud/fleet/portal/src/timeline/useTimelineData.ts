import { useCallback, useMemo } from 'react';
import { readTimeline } from '../api/fleet';
import { usePolling } from '../polling/usePolling';
import { mergeSpans, type Span } from './spans';
import { fetchWindow, type View } from './view';

const everyMs = 3000;
const toleranceMs = 2000;

/** Footage of all cameras around the view, re-read every few seconds while the page is visible. */
export function useTimelineData(view: View) {
  const { from, to } = fetchWindow(view);
  const read = useCallback((signal: AbortSignal) => readTimeline(from, to, signal), [from, to]);
  const { data, error, refresh } = usePolling(read, everyMs);
  const spans = useMemo(() => new Map<string, Span[]>((data?.cameras ?? []).map((camera) => [camera.camera, mergeSpans(camera.spans, toleranceMs)])), [data]);
  return { spans, loaded: data !== null, error, refresh };
}
