import { render } from 'preact';
import { start } from './live/service.js';
import { App } from './view/app.js';
import { followSystem } from './view/theme.js';

render(<App />, document.body);
followSystem();
start();
