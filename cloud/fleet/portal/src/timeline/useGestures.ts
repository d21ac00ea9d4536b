import { useEffect, type RefObject } from 'react';
import { pan, timeAt, zoom, xAt, lengthOf, type View } from './view';

export interface GestureHandlers {
  move: (change: (view: View, now: number) => View) => void;
  /** A click on a row. */
  onPick: (camera: string, at: number) => void;
  /** The pointer is over this moment of this row; null when it has left. */
  onHover: (hover: { camera: string; at: number } | null) => void;
}

const dragThresholdPx = 4;
const wheelStrength = 0.0016;
const maxWheelPx = 240;

/** Wheel, drag, pinch and click on the rows (elements with data-camera) inside `body`. `axis` gives the horizontal extent. */
export function useGestures(body: RefObject<HTMLElement | null>, axis: RefObject<HTMLElement | null>, view: RefObject<View>, { move, onPick, onHover }: GestureHandlers) {
  useEffect(() => {
    const element = body.current;
    const scale = axis.current;
    if (!element || !scale) return undefined;
    const abort = new AbortController();
    const { signal } = abort;
    const pointers = new Map<number, { x: number; startX: number }>();
    let dragged = false;

    const place = (clientX: number) => {
      const box = scale.getBoundingClientRect();
      return { x: clientX - box.left, width: box.width };
    };
    const rowOf = (event: Event) => (event.target instanceof Element ? event.target.closest<HTMLElement>('[data-camera]') : null);
    const momentOf = (clientX: number) => {
      const { x, width } = place(clientX);
      return timeAt(view.current, x, width);
    };

    element.addEventListener(
      'wheel',
      (event) => {
        if (!rowOf(event) && !(event.target instanceof Node && scale.contains(event.target))) return;
        event.preventDefault();
        const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 300 : 1;
        const { width } = place(0);
        const sideways = event.shiftKey ? event.deltaY : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
        if (sideways !== 0) {
          move((old, now) => pan(old, ((sideways * unit) / width) * lengthOf(old), now));
          return;
        }

        const turn = Math.max(-maxWheelPx, Math.min(maxWheelPx, event.deltaY * unit));
        const anchor = momentOf(event.clientX);
        move((old, now) => zoom(old, Math.exp(turn * wheelStrength), anchor, now));
      },
      { passive: false, signal },
    );

    element.addEventListener(
      'pointerdown',
      (event) => {
        if (event.button !== 0 || (!rowOf(event) && !(event.target instanceof Node && scale.contains(event.target)))) return;
        pointers.set(event.pointerId, { x: event.clientX, startX: event.clientX });
        if (pointers.size === 1) dragged = false;
      },
      { signal },
    );

    element.addEventListener(
      'pointermove',
      (event) => {
        const pointer = pointers.get(event.pointerId);
        if (!pointer) {
          const row = rowOf(event);
          onHover(row?.dataset.camera !== undefined ? { camera: row.dataset.camera, at: momentOf(event.clientX) } : null);
          return;
        }

        if (Math.abs(event.clientX - pointer.startX) > dragThresholdPx || pointers.size > 1) {
          if (!dragged) element.setPointerCapture(event.pointerId);
          dragged = true;
        }

        if (!dragged) return;
        onHover(null);
        const { width } = place(0);
        const before = [...pointers.values()].map((p) => p.x);
        const byPx = event.clientX - pointer.x;
        pointer.x = event.clientX;
        if (pointers.size === 1) {
          move((old, now) => pan(old, (-byPx / width) * lengthOf(old), now));
          return;
        }

        const after = [...pointers.values()].map((p) => p.x);
        const spread = (xs: number[]) => Math.max(20, Math.max(...xs) - Math.min(...xs));
        const middle = momentOf((Math.max(...after) + Math.min(...after)) / 2);
        move((old, now) => zoom(old, spread(before) / spread(after), middle, now));
      },
      { signal },
    );

    const release = (event: PointerEvent) => {
      const known = pointers.delete(event.pointerId);
      const camera = rowOf(event)?.dataset.camera;
      if (known && !dragged && event.type === 'pointerup' && camera !== undefined) onPick(camera, momentOf(event.clientX));
    };
    element.addEventListener('pointerup', release, { signal });
    element.addEventListener('pointercancel', release, { signal });
    element.addEventListener('pointerleave', () => onHover(null), { signal });
    return () => abort.abort();
  }, [body, axis, view, move, onPick, onHover]);
}

/** Where a moment lies, as a share of the width; for lines over the rows. */
export const shareAt = (view: View, at: number) => xAt(view, at, 1);
