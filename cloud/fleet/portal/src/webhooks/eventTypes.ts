/** Event types that can be wanted, in the order of the form, with what people call them. */
export const eventTypes: readonly (readonly [type: string, name: string])[] = [
  ['heldar.zone.v1', 'Zone crossed or entered'],
  ['heldar.detection.v1', 'Detection'],
  ['heldar.gap.v1', 'Gap in footage'],
  ['heldar.camera.state.v1', 'Camera state'],
  ['heldar.box.status.v1', 'Box status'],
  ['heldar.box.described.v1', 'Box started'],
  ['heldar.snapshot.taken.v1', 'Snapshot'],
  ['heldar.segment.closed.v1', 'Recording closed'],
  ['heldar.segment.revised.v1', 'Recording revised'],
  ['heldar.footage.deleted.v1', 'Footage deleted'],
  ['heldar.hold.applied.v1', 'Hold applied'],
  ['heldar.hold.released.v1', 'Hold released'],
  ['heldar.webhook.disabled.v1', 'Webhook disabled'],
];

const names = new Map(eventTypes);

/** What people call an event type; the type itself when nobody named it. */
export function typeName(type: string): string {
  return type === 'heldar.webhook.test.v1' ? 'Test' : (names.get(type) ?? type);
}
