import { signal } from '@preact/signals';
import {
  freshnessOf,
  probeEveryMs,
  probeTimeoutMs,
  provenForMs,
  type Freshness,
  type Trouble,
  type Vitals,
} from '../model/freshness.js';
import { isLetIn, isOpen } from '../model/session.js';
import type { HealthJson, SessionJson } from '../model/wire.js';
import { get, request } from './api.js';
import { outdatedSince, tellAskers } from './askers.js';
import { LiveFeed } from './live-feed.js';
import { learnSession, session } from './session.js';

export const health = signal<HealthJson | undefined>(undefined);
export const freshness = signal<Freshness>({ state: 'connecting', label: 'connecting', banner: undefined });

let provenAt: number | undefined;
let trouble: Trouble | undefined;
let lagMs = 0;
let isProbing = false;
let isLooking = false;
let followed: string | undefined;

const feed = new LiveFeed({
  changed: () => tellAskers(),
  // A service that was killed shows here first.
  lost: () => void probe(),
});

/** The live feed at this address, or none. */
export const follow = (path: string | undefined): void => {
  if (path === followed) return;
  followed = path;
  if (!document.hidden) feed.open(path);
};

export const start = (): void => {
  void probe();
  setInterval(() => void probe(), probeEveryMs);
  // While nobody tells what happens, it may happen all the time.
  setInterval(() => {
    if (!feed.isListening && !document.hidden) tellAskers();
  }, 1_000);
  // A page that grows old does so by the clock, with nothing else happening.
  setInterval(judge, 250);
  // Nobody looks: a browser has few connections to a service, and another page may need them.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) feed.close();
    else {
      feed.open(followed);
      void probe();
    }
  });
};

/** An open stream alone proves nothing: a process that hangs keeps it open. */
const probe = async (): Promise<void> => {
  if (isProbing || document.hidden) return;
  isProbing = true;
  const sentAt = Date.now();
  const before = trouble;
  void lookWhoAsks();
  try {
    const response = await fetch('/health', { signal: AbortSignal.timeout(probeTimeoutMs) });
    // An unhealthy service answers 503 with what it still knows.
    const report = (await response.json()) as HealthJson;
    health.value = report;
    lagMs = (report.feed?.lagSeconds ?? 0) * 1000;
    trouble = report.status === 'ok' ? undefined : report.status;
  } catch {
    trouble = 'silent';
  }
  isProbing = false;
  if (trouble === undefined) {
    const outdatedSince = provenAt;
    provenAt = sentAt;
    // What happened while it was away, or this page slept, is not shown yet.
    if (before !== undefined || sentAt - (outdatedSince ?? sentAt) > provenForMs) tellAskers(outdatedSince);
  }
  judge();
};

/** A key may be revoked, or be given other scopes, while nothing on the page would notice. */
const lookWhoAsks = async (): Promise<void> => {
  const asked = session.peek();
  if (isLooking || (asked !== undefined && isOpen(asked))) return;
  isLooking = true;
  try {
    const told = await get<SessionJson>('/session', AbortSignal.timeout(probeTimeoutMs));
    // That nobody is signed in is said without a reason; whatever needs somebody says why, and so ends the session.
    if (asked !== undefined && isLetIn(asked) && !isLetIn(told))
      await request('/fleet', AbortSignal.timeout(probeTimeoutMs));
    else learnSession(asked, told);
  } catch {
    // It is asked again with the next probe.
  }
  isLooking = false;
};

const judge = (): void => {
  const vitals: Vitals = { provenAt, trouble, lagMs, outdatedSince: outdatedSince() };
  const now = freshnessOf(vitals, Date.now());
  const { state, label, banner } = freshness.peek();
  if (now.state !== state || now.label !== label || now.banner !== banner) freshness.value = now;
};
