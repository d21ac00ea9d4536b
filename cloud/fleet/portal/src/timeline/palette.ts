/** Colours of the canvas rows, taken from the style sheet, which knows the theme. */
export interface Palette {
  footage: string;
  active: string;
  grid: string;
  day: string;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const value = (name: string) => style.getPropertyValue(name).trim();
  return { footage: value('--footage'), active: value('--footage-active'), grid: value('--line'), day: value('--line-strong') };
}
