import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError, signIn } from '../live/api.js';
import { ending, session } from '../live/session.js';
import { Drawing } from './empty-state.js';

/** The key is shown to the service once; neither this page nor its address keeps it. */
export const SignIn = () => {
  const field = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | undefined>(undefined);
  const isAsking = useSignal(false);
  useEffect(() => field.current?.focus(), []);

  const show = async (event: Event): Promise<void> => {
    event.preventDefault();
    const key = field.current?.value.trim() ?? '';
    if (isAsking.peek()) return;
    isAsking.value = true;
    problem.value = await problemWith(key);
    isAsking.value = false;
    if (problem.value === undefined) return document.getElementById('main')?.focus({ preventScroll: true });
    field.current?.focus();
    field.current?.select();
  };
  const what = session.value?.ways.includes('jwt') ? 'API key or token' : 'API key';
  return (
    <section class="empty sign-in" aria-labelledby="sign-in-title">
      <Drawing />
      {/* Should it ever be sent by the browser itself, the key still stands in no address. */}
      <form class="empty-text" method="post" onSubmit={(event) => void show(event)}>
        <h1 id="sign-in-title">Sign in to listen</h1>
        <p>This service tells of its rockets to those who show a key.</p>
        {ending.value !== undefined && (
          <p id="key-ending" class="ending" role="status">
            {ending.value}
          </p>
        )}
        <label for="key">{what}</label>
        <div class="key-line">
          <input
            id="key"
            ref={field}
            type="password"
            autocomplete="current-password"
            autocapitalize="off"
            spellcheck={false}
            required
            aria-describedby="key-ending key-said"
            aria-invalid={problem.value !== undefined}
          />
          <button class="main-button" disabled={isAsking.value}>
            Sign in
          </button>
        </div>
        <p id="key-said" class="said" role="alert">
          {problem.value}
        </p>
        <p class="fine">
          The key is sent once and kept nowhere on this page; you stay signed in for at most twelve hours.
          Whoever runs the service makes keys with <code>rockets keys create</code>.
        </p>
      </form>
    </section>
  );
};

const problemWith = async (key: string): Promise<string | undefined> => {
  try {
    await signIn(key);
    return undefined;
  } catch (error) {
    return error instanceof ApiError ? error.message : 'The service does not answer. Try again in a moment.';
  }
};
