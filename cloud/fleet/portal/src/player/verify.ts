/** Whether the browser may hash: only pages that came over https or from this computer may. */
export const canVerify = () => typeof globalThis.crypto !== 'undefined' && 'subtle' in globalThis.crypto;

/** Lower-case hex SHA-256 of a whole recording as the box sends it now. */
export async function hashOf(playUrl: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(playUrl, { credentials: 'same-origin', cache: 'no-store', signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
