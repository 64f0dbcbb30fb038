import type { Session } from '../../bank';
import { entry } from '../../text/en/entry';

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** What a user agent calls itself, as people do. What is no browser keeps its first word. */
export const shortAgent = (agent: string): string => {
  const browser = BROWSERS.find(([pattern]) => pattern.test(agent))?.[1];
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  if (browser && system) return entry.agent.on(browser, system);
  return agent.split(/[\s/]/)[0] || entry.agent.program;
};

/** Calls a new device what its browser calls itself. A name decides nothing: without one the device is as good. */
export const nameDevice = async (session: Session): Promise<void> => {
  const { keys } = await session.bank.enrolledProfile();
  const body = { device_id: keys.deviceId, name: shortAgent(navigator.userAgent) };
  await session.post('/api/devices/name', body).catch(() => undefined);
};
