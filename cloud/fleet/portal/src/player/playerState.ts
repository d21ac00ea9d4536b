import type { Recording } from '../api/types';

/** Why there is a message instead of a moving picture. */
export type Obstacle =
  | { kind: 'boxOffline'; text: string }
  | { kind: 'codec'; codec: string }
  | { kind: 'noMediaSource' }
  | { kind: 'noFootage'; at: number; before: number | null; after: number | null }
  | { kind: 'failed'; text: string };

export interface PlayerState {
  /** Camera uid; null before anything was chosen. */
  camera: string | null;
  /** The recording that is on screen. */
  recording: Recording | null;
  obstacle: Obstacle | null;
  /** Waiting for footage. */
  loading: boolean;
  /** At the newest footage; it goes on by itself when there is more. */
  atNewest: boolean;
  playing: boolean;
  rate: number;
  hasSound: boolean;
  muted: boolean;
  /** Footage that does not exist and was jumped over just now, ms. */
  skippedMs: number | null;
  /** What the file holds, for example "H.264 · 1920 × 1080"; null before it is known. */
  format: string | null;
}

export const idle: PlayerState = {
  camera: null,
  recording: null,
  obstacle: null,
  loading: false,
  atNewest: false,
  playing: false,
  rate: 1,
  hasSound: false,
  muted: true,
  skippedMs: null,
  format: null,
};
