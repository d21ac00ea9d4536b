import { ShapeError } from './shape';

/** A call to the fleet that did not succeed: text for people and the stable word that programs read. */
export class ApiFailure extends Error {
  readonly code: string;
  /** HTTP status; 0 when no answer came. */
  readonly status: number;

  constructor(message: string, code: string, status: number) {
    super(message);
    this.name = 'ApiFailure';
    this.code = code;
    this.status = status;
  }

  /** True when nobody is signed in any more. */
  get signedOut(): boolean {
    return this.status === 401;
  }
}

const advice: Record<string, string> = {
  forbidden: 'Your account may not do this. Ask an administrator of your fleet.',
  too_many: 'Too many tries in a short time. Wait a minute, then try again.',
  box_offline: 'The box is offline. Its recordings stay on its disk and play again when it is back.',
  unavailable: 'The fleet cannot answer right now. Try again in a moment.',
  token_expired: 'The token has expired. Make a new one.',
};

/** Reads the error body of an answer; what it does not understand becomes a plain sentence with the status. */
export function failureOf(status: number, body: unknown): ApiFailure {
  if (typeof body === 'object' && body !== null) {
    const { error, code } = body as { error?: unknown; code?: unknown };
    if (typeof code === 'string') {
      const said = typeof error === 'string' && error.trim() !== '' ? sentence(error) : null;
      return new ApiFailure(said ?? advice[code] ?? `The fleet refused this (${code}).`, code, status);
    }
  }

  const code = status === 401 ? 'unauthenticated' : status >= 500 ? 'unavailable' : 'bad_request';
  return new ApiFailure(advice[code] ?? `The fleet answered ${status}. Reload the page and try again.`, code, status);
}

/** Text for people, whatever was thrown. */
export function tell(error: unknown): string {
  if (error instanceof ApiFailure) return error.message;
  if (error instanceof ShapeError) return `The fleet answered in a form that this page does not know (${error.message}). Reload the page to get the version that fits.`;
  return 'Something unexpected happened in this page. Reload it, and try again.';
}

/** True when a call was given up on purpose. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

function sentence(said: string): string {
  const trimmed = said.trim();
  const head = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(head) ? head : `${head}.`;
}
