import type { Box, Camera, Site } from '../api/types';
import type { FleetView } from './useFleet';

export interface BoxNode {
  box: Box;
  cameras: Camera[];
}

export interface SiteNode {
  site: Site;
  boxes: BoxNode[];
}

const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name, 'en', { numeric: true });

/** Sites with their boxes and cameras, each sorted by name. A box or site that is only referred to gets a stand-in, so that nothing is hidden. */
export function buildTree({ sites, boxes, cameras }: FleetView): SiteNode[] {
  const nodes = new Map<string, SiteNode>(sites.map((site) => [site.site, { site, boxes: [] }]));
  const boxNodes = new Map<string, BoxNode>();
  const siteNode = (site: string) => {
    const found = nodes.get(site) ?? { site: { site, name: site, timeZone: 'UTC', boxes: 0, cameras: 0 }, boxes: [] };
    nodes.set(site, found);
    return found;
  };
  const addBox = (box: Box) => {
    const node: BoxNode = { box, cameras: [] };
    boxNodes.set(box.box, node);
    siteNode(box.site).boxes.push(node);
    return node;
  };
  for (const box of boxes) addBox(box);
  for (const camera of cameras) (boxNodes.get(camera.box) ?? addBox(standIn(camera))).cameras.push(camera);

  const result = [...nodes.values()].sort((a, b) => byName(a.site, b.site));
  for (const { boxes: inside } of result) {
    inside.sort((a, b) => byName(a.box, b.box));
    for (const node of inside) node.cameras.sort(byName);
  }

  return result;
}

function standIn(camera: Camera): Box {
  return {
    box: camera.box,
    site: camera.site,
    name: 'Unknown box',
    version: null,
    shard: null,
    online: camera.boxOnline,
    lastSeenAt: null,
    diskFreeBytes: null,
    diskTotalBytes: null,
    outboxBacklog: null,
    removedAt: null,
  };
}

/** Keeps cameras whose name, slug, box or site contains every word; boxes and sites that are left empty go, unless nothing is asked for. */
export function filterTree(tree: readonly SiteNode[], words: string): SiteNode[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return [...tree];
  const result: SiteNode[] = [];
  for (const { site, boxes } of tree) {
    const kept = boxes
      .map(({ box, cameras }) => ({
        box,
        cameras: cameras.filter((camera) => {
          const said = `${camera.name} ${camera.slug} ${box.name} ${site.name}`.toLowerCase();
          return wanted.every((word) => said.includes(word));
        }),
      }))
      .filter(({ cameras }) => cameras.length > 0);
    if (kept.length > 0) result.push({ site, boxes: kept });
  }

  return result;
}
