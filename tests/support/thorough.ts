/** `make test-slow` sets it to 1, `make test-night` to 2: every test that can go on for longer does. */
const level = Number(process.env['THOROUGH'] ?? 0);

export const thorough = level > 0;

/** How often something is tried: a few times with every change, many times before a release, and what takes longest more in a night. */
export const runs = (few: number, many: number, night = many): number => [few, many][level] ?? night;
