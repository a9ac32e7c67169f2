/** `make test-slow` sets it: every test that can go on for longer does. */
export const thorough = process.env['THOROUGH'] === '1';

/** How often something is tried: a few times with every change, many times before a release. */
export const runs = (few: number, many: number): number => (thorough ? many : few);
