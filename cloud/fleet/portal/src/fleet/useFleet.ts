import { readBoxes, readCameras, readSites } from '../api/fleet';
import type { Box, Camera, Site } from '../api/types';
import { usePolling } from '../polling/usePolling';

/** Everything that the screens know about sites, boxes and cameras at one moment. */
export interface FleetView {
  sites: Site[];
  boxes: Box[];
  cameras: Camera[];
}

const everyMs = 3000;

async function readFleet(signal: AbortSignal): Promise<FleetView> {
  const [sites, boxes, cameras] = await Promise.all([readSites(signal), readBoxes(signal), readCameras(signal)]);
  return { sites, boxes, cameras };
}

/** Reads the fleet every few seconds while the page is visible. */
export function useFleet() {
  return usePolling(readFleet, everyMs);
}
