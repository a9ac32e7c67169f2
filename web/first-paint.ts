// Runs before the first paint, so that a page in the dark does not flash white.
import { applyTheme } from './view/theme.js';

applyTheme();
