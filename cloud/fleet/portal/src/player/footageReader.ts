import { ApiFailure, failureOf, isAbort } from '../api/failure';
import type { Recording } from '../api/types';
import { BoxCutter } from './boxes';
import { readFragment } from './fragment';
import { readTracks, type Track } from './tracks';

export interface HeadPiece {
  kind: 'head';
  tracks: Track[];
  bytes: Uint8Array<ArrayBuffer>;
}

export interface FragmentPiece {
  kind: 'fragment';
  /** File time of each picture, seconds. */
  frames: number[];
  bytes: Uint8Array<ArrayBuffer>;
}

export type Piece = HeadPiece | FragmentPiece;

const pausesMs = [500, 1500, 4000];

/** Reads one recording in pieces that can be shown, and goes on where it stopped: after a break of the network, and while the recording still grows. */
export class FootageReader {
  private readonly recording: Recording;
  private readonly cutter = new BoxCutter();
  private received = 0;
  private fileType: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private moof: { bytes: Uint8Array<ArrayBuffer>; frames: number[] } | null = null;
  private video: Track | null = null;
  private readonly waiting: Piece[] = [];

  constructor(recording: Recording) {
    this.recording = recording;
  }

  /** The pieces that the box has and that were not read before. Ends at the end of what there is. Throws {@link ApiFailure} or Mp4Error. */
  async *read(signal: AbortSignal): AsyncGenerator<Piece, void, undefined> {
    for (let attempt = 0; ; attempt++) {
      try {
        yield* this.readOnce(signal);
        return;
      } catch (error) {
        const pause = pausesMs[attempt];
        if (isAbort(error) || signal.aborted || pause === undefined || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  private async *readOnce(signal: AbortSignal): AsyncGenerator<Piece, void, undefined> {
    const abort = new AbortController();
    const stop = () => abort.abort();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const headers = this.received > 0 ? { Range: `bytes=${this.received}-` } : undefined;
      const response = await fetch(this.recording.playUrl, { headers: headers ?? {}, credentials: 'same-origin', cache: 'no-store', signal: abort.signal });
      if (response.status === 416 && this.received > 0) return;
      if (!response.ok || !response.body) throw await refusal(response);
      // A server that ignores the range sends everything again.
      let skip = response.status === 200 ? this.received : 0;
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const chunk = value.subarray(Math.min(skip, value.length));
        skip -= value.length - chunk.length;
        this.received += chunk.length;
        yield* this.pieces(chunk);
      }
    } finally {
      // Also when the consumer stops in the middle: the rest is asked for later, by range.
      abort.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  private *pieces(chunk: Uint8Array): Generator<Piece, void, undefined> {
    // Taken before any is handed on, so that a consumer that stops early loses none of them.
    const ready: Piece[] = [];
    for (const box of this.cutter.push(chunk)) {
      if (box.type === 'ftyp') this.fileType = box.bytes;
      else if (box.type === 'moov') {
        const tracks = readTracks(box.content);
        this.video = tracks.find((track) => track.kind === 'video') ?? null;
        ready.push({ kind: 'head', tracks, bytes: join(this.fileType, box.bytes) });
      } else if (box.type === 'moof' && this.video) {
        this.moof = { bytes: box.bytes, frames: readFragment(box.content, this.video)?.frames ?? [] };
      } else if (box.type === 'mdat' && this.moof) {
        ready.push({ kind: 'fragment', frames: this.moof.frames, bytes: join(this.moof.bytes, box.bytes) });
        this.moof = null;
      }
    }

    this.waiting.push(...ready);
    for (let piece = this.waiting.shift(); piece; piece = this.waiting.shift()) yield piece;
  }

}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}

async function refusal(response: Response): Promise<ApiFailure> {
  try {
    return failureOf(response.status, await response.json());
  } catch {
    return failureOf(response.status, null);
  }
}

/** Worth another try: the network broke, or the fleet was busy. A box that is offline stays so for a while. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApiFailure) return error.code !== 'box_offline' && (error.status === 429 || error.status >= 500);
  return error instanceof TypeError;
}
