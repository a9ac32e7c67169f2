const icons = {
  flying: 'M8 1.5 13.5 13 8 10.2 2.5 13z',
  'awaiting-launch':
    'M8 2.500a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11zm0 2a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7z',
  exploded: 'm8 6.2 4-4L13.8 4l-4 4 4 4-1.8 1.8-4-4-4 4L2.2 12l4-4-4-4L4 2.200z',
  gap: 'M1 3h2.500v10H1zm4.500 0H8v10H5.500zm7 0H15v10h-2.500z',
  refused: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4 7h8v2H4z',
  silent: 'M2 7h2v2H2zm5 0h2v2H7zm5 0h2v2h-2z',
  back: 'M7 2.5 8.4 4 5.3 7H15v2H5.300l3.1 3L7 13.5 1.5 8z',
  close:
    'm3.400 2 4.600 4.600L12.600 2 14 3.400 9.400 8l4.600 4.600-1.400 1.400L8 9.400 3.400 14 2 12.600 6.600 8 2 3.400z',
  pause: 'M3 2h3.500v12H3zm6.500 0H13v12H9.500z',
  play: 'M3.5 1.5 14 8 3.5 14.500z',
  sun: 'M8 4.500a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7zM7.2 0h1.600v3H7.200zm0 13h1.600v3H7.200zM0 7.200h3v1.600H0zm13 0h3v1.600h-3zM2 3.1 3.1 2l2.1 2.1-1.1 1.100zm8.8 8.8 1.1-1.100L14 12.9 12.9 14zM12.9 2 14 3.100l-2.1 2.1-1.1-1.100zM4.1 10.800l1.1 1.100L3.1 14 2 12.900z',
  out: 'M2 2h7v2H4v8h5v2H2zM10.900 4.100 14.800 8l-3.900 3.900-1.400-1.400L11 9H6V7h5L9.500 5.500z',
  moon: 'M6 1a7 7 0 1 0 9 9A7 7 0 0 1 6 1z',
} as const;

export type IconName = keyof typeof icons;

/** Decoration only: the words beside it carry the meaning. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg class={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={icons[name]} fill-rule="evenodd" />
  </svg>
);

export const Emblem = () => (
  <svg class="emblem" viewBox="0 0 32 32" aria-hidden="true">
    <path class="emblem-arc" d="M4 26C7 14 15 8 25 6" />
    <path class="emblem-tip" d="M29 4 19 5.6l6.8 7.2z" />
    <path class="emblem-ground" d="M3 28h26" />
  </svg>
);
