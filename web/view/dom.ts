type Listener = (event: Event) => void;
export type Attributes = Readonly<Record<string, string | number | boolean | Listener | undefined>>;
export type Child = Node | string | undefined;

export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] => dressed(document.createElement(tag), attributes, children);

export const svg = <K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] =>
  dressed(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

const dressed = <E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E => {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
};

/** Writing the same text again would still cost a layout and disturb a selection. */
export const setText = (node: Element, text: string): void => {
  if (node.textContent !== text) node.textContent = text;
};

export const setAttribute = (node: Element, name: string, value: string): void => {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
};

const icons = {
  flying: 'M8 1.5 13.5 13 8 10.2 2.5 13z',
  'awaiting-launch':
    'M8 2.500a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11zm0 2a3.5 3.5 0 1 1 0 7a3.5 3.5 0 1 1 0-7z',
  exploded: 'm8 6.2 4-4L13.8 4l-4 4 4 4-1.8 1.8-4-4-4 4L2.2 12l4-4-4-4L4 2.200z',
  gap: 'M1 3h2.500v10H1zm4.5 0H8v10H5.500zm7 0H15v10h-2.500z',
  refused: 'M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zM4 7h8v2H4z',
  back: 'M7 2.5 8.4 4 5.3 7H15v2H5.300l3.1 3L7 13.5 1.5 8z',
  pause: 'M3 2h3.500v12H3zm6.5 0H13v12H9.500z',
  play: 'M3.5 1.5 14 8 3.5 14.500z',
  sun: 'M8 4.500a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7zM7.2 0h1.600v3H7.200zm0 13h1.600v3H7.200zM0 7.200h3v1.600H0zm13 0h3v1.600h-3zM2 3.1 3.1 2l2.1 2.1-1.1 1.100zm8.8 8.8 1.1-1.100L14 12.9 12.9 14zM12.9 2 14 3.100l-2.1 2.1-1.1-1.100zM4.1 10.800l1.1 1.100L3.1 14 2 12.900z',
  moon: 'M6 1a7 7 0 1 0 9 9A7 7 0 0 1 6 1z',
} as const;

export type IconName = keyof typeof icons;

/** Decoration only: the words beside it carry the meaning. */
export const icon = (name: IconName): SVGSVGElement =>
  svg(
    'svg',
    { class: `icon icon-${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: icons[name], 'fill-rule': 'evenodd' }),
  );
