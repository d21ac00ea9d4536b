interface MediaSourceClass {
  new (): MediaSource;
  isTypeSupported(type: string): boolean;
}

/** The browser's way to be fed with footage; iPhones have only the managed one. Null where there is neither. */
export function mediaSourceClass(): MediaSourceClass | null {
  const scope = globalThis as { MediaSource?: MediaSourceClass; ManagedMediaSource?: MediaSourceClass };
  return scope.ManagedMediaSource ?? scope.MediaSource ?? null;
}

export const mimeOf = (codecs: readonly string[]) => `video/mp4; codecs="${codecs.join(',')}"`;

const plain: Record<string, string> = {
  h264: 'avc1.640028',
  avc: 'avc1.640028',
  avc1: 'avc1.640028',
  h265: 'hvc1.1.6.L120.90',
  hevc: 'hvc1.1.6.L120.90',
  hvc1: 'hvc1.1.6.L120.90',
  hev1: 'hev1.1.6.L120.90',
};

/** The RFC 6381 name for what the fleet knows of a camera, which may be as short as "h265". */
export function fullCodec(codec: string): string {
  return plain[codec.toLowerCase().replace('.', '')] ?? codec;
}

/** What people call a codec. */
export function codecName(codec: string): string {
  const name = fullCodec(codec);
  if (name.startsWith('avc')) return 'H.264';
  if (/^(hvc1|hev1)/.test(name)) return 'H.265';
  if (name.startsWith('av01')) return 'AV1';
  if (name.startsWith('mp4a')) return 'AAC';
  if (name === 'flac') return 'FLAC';
  return codec;
}

/** Whether the browser decodes this; unknown (null) codecs are worth a try. */
export function canDecode(codec: string | null): boolean {
  if (codec === null) return true;
  const source = mediaSourceClass();
  return source?.isTypeSupported(mimeOf([fullCodec(codec)])) ?? false;
}
