import { ApiFailure, failureOf, isAbort } from './failure';
import type { Shape } from './shape';

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** Sends one call with the session cookie, and gives the answer as it came. Throws {@link ApiFailure}; an abort passes through. */
export async function send(path: string, { method = 'GET', body, signal }: CallOptions = {}): Promise<Response> {
  const headers = new Headers({ Accept: 'application/json' });
  // A header that no form of another site can send: the fleet refuses a change without it.
  if (method !== 'GET') headers.set('X-Heldar-Csrf', '1');
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: signal ?? null,
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiFailure('The fleet cannot be reached. Check your connection; this page tries again by itself.', 'unreachable', 0);
  }

  if (!response.ok) throw failureOf(response.status, await readJson(response));
  return response;
}

/** One call whose answer must have the given shape. */
export async function call<T>(path: string, shape: Shape<T>, options: CallOptions = {}): Promise<T> {
  const response = await send(path, options);
  const body = await readJson(response);
  if (body === undefined) throw new ApiFailure('The fleet sent an empty or broken answer. Try again in a moment.', 'unavailable', response.status);
  return shape(body, '$');
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (isAbort(error)) throw error;
    return undefined;
  }
}
