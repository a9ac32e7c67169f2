export type Theme = 'light' | 'dark';

const key = 'rockets-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

const chosenTheme = (): Theme | undefined => {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    // Storage may be forbidden; the system's preference then decides.
    return undefined;
  }
};

export const currentTheme = (): Theme => chosenTheme() ?? (system.matches ? 'dark' : 'light');

export const applyTheme = (): void => {
  document.documentElement.dataset['theme'] = currentTheme();
  document.dispatchEvent(new Event('themechange'));
};

/** The system is followed until somebody chooses. */
export const followSystem = (): void => system.addEventListener('change', applyTheme);

export const chooseTheme = (theme: Theme): void => {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // The choice then holds for this page only.
  }
  document.documentElement.dataset['theme'] = theme;
  document.dispatchEvent(new Event('themechange'));
};
