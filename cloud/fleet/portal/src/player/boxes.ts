/** One MP4 box: its type and where its content lies in `data`. */
export interface Mp4Box {
  type: string;
  data: DataView;
}

/** Bytes that are not the MP4 that a box records. */
export class Mp4Error extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Mp4Error';
  }
}

const headerBytes = 8;

export const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const typeAt = (view: DataView, offset: number) =>
  String.fromCharCode(view.getUint8(offset), view.getUint8(offset + 1), view.getUint8(offset + 2), view.getUint8(offset + 3));

/** Size and header length of the box at `offset`; null when the header is not all there. */
function header(view: DataView, offset: number): { size: number; head: number; type: string } | null {
  if (view.byteLength - offset < headerBytes) return null;
  const type = typeAt(view, offset + 4);
  const size = view.getUint32(offset);
  if (size !== 1) return { size, head: headerBytes, type };
  if (view.byteLength - offset < 16) return null;
  return { size: view.getUint32(offset + 8) * 2 ** 32 + view.getUint32(offset + 12), head: 16, type };
}

/** The boxes inside another box's content. Throws {@link Mp4Error} when one does not fit. */
export function children(view: DataView, from = 0): Mp4Box[] {
  const result: Mp4Box[] = [];
  for (let offset = from; offset < view.byteLength; ) {
    const box = header(view, offset);
    if (!box || box.size < box.head || offset + box.size > view.byteLength) throw new Mp4Error('a box inside the recording has a wrong length');
    result.push({ type: box.type, data: new DataView(view.buffer, view.byteOffset + offset + box.head, box.size - box.head) });
    offset += box.size;
  }

  return result;
}

/** The content found by walking down one box of each type. */
export function descend(boxes: readonly Mp4Box[], ...types: string[]): DataView | null {
  let level = boxes;
  let found: Mp4Box | undefined;
  for (const type of types) {
    if (found) level = children(found.data);
    found = level.find((box) => box.type === type);
    if (!found) return null;
  }

  return found?.data ?? null;
}

/** A whole box of the file's top level, header included. */
export interface TopBox {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
  content: DataView;
}

/** Cuts a byte stream that arrives in pieces into the boxes of the file's top level. Holds at most one unfinished box. */
export class BoxCutter {
  private rest: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private readonly maxBoxBytes: number;

  constructor(maxBoxBytes = 64 * 1024 * 1024) {
    this.maxBoxBytes = maxBoxBytes;
  }

  /** Adds bytes and gives the boxes that are complete now. Throws {@link Mp4Error} for a length that cannot be. */
  push(chunk: Uint8Array): TopBox[] {
    const joined = new Uint8Array(this.rest.length + chunk.length);
    joined.set(this.rest);
    joined.set(chunk, this.rest.length);
    const view = viewOf(joined);
    const result: TopBox[] = [];
    let offset = 0;
    for (;;) {
      const box = header(view, offset);
      if (!box) break;
      if (box.size < box.head || box.size > this.maxBoxBytes) throw new Mp4Error(`the recording has a box of ${box.size} bytes where none can be`);
      if (offset + box.size > joined.length) break;
      result.push({
        type: box.type,
        bytes: joined.subarray(offset, offset + box.size),
        content: new DataView(joined.buffer, offset + box.head, box.size - box.head),
      });
      offset += box.size;
    }

    this.rest = joined.slice(offset);
    return result;
  }
}
