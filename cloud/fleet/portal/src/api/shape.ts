/** Checks that a JSON value has the form that the portal relies on, and gives it its type. Throws {@link ShapeError} with the place otherwise. */
export type Shape<T> = (value: unknown, path: string) => T;

/** What a shape describes. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** An answer that is not what the API promises. The message names the field, for example `$.items[3].start`. */
export class ShapeError extends Error {
  constructor(path: string, wanted: string, value: unknown) {
    super(`${path}: expected ${wanted}, got ${describe(value)}`);
    this.name = 'ShapeError';
  }
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `"${value.length > 40 ? `${value.slice(0, 40)}…` : value}"`;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}

export const text: Shape<string> = (value, path) => {
  if (typeof value !== 'string') throw new ShapeError(path, 'text', value);
  return value;
};

export const flag: Shape<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw new ShapeError(path, 'true or false', value);
  return value;
};

export const count: Shape<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new ShapeError(path, 'a number', value);
  return value;
};

const rfc3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/** An RFC 3339 time as milliseconds since 1970 UTC; digits below the millisecond are kept as a fraction. */
export const instant: Shape<number> = (value, path) => {
  const match = typeof value === 'string' ? rfc3339.exec(value) : null;
  const seconds = match ? Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`) : Number.NaN;
  if (Number.isNaN(seconds)) throw new ShapeError(path, 'a time such as 2026-11-21T04:37:00Z', value);
  return seconds + Number(match?.[2] ?? 0) * 1000;
};

/** A path on this very origin, never an address elsewhere. */
export const ownPath: Shape<string> = (value, path) => {
  if (typeof value !== 'string' || !/^\/(?![/\\])/.test(value)) throw new ShapeError(path, 'a path on this server', value);
  return value;
};

/** The API leaves empty fields out: missing and null are the same. */
export const maybe =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value, path) =>
    value === undefined || value === null ? null : shape(value, path);

export const list =
  <T>(shape: Shape<T>): Shape<T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(path, 'a list', value);
    return value.map((item, index) => shape(item, `${path}[${index}]`));
  };

export const pair =
  <A, B>(first: Shape<A>, second: Shape<B>): Shape<[A, B]> =>
  (value, path) => {
    if (!Array.isArray(value) || value.length !== 2) throw new ShapeError(path, 'a pair', value);
    return [first(value[0], `${path}[0]`), second(value[1], `${path}[1]`)];
  };

/** Fields that are not named are ignored, so that a newer fleet may add some. */
export const fields =
  <T extends object>(shapes: { [K in keyof T]: Shape<T[K]> }): Shape<T> =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(path, 'an object', value);
    const source = value as Record<string, unknown>;
    const result: Partial<T> = {};
    for (const key of Object.keys(shapes) as (keyof T & string)[]) result[key] = shapes[key](source[key], `${path}.${key}`);
    return result as T;
  };
