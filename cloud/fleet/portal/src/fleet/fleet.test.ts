import { describe, expect, it } from 'vitest';
import type { Box, Camera, Site } from '../api/types';
import { boxPresence, conditionDetail, conditionOf, diskUse } from './condition';
import { buildTree, filterTree } from './tree';

const camera = (name: string, box: string, more: Partial<Camera> = {}): Camera => ({
  camera: `uid-${name}`, box, site: 's', slug: name.toLowerCase().replace(' ', '-'), name, enabled: true, codec: null, width: null, height: null,
  condition: 'recording', cause: null, since: null, recordedThrough: null, boxOnline: true, ...more,
});
const box = (id: string, name: string): Box => ({ box: id, site: 's', name, version: null, shard: null, online: true, lastSeenAt: null, diskFreeBytes: null, diskTotalBytes: null, outboxBacklog: null, removedAt: null });
const site: Site = { site: 's', name: 'Depot', timeZone: 'Europe/Berlin', boxes: 1, cameras: 3 };

describe('buildTree', () => {
  it('sorts by name with numbers as numbers', () => {
    const tree = buildTree({ sites: [site], boxes: [box('b', 'North')], cameras: [camera('Gate 10', 'b'), camera('Gate 2', 'b')] });
    expect(tree[0]?.boxes[0]?.cameras.map((c) => c.name)).toEqual(['Gate 2', 'Gate 10']);
  });

  it('hides nothing that refers to what is not listed', () => {
    const tree = buildTree({ sites: [], boxes: [], cameras: [camera('Gate', 'gone')] });
    expect(tree[0]?.site.name).toBe('s');
    expect(tree[0]?.boxes[0]?.box.name).toBe('Unknown box');
  });
});

describe('filterTree', () => {
  const tree = buildTree({ sites: [site], boxes: [box('a', 'North'), box('b', 'South')], cameras: [camera('Gate', 'a'), camera('Yard', 'b')] });
  const names = (words: string) => filterTree(tree, words).flatMap((s) => s.boxes.flatMap((b) => b.cameras.map((c) => c.name)));

  it('wants every word, anywhere', () => {
    expect(names('north gate')).toEqual(['Gate']);
    expect(names('DEPOT')).toEqual(['Gate', 'Yard']);
    expect(names('north yard')).toEqual([]);
    expect(names('  ')).toEqual(['Gate', 'Yard']);
  });
});

describe('conditionOf', () => {
  it('claims nothing about a camera whose box is away', () => {
    expect(conditionOf(camera('a', 'b', { boxOnline: false })).tone).toBe('idle');
    expect(conditionOf(camera('a', 'b')).label).toBe('Recording');
    expect(conditionOf(camera('a', 'b', { condition: 'authFailed' })).tone).toBe('bad');
    expect(conditionOf(camera('a', 'b', { enabled: false })).label).toBe('Off');
    expect(conditionOf(camera('a', 'b', { condition: 'somethingNew' })).label).toBe('somethingNew');
    expect(conditionOf(camera('a', 'b', { condition: null })).tone).toBe('idle');
  });

  it('tells cause and since when', () => {
    const now = Date.UTC(2026, 10, 21, 12);
    const broken = camera('a', 'b', { condition: 'offline', cause: 'no answer', since: now - 3_600_000 });
    expect(conditionDetail(broken, 'Europe/Berlin', now)).toBe('no answer · since 12:00');
  });
});

describe('box facts', () => {
  it('knows the disk only when it was reported', () => {
    expect(diskUse({ diskFreeBytes: 25, diskTotalBytes: 100 })).toBe(0.75);
    expect(diskUse({ diskFreeBytes: null, diskTotalBytes: 100 })).toBeNull();
    expect(diskUse({ diskFreeBytes: 1, diskTotalBytes: 0 })).toBeNull();
  });

  it('says how present a box is', () => {
    expect(boxPresence({ online: false, lastSeenAt: null, removedAt: null }, 0)).toBe('Never seen');
    expect(boxPresence({ online: false, lastSeenAt: 0, removedAt: null }, 240_000)).toBe('Offline, last seen 4 min ago');
    expect(boxPresence({ online: false, lastSeenAt: 0, removedAt: 1 }, 240_000)).toBe('Removed');
  });
});
