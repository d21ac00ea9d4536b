import type { KeyboardEvent } from 'react';
import type { FootageEngine } from '../player/engine';

const shortJumpMs = 10_000;

/** Keys that work anywhere on the screen but in a field: space, arrows, comma and full stop. */
export function playerKeys(event: KeyboardEvent, engine: FootageEngine): void {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target?.closest('input, select, textarea')) return;
  if (engine.getState().camera === null) return;
  const at = engine.shown.get();
  const keys: Record<string, () => void> = {
    ArrowLeft: () => at !== null && engine.seek(at - shortJumpMs),
    ArrowRight: () => at !== null && engine.seek(at + shortJumpMs),
    ',': () => engine.step(-1),
    '.': () => engine.step(1),
    // A focused button takes the space for itself.
    ...(target?.closest('button, a') ? {} : { ' ': engine.toggle }),
    k: engine.toggle,
  };
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
