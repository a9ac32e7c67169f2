/** What must have happened somewhere in a run of many seeds; a run that never met one of these proved nothing. */
export const requiredSituations = [
  'request lost',
  'reply lost after commit',
  'request delivered twice',
  'messages out of order',
  'message given up by its sender',
  'invalid message',
  'duplicate of an applied message',
  'duplicate of a buffered message',
  'repeated while under way',
  'resent with another time',
  'conflict with an event',
  'conflict with a buffered message',
  'buffered',
  'refused: already-launched',
  'refused: not-launched',
  'refused: speed-out-of-range',
  'refused: speed-below-zero',
  'refused: rocket-exploded',
  'refused: arrived-after-skip',
  'buffer full: messages',
  'buffer full: bytes',
  'several channels in one commit',
  'drain in several steps',
  'load failed',
  'commit failed, nothing written',
  'commit failed, part written',
  'commit failed, all written',
  'head had moved',
  'crash while loading',
  'crash before the commit is written',
  'crash between commit and reply',
  'crash with messages in the buffer',
  'crash of one instance while another works',
  'drain resumed after a restart',
  'drain cut short by a failed commit',
  'power lost with a commit on its way',
  'graceful stop with work in hand',
  'turned away while stopping',
  'clock jumped back',
  'gap skipped',
  'gap skipped by its timeout',
  'skip answered: no-gap',
  'skip answered: gap-moved',
  'skip asked during a drain',
  'launch in a skipped gap',
  'reader fell behind',
  'reader resumed on another instance',
  'reader lost its instance',
  'past version read',
  'follower caught up',
  'follower told live',
  'follower dropped: too slow',
  'follower dropped: shutting down',
  'follower dropped: store unavailable',
  'follower came back with its position',
  'gap told to be open',
  'gap told to be closed',
] as const;

export type Situation = (typeof requiredSituations)[number];

/** How often each situation was met. */
export type Met = Map<Situation, number>;

export const meet = (met: Met, situation: Situation): void => {
  met.set(situation, (met.get(situation) ?? 0) + 1);
};

export const neverMet = (met: Met): Situation[] => requiredSituations.filter((each) => !met.has(each));
