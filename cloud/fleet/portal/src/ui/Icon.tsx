const paths = {
  play: 'M8 5.5v13l10.5-6.5z',
  pause: 'M8 5.5v13M16 5.5v13',
  back10: 'M4.5 12a7.5 7.5 0 1 0 2.6-5.7M4 4v4h4',
  forward10: 'M19.5 12a7.5 7.5 0 1 1-2.6-5.7M20 4v4h-4',
  previous: 'M7 6v12M18 6.5v11L9.5 12z',
  next: 'M17 6v12M6 6.5v11l8.5-5.5z',
  stepBack: 'M15 6l-6 6 6 6M6 6v12',
  stepForward: 'M9 6l6 6-6 6M18 6v12',
  download: 'M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 19.5h14',
  warning: 'M12 9v4.5M12 16.6v.2M12 4l9 15.5H3z',
  offline: 'M4 4l16 16M9.2 14.8a4 4 0 0 1 5.6 0M6.3 11.9a8 8 0 0 1 3-1.9M17.7 11.9a8 8 0 0 0-4-2.2M3.4 9a12 12 0 0 1 3.3-2.2M20.6 9a12 12 0 0 0-9.3-3.4M12 18.4v.1',
  camera: 'M4 8.5a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM16 11l4-2.5v7L16 13',
  film: 'M5 4.5h14v15H5zM8.5 4.5v15M15.5 4.5v15M5 9h3.5M5 14.5h3.5M15.5 9H19M15.5 14.5H19',
  box: 'M4 7h16v10H4zM7.5 13.8h.1M10.5 13.8h6',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  search: 'M10.8 4.5a6.3 6.3 0 1 1 0 12.6 6.3 6.3 0 0 1 0-12.6M15.5 15.5l4.5 4.5',
  shield: 'M12 3.5l7 2.7v5.3c0 4.3-2.9 7.7-7 9-4.1-1.3-7-4.7-7-9V6.2zM9 12l2.2 2.2L15.2 10',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  soundOn: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11',
  soundOff: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1',
  chevron: 'M9 6l6 6-6 6',
  out: 'M14 5H6v14h8M11 12h9M16.5 8.5L20 12l-3.5 3.5',
  retry: 'M19 12a7 7 0 1 1-2-4.9M19.5 4v4h-4',
  clock: 'M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16M12 8v4.3l2.8 1.8',
  expand: 'M9 4.5H4.5V9M15 4.5h4.5V9M9 19.5H4.5V15M15 19.5h4.5V15',
} as const;

const filled: ReadonlySet<string> = new Set(['play', 'previous', 'next']);

export type IconName = keyof typeof paths;

/** A line drawing for a control; the control itself carries the words for assistive technology. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      fill={filled.has(name) ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
