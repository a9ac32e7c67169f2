export type Theme = 'light' | 'dark';

const key = 'rockets-theme';

export const chosenTheme = (): Theme | undefined => {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    // Storage may be forbidden; the system's preference then decides.
    return undefined;
  }
};

export const currentTheme = (): Theme =>
  chosenTheme() ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');

export const applyTheme = (): void => {
  document.documentElement.dataset['theme'] = currentTheme();
};

export const chooseTheme = (theme: Theme): void => {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // The choice then holds for this page only.
  }
  document.documentElement.dataset['theme'] = theme;
  document.dispatchEvent(new Event('themechange'));
};
