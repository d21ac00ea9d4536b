import { ApiFailure, isAbort, tell } from '../api/failure';
import type { Recording } from '../api/types';
import { Mp4Error } from './boxes';
import { canDecode, codecName, mediaSourceClass } from './codecs';
import { FootageBuffer, FootageRefused } from './footageBuffer';
import { CannotDecode, Loader, NewFilmNeeded, pause } from './loader';
import { idle, type Obstacle, type PlayerState } from './playerState';
import { holds, jumpTarget, neighbourFrame } from './ranges';
import { RecordingList } from './recordingList';
import { firstToPlay, recordingAt } from './selection';
import { TimeSignal } from './timeSignal';
import type { Track } from './tracks';

/** What the engine needs to know of a camera. */
export interface PlayedCamera {
  camera: string;
  codec: string | null;
}

/** A click may lie this much beside footage, and an open recording reaches this much past its last report. */
const reachMs = 10_000;
const tickMs = 200;
const framesKept = 20_000;
const unknownFrameMs = 40;

/**
 * Plays one camera in one video element. Owns the element's source; the rest of the page commands it and reads {@link PlayerState}
 * and the moment on screen. One loading session runs at a time; a new one aborts the one before.
 */
export class FootageEngine {
  /** The moment that the picture on screen was taken, ms since 1970 UTC. */
  readonly shown = new TimeSignal();
  private readonly video: HTMLVideoElement;
  private readonly listeners = new Set<() => void>();
  private readonly ended = new AbortController();
  private session = new AbortController();
  private state = idle;
  private camera: PlayedCamera | null = null;
  private list: RecordingList | null = null;
  private buffer: FootageBuffer | null = null;
  private frames: number[] = [];
  private wanted = false;
  private target: number | null = null;
  private newest = false;
  private blocked: Obstacle | null = null;
  private newFilmAt: number | null = null;
  private skippedAt = 0;

  constructor(video: HTMLVideoElement) {
    this.video = video;
    video.muted = idle.muted;
    const { signal } = this.ended;
    for (const type of ['play', 'pause', 'ratechange', 'waiting', 'playing', 'seeking', 'seeked', 'loadeddata', 'volumechange'])
      video.addEventListener(type, this.tick, { signal });
    video.addEventListener('timeupdate', this.onTime, { signal });
    video.addEventListener('error', this.onMediaError, { signal });
    const timer = setInterval(this.tick, tickMs);
    signal.addEventListener('abort', () => clearInterval(timer));
    this.watchFrames();
  }

  getState = () => this.state;

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** Gives the element back; the engine is of no use afterwards. */
  dispose(): void {
    this.ended.abort();
    this.session.abort();
    this.buffer?.close();
    this.video.removeAttribute('src');
  }

  /** Shows a camera at a moment and, when asked, plays on from there. */
  open(camera: PlayedCamera, at: number, play: boolean): void {
    this.wanted = play;
    const same = this.camera?.camera === camera.camera;
    this.camera = camera;
    if (same && this.buffer && !this.state.obstacle && holds(this.buffer.ranges(), at)) {
      this.show(at);
      return;
    }

    this.session.abort();
    this.session = new AbortController();
    this.buffer?.close();
    this.buffer = null;
    this.frames = [];
    this.newest = false;
    this.blocked = null;
    this.newFilmAt = null;
    this.target = at;
    this.shown.set(at);
    if (!same || !this.list) this.list = new RecordingList(camera.camera);
    this.set({ camera: camera.camera, recording: same ? this.state.recording : null, obstacle: null, loading: true, atNewest: false, skippedMs: null, ...(same ? {} : { format: null, hasSound: false }) });
    void this.run(this.list, at, this.session.signal);
  }

  /** Says that there is no footage at a moment, and where the nearest is. */
  refuse(camera: PlayedCamera, at: number, before: number | null, after: number | null): void {
    this.session.abort();
    this.video.pause();
    this.wanted = false;
    this.camera = camera;
    this.shown.set(at);
    this.set({ camera: camera.camera, recording: null, loading: false, atNewest: false, obstacle: { kind: 'noFootage', at, before, after } });
  }

  /** Tries again where the last attempt failed. */
  retry = () => {
    const at = this.shown.get();
    if (this.camera && at !== null) this.open(this.camera, at, true);
  };

  seek(at: number): void {
    if (this.camera) this.open(this.camera, at, this.wanted || !this.video.paused);
  }

  toggle = () => {
    if (this.video.paused) this.play();
    else this.pause();
  };

  play(): void {
    this.wanted = true;
    if (this.state.obstacle) this.retry();
    else this.start();
  }

  pause(): void {
    this.wanted = false;
    this.video.pause();
    this.tick();
  }

  setRate(rate: number): void {
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
    this.set({ rate });
  }

  setMuted(muted: boolean): void {
    this.video.muted = muted;
    this.set({ muted });
  }

  /** One picture on or back; pauses first. */
  step(direction: 1 | -1): void {
    const shown = this.shown.get();
    if (shown === null || !this.camera) return;
    this.pause();
    this.open(this.camera, (neighbourFrame(this.frames, shown, direction) ?? shown + direction * unknownFrameMs) + 1, false);
  }

  /** To the start of the recording before or after. */
  async skip(direction: 1 | -1): Promise<void> {
    const { list, camera } = this;
    const from = this.state.recording?.start ?? this.shown.get();
    if (!list || !camera || from === null) return;
    try {
      const found = direction > 0 ? await list.after(from, this.ended.signal) : await list.before(from, this.ended.signal);
      if (found && this.camera === camera) this.open(camera, found.start, this.wanted || !this.video.paused);
      else if (direction > 0) this.set({ atNewest: true });
    } catch (error) {
      if (!isAbort(error)) this.obstruct({ kind: 'failed', text: tell(error) });
    }
  }

  private async run(list: RecordingList, at: number, signal: AbortSignal): Promise<void> {
    try {
      await list.load(at, signal);
      const first = firstToPlay(list.items, at, reachMs);
      if (!first) {
        this.obstruct({ kind: 'noFootage', at, before: list.items.findLast((item) => item.end <= at)?.end ?? null, after: list.items.find((item) => item.start > at)?.start ?? null });
        return;
      }

      this.set({ recording: first });
      const codec = this.camera?.codec ?? null;
      if (!mediaSourceClass()) throw new FootageRefused('no MediaSource');
      if (!canDecode(codec)) throw new CannotDecode(codec ?? '');
      await this.film(list, first, Math.max(at, first.start), signal);
    } catch (error) {
      if (!signal.aborted && !isAbort(error)) this.fail(error);
    }
  }

  private async film(list: RecordingList, first: Recording, at: number, signal: AbortSignal): Promise<void> {
    const buffer = await FootageBuffer.open(this.video, at, signal);
    if (!buffer) throw new FootageRefused('no MediaSource');
    this.buffer = buffer;
    this.target = at;
    const loader = new Loader(
      buffer,
      list,
      {
        position: () => this.target ?? buffer.toWall(this.video.currentTime),
        rate: () => this.video.playbackRate,
        moved: (given) => pause(tickMs, given),
        onHead: this.onHead,
        onFrames: (frames) => {
          if (this.frames.length > framesKept) this.frames = this.frames.slice(-framesKept / 2);
          this.frames.push(...frames);
        },
        onNewest: (newest) => {
          this.newest = newest;
        },
      },
      signal,
    );
    await loader.run(first);
  }

  private readonly onHead = (_: Recording, tracks: Track[]) => {
    const picture = tracks.find((track) => track.kind === 'video');
    this.set({
      hasSound: tracks.some((track) => track.kind === 'audio'),
      format: picture ? `${codecName(picture.codec)} · ${picture.width} × ${picture.height}` : null,
    });
  };

  private fail(error: unknown): void {
    if (error instanceof CannotDecode) this.obstruct({ kind: 'codec', codec: codecName(error.codec) });
    else if (error instanceof NewFilmNeeded) this.newFilmAt = error.at;
    else if (error instanceof ApiFailure) this.block(error.code === 'box_offline' ? { kind: 'boxOffline', text: error.message } : { kind: 'failed', text: error.message });
    else if (error instanceof FootageRefused && !mediaSourceClass()) this.obstruct({ kind: 'noMediaSource' });
    else this.block({ kind: 'failed', text: error instanceof TypeError ? 'The connection to the fleet broke while the recording was loading.' : playFault(error) });
  }

  /** Stops now. */
  private obstruct(obstacle: Obstacle): void {
    this.video.pause();
    this.wanted = false;
    this.set({ obstacle, loading: false, atNewest: false, playing: false });
  }

  /** Stops when what is held has been shown. */
  private block(obstacle: Obstacle): void {
    this.blocked = obstacle;
    this.tick();
  }

  private show(at: number): void {
    if (!this.buffer) return;
    this.target = at;
    this.shown.set(at);
    this.tick();
  }

  private start(): void {
    // A browser may refuse to start without a click; the button stays at "play" then.
    this.video.play().catch(() => {
      if (this.video.paused) this.wanted = false;
    });
  }

  private readonly onMediaError = () => {
    if (this.video.error && this.buffer) this.obstruct({ kind: 'failed', text: `The browser stopped decoding this recording (${this.video.error.message || `media error ${this.video.error.code}`}).` });
  };

  /** Brings element and wishes together; cheap, and right to call at any time. */
  private readonly tick = () => {
    const { video, buffer } = this;
    if (!buffer || this.state.obstacle) {
      this.set({ playing: !video.paused });
      return;
    }

    const ranges = buffer.ranges();
    const at = this.target ?? buffer.toWall(video.currentTime);
    if (this.target !== null && holds(ranges, this.target)) {
      const to = buffer.toMedia(this.target);
      this.target = null;
      video.playbackRate = this.state.rate;
      if (Math.abs(video.currentTime - to) > 0.0005) video.currentTime = to;
      if (this.wanted) this.start();
    } else {
      const jump = jumpTarget(ranges, at);
      if (jump !== null) this.jump(buffer, at, jump);
      else if (!holds(ranges, at + 100)) this.runDry(at);
    }

    const starving = video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && (this.wanted || this.target !== null);
    const recording = recordingAt(this.list?.items ?? [], at, reachMs);
    const ours = recording?.camera === this.state.camera;
    this.set({
      playing: !video.paused || (this.wanted && this.target !== null),
      loading: starving && !this.newest,
      atNewest: this.newest && starving,
      ...(ours ? { recording } : {}),
      ...(this.state.skippedMs !== null && Date.now() - this.skippedAt > 2500 ? { skippedMs: null } : {}),
    });
  };

  private jump(buffer: FootageBuffer, at: number, to: number): void {
    this.target = null;
    this.video.currentTime = buffer.toMedia(to) + 0.001;
    if (this.wanted) this.start();
    if (to - at < 1000) return;
    this.skippedAt = Date.now();
    this.set({ skippedMs: to - at });
  }

  private runDry(at: number): void {
    if (this.newFilmAt !== null && this.camera) {
      const begin = this.newFilmAt;
      this.newFilmAt = null;
      this.open(this.camera, begin, this.wanted);
    } else if (this.blocked) this.obstruct(this.blocked);
    else if (this.target !== null && this.newest) {
      // Asked for a little more than was recorded: show the newest picture.
      const end = this.buffer?.ranges().at(-1)?.to;
      if (end !== undefined && end < at) this.target = end - 200;
    }
  }

  private readonly onTime = () => {
    if (!('requestVideoFrameCallback' in this.video)) this.report((this.video as HTMLVideoElement).currentTime);
    this.tick();
  };

  private watchFrames(): void {
    if (!('requestVideoFrameCallback' in this.video)) return;
    const next: VideoFrameRequestCallback = (_, frame) => {
      if (this.ended.signal.aborted) return;
      this.report(frame.mediaTime);
      this.video.requestVideoFrameCallback(next);
    };
    this.video.requestVideoFrameCallback(next);
  }

  private report(mediaTime: number): void {
    if (this.buffer && this.target === null && !this.state.obstacle) this.shown.set(this.buffer.toWall(mediaTime));
  }

  private set(change: Partial<PlayerState>): void {
    const keys = Object.keys(change) as (keyof PlayerState)[];
    if (keys.every((key) => this.state[key] === change[key])) return;
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}

function playFault(error: unknown): string {
  if (error instanceof FootageRefused) return 'The browser could not read this recording. Download it to see it in another player.';
  if (error instanceof Mp4Error || error instanceof RangeError) return `The recording is damaged: ${error.message}. Download it, and check it against its hash.`;
  return tell(error);
}
