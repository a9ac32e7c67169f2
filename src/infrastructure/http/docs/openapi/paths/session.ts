import { ref, type PathItem } from '../model.js';
import { ifNoneMatch, requestId } from '../parameters.js';
import { headers, json, notModified, problemResponses, response } from '../responses.js';

const tags = ['Service'];
const signedIn = { ways: ['keys'], name: 'control-room', scopes: ['read', 'operate'] };
const cookie = { 'Set-Cookie': headers.setCookie };

/** For browsers: programs send their key with each request. */
export const sessionPaths: Readonly<Record<string, PathItem>> = {
  '/session': {
    get: {
      operationId: 'getSession',
      tags,
      summary: 'Who you are here, and what you may do',
      description:
        'Without a key: in which ways callers may show who they are; none of them is needed when the list is empty.',
      parameters: [ifNoneMatch, requestId],
      responses: {
        '200': response('What you may do.', json('Session', signedIn)),
        ...notModified,
        ...problemResponses('invalid-query'),
      },
    },
    post: {
      operationId: 'signIn',
      tags,
      summary: 'Sign in with a key',
      description:
        'A browser is known from then on by a cookie that no script can read and no other site can use; it ends after twelve hours, or with the key.',
      parameters: [requestId],
      requestBody: {
        required: true,
        description: 'Sent as JSON: any other `Content-Type` is refused.',
        content: {
          'application/json': {
            schema: ref('SignIn'),
            examples: { key: { value: { key: 'rk_…' } } },
          },
        },
      },
      responses: {
        '200': response(
          'You are signed in; without `AUTH` nobody has to be.',
          json('Session', signedIn),
          cookie,
        ),
        ...problemResponses(
          'malformed-json',
          'ambiguous-json',
          'invalid-message',
          'invalid-query',
          'body-too-large',
          'unsupported-content-encoding',
          'unsupported-media-type',
        ),
      },
    },
    delete: {
      operationId: 'signOut',
      tags,
      summary: 'Sign out',
      parameters: [requestId],
      responses: {
        '204': response('The cookie is gone.', undefined, { 'Set-Cookie': headers.setCookie }),
        ...problemResponses('invalid-query'),
      },
    },
  },
};
