/* global EventSource, fetch */
// Rockets in Open MCT: a folder of rockets, each with its speed, past from the REST interface, present from the live feed.
const NAMESPACE = 'rockets';
const [FOLDER, PAGE] = ['fleet', 1000];

// `service` is the service's address; '' means the page's own origin.
export const rocketsPlugin = (service) => (openmct) => {
  const tracks = new Map();
  const trackOf = (channel) => {
    if (!tracks.has(channel)) tracks.set(channel, new SpeedTrack(service, channel));
    return tracks.get(channel);
  };
  const feed = new SharedFeed(service);

  openmct.types.addType('rockets.speed', {
    name: 'Rocket speed',
    cssClass: 'icon-telemetry',
  });
  openmct.objects.addRoot({ namespace: NAMESPACE, key: FOLDER });
  openmct.objects.addProvider(NAMESPACE, { get: async (identifier) => objectFor(identifier) });
  openmct.composition.addProvider({
    appliesTo: ({ identifier }) => identifier.namespace === NAMESPACE && identifier.key === FOLDER,
    load: async () => {
      const rockets = await json(`${service}/rockets?limit=${PAGE}&sort=channel`);
      return rockets.map(({ channel }) => ({ namespace: NAMESPACE, key: channel }));
    },
  });
  openmct.telemetry.addProvider({
    supportsRequest: ({ type }) => type === 'rockets.speed',
    request: ({ identifier }, options) => trackOf(identifier.key).request(options),
    supportsSubscribe: ({ type }) => type === 'rockets.speed',
    subscribe: ({ identifier }, tell) => {
      const track = trackOf(identifier.key);
      // Several plots may show one rocket: each remembers what it was told.
      let told = track.points.length;
      return feed.subscribe(identifier.key, async () => {
        await track.topUp();
        const fresh = track.points.slice(told);
        told = track.points.length;
        fresh.forEach(tell);
      });
    },
  });
};

const objectFor = ({ namespace, key }) =>
  key === FOLDER
    ? { identifier: { namespace, key }, name: 'Rockets', type: 'folder', location: 'ROOT' }
    : {
        identifier: { namespace, key },
        name: key,
        type: 'rockets.speed',
        location: `${NAMESPACE}:${FOLDER}`,
        telemetry: {
          values: [
            { key: 'utc', source: 'timestamp', name: 'Time', format: 'utc', hints: { domain: 1 } },
            { key: 'speed', name: 'Speed', format: 'integer', hints: { range: 1 } },
            { key: 'mission', name: 'Mission', format: 'string' },
          ],
        },
      };

/** The speeds of one rocket, folded from its history; each look at it fetches only what is new. */
class SpeedTrack {
  points = [];
  version = 0;
  /** Null as long as no launch was heard: a change alone is no speed. */
  speed = null;
  mission = null;
  lastLook = Promise.resolve();

  constructor(service, channel) {
    this.path = `${service}/rockets/${encodeURIComponent(channel)}/events?limit=${PAGE}`;
  }

  /** Looks one after another, so that no event is folded twice. */
  topUp() {
    this.lastLook = this.lastLook.catch(() => undefined).then(() => this.fetchNew());
    return this.lastLook;
  }

  async fetchNew() {
    let page;
    do {
      page = await json(`${this.path}&after=${this.version}`);
      page.forEach((event) => this.fold(event));
    } while (page.length === PAGE);
  }

  fold({ number, type, data, time }) {
    this.version = number;
    if (type === 'RocketLaunched') [this.speed, this.mission] = [data.launchSpeed, data.mission];
    else if (this.speed === null) return;
    else if (type === 'RocketSpeedIncreased') this.speed += data.by;
    else if (type === 'RocketSpeedDecreased') this.speed -= data.by;
    else if (type === 'RocketMissionChanged') this.mission = data.newMission;
    else return;
    this.points.push({ id: number, timestamp: Date.parse(time), speed: this.speed, mission: this.mission });
  }

  async request({ start, end, size, strategy }) {
    await this.topUp();
    const inside = this.points.filter(({ timestamp }) => timestamp >= start && timestamp <= end);
    if (strategy === 'latest') return inside.slice(-1);
    return strategy === 'minmax' && size > 0 && inside.length > size ? extremes(inside, size) : inside;
  }
}

/** The slowest and the fastest of each slice, in their order: what a plot of `size` points cannot do without. */
const extremes = (points, size) => {
  const slice = Math.ceil((points.length * 2) / size);
  const kept = [];
  for (let from = 0; from < points.length; from += slice) {
    const part = points.slice(from, from + slice);
    const low = part.reduce((a, b) => (b.speed < a.speed ? b : a));
    const high = part.reduce((a, b) => (b.speed > a.speed ? b : a));
    kept.push(...(low === high ? [low] : [low, high].sort((a, b) => a.id - b.id)));
  }
  return kept;
};

/** One connection for all plots: browsers allow six per host. It resumes by itself where it was cut. */
class SharedFeed {
  watchers = new Map();

  constructor(service) {
    this.service = service;
  }

  subscribe(channel, watcher) {
    this.source ??= this.open();
    const watchers = this.watchers.get(channel) ?? new Set();
    this.watchers.set(channel, watchers.add(watcher));
    return () => watchers.delete(watcher);
  }

  open() {
    const source = new EventSource(`${this.service}/events?after=latest`);
    source.addEventListener('message', ({ data }) => {
      // A look that failed is made up for by the next one.
      for (const watcher of this.watchers.get(JSON.parse(data).channel) ?? [])
        watcher().catch(() => undefined);
    });
    return source;
  }
}

const json = async (url) => {
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
};
