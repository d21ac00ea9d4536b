import { mediaSourceClass } from './codecs';

/** A stretch of footage that can be shown without asking the box, ms since 1970 UTC. */
export interface Buffered {
  from: number;
  to: number;
}

/** The browser holds no more footage: drop some, then try again. */
export class BufferFull extends Error {}

/** The browser refused the footage itself. */
export class FootageRefused extends Error {}

/** Media time of the base; leaves room to go back without starting anew. */
const roomBackSeconds = 6 * 3600;
const lengthSeconds = 4 * roomBackSeconds;

/**
 * Footage of one camera inside a video element, on a time axis that follows the wall clock: media time = wall time − base.
 * Recordings that follow each other are one film, and a gap between them is a gap. Used by one loader at a time.
 */
export class FootageBuffer {
  private readonly media: MediaSource;
  private readonly baseMs: number;
  private readonly url: string;
  private source: SourceBuffer | null = null;
  private mime = '';

  private constructor(media: MediaSource, url: string, baseMs: number) {
    this.media = media;
    this.url = url;
    this.baseMs = baseMs;
  }

  /** Gives the video element a new empty film around a moment. Null where the browser cannot be fed. */
  static async open(video: HTMLVideoElement, around: number, signal: AbortSignal): Promise<FootageBuffer | null> {
    const type = mediaSourceClass();
    if (!type) return null;
    const media = new type();
    const url = URL.createObjectURL(media);
    const opened = new Promise<void>((resolve, reject) => {
      media.addEventListener('sourceopen', () => resolve(), { once: true });
      signal.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')), { once: true });
    });
    video.disableRemotePlayback = true;
    video.src = url;
    try {
      await opened;
      media.duration = lengthSeconds;
    } catch (error) {
      URL.revokeObjectURL(url);
      throw error;
    }

    return new FootageBuffer(media, url, Math.floor(around / 1000) * 1000 - roomBackSeconds * 1000);
  }

  toMedia(at: number): number {
    return (at - this.baseMs) / 1000;
  }

  toWall(mediaSeconds: number): number {
    return this.baseMs + mediaSeconds * 1000;
  }

  /** Makes ready for tracks of this type. Throws {@link FootageRefused} where the browser does not know it. */
  prepare(mime: string): void {
    if (mime === this.mime) return;
    try {
      if (this.source) this.source.changeType(mime);
      else this.source = this.media.addSourceBuffer(mime);
    } catch (error) {
      throw new FootageRefused(mime, { cause: error });
    }

    this.mime = mime;
  }

  /** From now on, file time 0 means this moment. */
  setOrigin(at: number): void {
    if (this.source) this.source.timestampOffset = this.toMedia(at);
  }

  /** Adds bytes; resolves when they are part of the film. */
  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const source = this.source;
    if (!source || this.media.readyState !== 'open') throw new FootageRefused('the film is closed');
    await this.change(source, () => source.appendBuffer(bytes));
  }

  /** Forgets footage before a moment. */
  async dropBefore(at: number): Promise<void> {
    const source = this.source;
    const end = this.toMedia(at);
    if (!source || this.media.readyState !== 'open' || source.buffered.length === 0 || source.buffered.start(0) >= end) return;
    await this.change(source, () => source.remove(0, end));
  }

  ranges(): Buffered[] {
    const result: Buffered[] = [];
    if (!this.source || this.media.readyState === 'closed') return result;
    const { buffered } = this.source;
    for (let i = 0; i < buffered.length; i++) result.push({ from: this.toWall(buffered.start(i)), to: this.toWall(buffered.end(i)) });
    return result;
  }

  close(): void {
    URL.revokeObjectURL(this.url);
  }

  private async change(source: SourceBuffer, start: () => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (refused: boolean) => {
        source.removeEventListener('updateend', done);
        source.removeEventListener('error', failed);
        if (refused) reject(new FootageRefused('the browser could not read the footage'));
        else resolve();
      };
      const done = () => settle(false);
      const failed = () => settle(true);
      source.addEventListener('updateend', done);
      source.addEventListener('error', failed);
      try {
        start();
      } catch (error) {
        source.removeEventListener('updateend', done);
        source.removeEventListener('error', failed);
        const full = error instanceof DOMException && error.name === 'QuotaExceededError';
        reject(full ? new BufferFull() : new FootageRefused('the browser closed the film', { cause: error }));
      }
    });
  }
}
