import type { Recording } from '../api/types';
import { mediaSourceClass, mimeOf } from './codecs';
import { BufferFull, type FootageBuffer } from './footageBuffer';
import { FootageReader, type Piece } from './footageReader';
import { heldAfter } from './ranges';
import type { RecordingList } from './recordingList';
import type { Track } from './tracks';

/** Footage to hold ahead of the picture, in seconds of film at normal speed; between the two nothing is read. */
const enoughAheadMs = 20_000;
const plentyAheadMs = 45_000;
const keepBehindMs = 25_000;
const newestPauseMs = 1000;

/** The browser does not decode this recording. */
export class CannotDecode extends Error {
  readonly codec: string;

  constructor(codec: string) {
    super(`cannot decode ${codec}`);
    this.codec = codec;
  }
}

/** The next recording has other tracks than the film so far: a new film must begin at this moment. */
export class NewFilmNeeded extends Error {
  readonly at: number;

  constructor(at: number) {
    super('the next recording needs a film of its own');
    this.at = at;
  }
}

export interface LoaderHost {
  /** Where the picture is, ms since 1970 UTC. */
  position: () => number;
  rate: () => number;
  /** Resolves when the position or rate may have changed. */
  moved: (signal: AbortSignal) => Promise<void>;
  onHead: (recording: Recording, tracks: Track[]) => void;
  onFrames: (framesMs: number[]) => void;
  /** There is no newer footage at the moment. */
  onNewest: (atNewest: boolean) => void;
}

/** Fills a film with one recording after the other, a little ahead of the picture, until it is aborted. */
export class Loader {
  private readonly buffer: FootageBuffer;
  private readonly list: RecordingList;
  private readonly host: LoaderHost;
  private readonly signal: AbortSignal;
  private layout = '';
  private originMs = 0;

  constructor(buffer: FootageBuffer, list: RecordingList, host: LoaderHost, signal: AbortSignal) {
    this.buffer = buffer;
    this.list = list;
    this.host = host;
    this.signal = signal;
  }

  /** Runs from a recording on; ends only by an error or an abort. */
  async run(first: Recording): Promise<never> {
    for (let recording = first; ; ) {
      await this.load(recording);
      recording = await this.next(recording);
    }
  }

  /** Waits for the recording that follows; a camera that records has one soon. */
  private async next(recording: Recording): Promise<Recording> {
    for (;;) {
      const next = await this.list.after(recording.start, this.signal);
      this.host.onNewest(next === null);
      if (next) {
        await this.room(enoughAheadMs);
        return next;
      }

      await pause(newestPauseMs * 2, this.signal);
    }
  }

  /** Puts one recording into the film; stays with one that still grows until it is closed. */
  private async load(recording: Recording): Promise<void> {
    const reader = new FootageReader(recording);
    const film = { started: false };
    let closed = !recording.open;
    for (;;) {
      await this.readOn(reader, recording, film);
      if (closed) return;
      this.host.onNewest(true);
      await pause(newestPauseMs, this.signal);
      await this.list.after(recording.start - 1, this.signal);
      const current = this.list.items.find((item) => item.start === recording.start);
      // One more round after the end became known, for what was written since.
      closed = !current?.open;
    }
  }

  private async readOn(reader: FootageReader, recording: Recording, film: { started: boolean }): Promise<void> {
    for (let stopped = true; stopped; ) {
      stopped = false;
      for await (const piece of reader.read(this.signal)) {
        await this.add(piece, recording, film);
        if (heldAfter(this.buffer.ranges(), this.host.position()) > plentyAheadMs * Math.max(1, this.host.rate())) {
          stopped = true;
          break;
        }
      }

      if (stopped) await this.room(enoughAheadMs);
    }
  }

  private async add(piece: Piece, recording: Recording, film: { started: boolean; head?: Uint8Array<ArrayBuffer> }): Promise<void> {
    if (piece.kind === 'head') {
      this.accept(piece.tracks, recording);
      film.head = piece.bytes;
      return;
    }

    const firstFrame = piece.frames[0];
    if (!film.started && film.head && firstFrame !== undefined) {
      // The first picture of a recording shows at its start.
      this.buffer.setOrigin(recording.start - firstFrame * 1000);
      this.originMs = recording.start - firstFrame * 1000;
      await this.append(film.head);
      film.started = true;
    }

    if (!film.started) return;
    this.host.onFrames(piece.frames.map((frame) => this.originMs + frame * 1000));
    await this.append(piece.bytes);
    this.host.onNewest(false);
  }

  private accept(tracks: Track[], recording: Recording): void {
    const type = mediaSourceClass();
    const unknown = tracks.find((track) => type?.isTypeSupported(mimeOf([track.codec])) !== true);
    if (unknown) throw new CannotDecode(unknown.codec);
    const layout = tracks.map((track) => `${track.kind} ${track.id}`).join(',');
    if (this.layout !== '' && this.layout !== layout) throw new NewFilmNeeded(recording.start);
    this.layout = layout;
    this.buffer.prepare(mimeOf(tracks.map((track) => track.codec)));
    this.host.onHead(recording, tracks);
  }

  /** Adds bytes; where the browser is full, forgets what was shown and waits until there is room. */
  private async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    for (;;) {
      try {
        await this.buffer.append(bytes);
        return;
      } catch (error) {
        if (!(error instanceof BufferFull)) throw error;
        await this.buffer.dropBefore(this.host.position() - 5000);
        await this.host.moved(this.signal);
      }
    }
  }

  /** Waits until less than this is held ahead of the picture. */
  private async room(ms: number): Promise<void> {
    while (heldAfter(this.buffer.ranges(), this.host.position()) > ms * Math.max(1, this.host.rate())) {
      await this.buffer.dropBefore(this.host.position() - keepBehindMs);
      await this.host.moved(this.signal);
    }
  }
}

/** Waits; throws the abort at once when it comes. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', given);
      resolve();
    }, ms);
    const given = () => {
      clearTimeout(timer);
      reject(new DOMException('given up', 'AbortError'));
    };
    if (signal.aborted) given();
    else signal.addEventListener('abort', given, { once: true });
  });
}
