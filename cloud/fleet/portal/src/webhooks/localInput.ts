const two = (value: number) => String(value).padStart(2, '0');

/** A moment as an input of type datetime-local takes it, in the zone of this browser: `2026-11-21T14:03`. */
export function localInput(at: number): string {
  const local = new Date(at);
  return `${local.getFullYear()}-${two(local.getMonth() + 1)}-${two(local.getDate())}T${two(local.getHours())}:${two(local.getMinutes())}`;
}
