import { Webhook } from 'standardwebhooks';
import { makeSecret, problemOfSecret } from '../../../src/infrastructure/webhooks/secret.js';
import { messageId, signatureHeaders } from '../../../src/infrastructure/webhooks/signatures.js';

const body = Buffer.from('[{"text":"Ж\ud83d\ude80"}]');
const secretOf = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`;

describe('a signature', () => {
  it('is one that every receiver of Standard Webhooks knows', () => {
    const secret = makeSecret();
    const headers = signatureHeaders('msg_1', Date.now(), body, [secret]);
    expect(new Webhook(secret).verify(body.toString(), headers)).toEqual(JSON.parse(body.toString()));
    expect(() => new Webhook(makeSecret()).verify(body.toString(), headers)).toThrow('No matching signature');
    expect(() => new Webhook(secret).verify(`${body.toString()} `, headers)).toThrow('No matching signature');
  });

  it('is there by each secret while one takes the place of another', () => {
    const secrets = [makeSecret(), makeSecret()];
    const headers = signatureHeaders('msg_1', Date.now(), body, secrets);
    for (const secret of secrets) new Webhook(secret).verify(body.toString(), headers);
    expect(headers['webhook-signature']).toMatch(/^v1,[\w+/]{43}= v1,[\w+/]{43}=$/);
  });

  it('says when it was made, so that an old one is refused', () => {
    const secret = makeSecret();
    const headers = signatureHeaders('msg_1', Date.now() - 6 * 60_000, body, [secret]);
    expect(() => new Webhook(secret).verify(body.toString(), headers)).toThrow('too old');
    expect(signatureHeaders('msg_1', 1_999, body, [])['webhook-timestamp']).toBe('1');
  });

  it('is not made with what is no secret', () => {
    expect(() => signatureHeaders('msg_1', 0, body, ['whsec_?'])).toThrow('make a new one');
  });
});

describe('the id of what is sent', () => {
  it('is the same for the same, and goes into a header and a signature', () => {
    expect(messageId('a')).toBe(messageId('a'));
    expect(messageId('a')).not.toBe(messageId('b'));
    expect(messageId('a')).toMatch(/^msg_[\w-]{27}$/);
  });
});

describe('a secret', () => {
  it('is another one each time it is made', () => {
    const [one, other] = [makeSecret(), makeSecret()];
    expect(one).not.toBe(other);
    expect([problemOfSecret(one), problemOfSecret(other)]).toEqual([undefined, undefined]);
  });

  it.each([24, 25, 32, 64])('may have %i bytes', (bytes) => {
    expect(problemOfSecret(secretOf(bytes))).toBeUndefined();
  });

  it.each([
    ['too short', secretOf(23)],
    ['too long', secretOf(65)],
    ['empty', 'whsec_'],
    ['without its prefix', secretOf(32).slice('whsec_'.length)],
    ['no base64', `whsec_${'*'.repeat(40)}`],
    ['base64 for URLs', `whsec_${Buffer.alloc(32, 255).toString('base64url')}`],
    ['without its padding', secretOf(32).replace(/=+$/, '')],
    ['of several lines', `${secretOf(32)}\n`],
  ])('may not be %s, and is not told', (_, secret) => {
    const problem = problemOfSecret(secret);
    expect(problem).toContain('base64 of 24 to 64 bytes');
    expect(problem).not.toContain(secret.slice(6) || '\0');
  });
});
