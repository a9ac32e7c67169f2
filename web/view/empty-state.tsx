import { session } from '../live/session.js';
import { isOpen } from '../model/session.js';
import { Copyable } from './parts.js';

/** What a service that has heard nothing yet shows: how to make it hear something. */
export const EmptyState = () => (
  <section class="empty" aria-labelledby="empty-title">
    <Drawing />
    <div class="empty-text">
      <h2 id="empty-title">Quiet on every channel</h2>
      <p>
        No rocket has reported yet. Point your rockets at this service, or launch some of ours: they report
        over bad radio, out of order and more than once.
      </p>
      <Command text={`npx rockets launch ${location.origin}/messages`} what="the launch command" />
      <p class="or">or, in the project’s folder</p>
      <Command text="make launch" what="the make command" />
      {session.value !== undefined && !isOpen(session.value) && (
        <p class="or">
          with a key that may <code>ingest</code> in <code>ROCKETS_API_KEY</code>
        </p>
      )}
      <p class="fine">
        This page fills by itself as soon as the first message arrives. How to send your own:{' '}
        <a href="/docs">API documentation</a>. What became of messages that arrived:{' '}
        <a href="#/arrivals">arrivals</a>.
      </p>
    </div>
  </section>
);

const Command = ({ text, what }: { readonly text: string; readonly what: string }) => (
  <div class="command">
    <span class="prompt" aria-hidden="true">
      $
    </span>
    <Copyable what={what}>{text}</Copyable>
  </div>
);

export const Drawing = () => (
  <svg class="pad" viewBox="0 0 240 280" aria-hidden="true">
    <path
      class="pad-fine"
      d="M120 8v30M20 262h200M44 262v-150M44 112l52 0M44 142h44M44 172h44M44 202h44M44 112l44 30-44 30 44 30-44 30M172 262c0-120 18-190 60-244"
    />
    <path
      class="pad-body"
      d="M120 38c16 18 24 44 24 74v98H96v-98c0-30 8-56 24-74zM96 168l-18 32v22l18-12M144 168l18 32v22l-18-12M108 210l-6 20h36l-6-20M96 112h48M96 184h48"
    />
    <circle class="pad-accent" cx={120} cy={92} r={8} />
    <path class="pad-accent" d="M84 262v-12h72v12" />
  </svg>
);
