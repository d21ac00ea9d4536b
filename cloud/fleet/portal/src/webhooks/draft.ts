import type { Credential, Endpoint, EndpointRequest, EventFilter, WeekWindow } from '../api/webhooks';

/** One filter as the form holds it: texts as typed, empty for everything. */
export interface FilterDraft {
  /** Only for the list of the form. */
  key: number;
  types: string[];
  sites: string[];
  cameras: string[];
  labels: string;
  zones: string;
  minSeverity: string;
  windows: WeekWindow[];
}

export type CredentialKind = 'keep' | 'none' | 'bearer' | 'certificate';

export interface CredentialDraft {
  kind: CredentialKind;
  token: string;
  certificate: string;
  password: string;
}

/** An endpoint as the form holds it. */
export interface EndpointDraft {
  kind: 'https' | 'mail';
  name: string;
  address: string;
  ordered: boolean;
  credential: CredentialDraft;
  filters: FilterDraft[];
}

let keys = 0;

export const newFilter = (): FilterDraft => ({ key: ++keys, types: [], sites: [], cameras: [], labels: '', zones: '', minSeverity: '', windows: [] });

const mail = 'mailto:';

export const isMail = (url: string) => url.toLowerCase().startsWith(mail);

/** The form of an endpoint, or of a new one. */
export function draftOf(endpoint: Endpoint | null): EndpointDraft {
  const credential: CredentialDraft = { kind: endpoint?.credential ? 'keep' : 'none', token: '', certificate: '', password: '' };
  if (!endpoint) return { kind: 'https', name: '', address: '', ordered: false, credential, filters: [newFilter()] };
  return {
    kind: isMail(endpoint.url) ? 'mail' : 'https',
    name: endpoint.name,
    address: isMail(endpoint.url) ? endpoint.url.slice(mail.length) : endpoint.url,
    ordered: endpoint.ordered,
    credential,
    filters: endpoint.subscriptions.map((filter) => ({
      key: ++keys,
      types: filter.types ?? [],
      sites: filter.sites ?? [],
      cameras: filter.cameras ?? [],
      labels: (filter.labels ?? []).join(', '),
      zones: (filter.zones ?? []).join(', '),
      minSeverity: filter.minSeverity ?? '',
      windows: filter.schedule?.windows ?? [],
    })),
  };
}

/** What the fleet is asked to keep. */
export function requestOf(draft: EndpointDraft, enabled: boolean): EndpointRequest {
  const address = draft.address.trim();
  const credential = credentialOf(draft);
  return {
    name: draft.name.trim(),
    url: draft.kind === 'mail' ? mail + address : address,
    ordered: draft.ordered,
    enabled,
    subscriptions: draft.filters.map(filterOf),
    ...(credential && { credential }),
  };
}

/** The same endpoint, switched on or off; what it is shown stays. */
export function switched(endpoint: Endpoint, enabled: boolean): EndpointRequest {
  const request = requestOf(draftOf(endpoint), enabled);
  delete request.credential;
  return request;
}

function credentialOf({ kind, credential }: EndpointDraft): Credential | null {
  if (kind === 'mail') return { kind: 'none' };
  switch (credential.kind) {
    case 'keep':
      return null;
    case 'none':
      return { kind: 'none' };
    case 'bearer':
      return { kind: 'bearer', token: credential.token.trim() };
    case 'certificate':
      return { kind: 'certificate', certificate: credential.certificate, ...(credential.password !== '' && { password: credential.password }) };
  }
}

function filterOf(draft: FilterDraft): Partial<EventFilter> {
  const labels = words(draft.labels);
  const zones = words(draft.zones);
  return {
    ...(draft.types.length > 0 && { types: draft.types }),
    ...(draft.sites.length > 0 && { sites: draft.sites }),
    ...(draft.cameras.length > 0 && { cameras: draft.cameras }),
    ...(labels.length > 0 && { labels }),
    ...(zones.length > 0 && { zones }),
    ...(draft.minSeverity !== '' && { minSeverity: draft.minSeverity }),
    ...(draft.windows.length > 0 && { schedule: { windows: draft.windows } }),
  };
}

/** The parts of a text between commas, without what is empty. */
export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
