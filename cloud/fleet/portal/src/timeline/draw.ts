import type { Palette } from './palette';
import { bars, type Span } from './spans';
import type { Tick } from './ticks';
import { xAt, type View } from './view';

export interface RowPicture {
  spans: readonly Span[];
  ticks: readonly Tick[];
  view: View;
  width: number;
  height: number;
  active: boolean;
  palette: Palette;
}

const barInset = 7;
const cornerRadius = 3;

/** Draws one camera's row. At most one rectangle per two pixels, whatever the footage. */
export function drawRow(canvas: HTMLCanvasElement, row: RowPicture): void {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [Math.round(row.width * scale), Math.round(row.height * scale)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, row.width, row.height);
  for (const tick of row.ticks) {
    context.fillStyle = tick.newDay ? row.palette.day : row.palette.grid;
    context.fillRect(Math.round(xAt(row.view, tick.at, row.width)), 0, 1, row.height);
  }

  context.fillStyle = row.active ? row.palette.active : row.palette.footage;
  for (const bar of bars(row.spans, row.view, row.width)) {
    context.beginPath();
    context.roundRect(bar.x, barInset, bar.width, row.height - 2 * barInset, Math.min(cornerRadius, bar.width / 2));
    context.fill();
  }
}
