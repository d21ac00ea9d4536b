import { useSyncExternalStore } from 'react';
import type { FootageEngine } from './engine';
import { idle } from './playerState';

const nothing = () => () => undefined;
const idleState = () => idle;

/** The engine's state; idle while there is no engine yet. */
export function usePlayerState(engine: FootageEngine | null) {
  return useSyncExternalStore(engine?.subscribe ?? nothing, engine?.getState ?? idleState);
}
