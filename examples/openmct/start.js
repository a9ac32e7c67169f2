/* global document, openmct */
import { rocketsPlugin } from './rockets-plugin.js';

openmct.setAssetPath('/openmct');
openmct.install(openmct.plugins.LocalStorage());
openmct.install(openmct.plugins.MyItems());
openmct.install(openmct.plugins.UTCTimeSystem());
openmct.install(openmct.plugins.Espresso());
openmct.install(
  openmct.plugins.Conductor({
    menuOptions: [
      { name: 'Live', timeSystem: 'utc', clock: 'local', clockOffsets: { start: -900_000, end: 30_000 } },
      { name: 'Past', timeSystem: 'utc', bounds: { start: Date.now() - 3_600_000, end: Date.now() } },
    ],
  }),
);
openmct.install(rocketsPlugin(''));
openmct.start(document.getElementById('openmct'));
