/** Words of the live dashboard. */
const plural = (count: number, one: string, more: string) => (count === 1 ? `1 ${one}` : `${count} ${more}`);

export const live = {
  menu: 'Live security',
  title: 'Live security',
  about: 'How this bank does, second by second. Only counts leave it: nobody is named here.',
  group: 'Oversight',
  statuses: {
    connecting: 'Connecting',
    live: 'Live',
    lost: 'No news: trying again',
    refused: 'Not allowed',
    paused: 'Paused',
  },
  pauseAll: 'Pause everything',
  resumeAll: 'Go on',
  pausedAt: (time: string) => `Everything stands still as of ${time}. The figures go on being collected.`,
  refused: 'You may not watch',
  lastMinutes: (minutes: number) => (minutes <= 1 ? 'in the last minute' : `in the last ${minutes} minutes`),
  waiting: 'The first second is being counted.',
  tiles: {
    throughput: 'Decided per second',
    latency: 'Answers, 95 of 100 within',
    refused: 'Intents refused',
    log: 'Leaves in the log',
    noRequests: 'no requests',
    of: (part: string, all: string) => `${part} of ${all}`,
    signed: 'Checkpoint signed',
    noLog: 'not known yet',
    peak: (figure: string) => `peak ${figure}`,
    median: (figure: string) => `half within ${figure}`,
  },
  alerts: 'Needs attention',
  allWell: 'Nothing needs attention',
  allWellAbout: 'No failed commits, no locks after failed sign-ins, no keys due and no endpoint paused.',
  concerns: {
    'database-silent': () => 'The database does not answer: nothing is decided until it does.',
    'crl-ended': () =>
      'The revocation list in use has ended. Certificates are refused until a new one is made.',
    'commits-failed': (count: number) =>
      `${plural(count, 'group commit', 'group commits')} failed. What was in them was tried again or given up, never half done.`,
    'sign-in-locked': (count: number) => `${plural(count, 'lock', 'locks')} began after failed sign-ins.`,
    'many-sign-ins-refused': (count: number) =>
      `${count} sign-ins were refused. That is more than people mistype.`,
    blocked: (count: number) => `${plural(count, 'payment was', 'payments were')} blocked by the risk rules.`,
    'rate-limited': (count: number) =>
      `${plural(count, 'request was', 'requests were')} over a budget and got no answer.`,
    'rotations-due': (count: number) =>
      `${plural(count, 'key', 'keys')} should be replaced. Their holders have been reminded.`,
    'webhooks-paused': (count: number) =>
      `${plural(count, 'endpoint', 'endpoints')} of webhooks ${count === 1 ? 'is' : 'are'} paused after lasting failure.`,
    'issuing-ends': (days: number) => `The issuing authority ends in ${plural(days, 'day', 'days')}.`,
    'root-ends': (days: number) => `The root authority ends in ${plural(days, 'day', 'days')}.`,
  },
  traffic: 'Traffic',
  throughput: 'Intents decided, per second',
  accepted: 'Accepted',
  refusedSeries: 'Refused',
  throughputSummary: (accepted: string, refused: string, when: string) =>
    `${accepted} accepted and ${refused} refused ${when}.`,
  latency: 'Time to answer, milliseconds',
  half: 'Half within',
  p95: '95 of 100 within',
  p99: '99 of 100 within',
  latencySummary: (p50: string, p95: string) =>
    `Last second with requests: half within ${p50}, 95 of 100 within ${p95}.`,
  latencyNone: 'No requests yet.',
  commits: 'Group commits, milliseconds',
  commitsSummary: (count: string, p95: string) =>
    `${count} commits; the last second with one: 95 of 100 within ${p95}.`,
  commitsNone: 'Nothing was committed.',
  signIns: 'Sign-ins, per second',
  opened: 'Sessions opened',
  signInsSummary: (opened: string, refused: string, when: string) =>
    `${opened} sessions opened and ${refused} sign-ins refused ${when}.`,
  why: 'Why',
  refusals: 'Refusals by reason',
  refusalsSummary: (count: string, top: string, when: string) => `${count} ${when}, most of them: ${top}.`,
  refusalsNone: (when: string) => `No intent was refused ${when}.`,
  others: 'others',
  risk: 'Risk verdicts',
  riskSummary: (count: string, share: string, when: string) =>
    `${count} payments judged ${when}, ${share} of them without concern.`,
  riskNone: (when: string) => `No payment was judged ${when}.`,
  actions: { proceed: 'Proceed', monitor: 'Watch', review: 'Ask a manager', block: 'Block' } as Record<
    string,
    string
  >,
  failures: 'Refused sign-ins by cause',
  failuresNone: (when: string) => `No sign-in was refused ${when}.`,
  failuresSummary: (count: string, when: string) => `${count} ${when}.`,
  posture: 'Cryptography',
  suite: 'Suite of the bank',
  authoritySuite: 'Suite of its authorities',
  provider: 'Library',
  issuingKey: 'Issuing key',
  places: { token: 'half of it never leaves a hardware token', file: 'sealed file' } as Record<
    string,
    string
  >,
  connection: 'This connection',
  plain: 'Plain, on this machine: put TLS in front of it',
  quantumSafe: 'resists a quantum computer',
  notQuantumSafe: 'does not resist a quantum computer',
  rotationsDue: 'Keys due for rotation',
  none: 'none',
  crl: 'Revocation list',
  crlFacts: (number: string) => `number ${number}, next by`,
  issuingUntil: 'Issuing authority until',
  groups: 'TLS handshakes by key exchange',
  groupsNone: 'No TLS handshake since the bank was opened.',
  groupsSummary: (count: string, safe: string) =>
    `${count} since the bank was opened, ${safe} of them quantum-safe.`,
  log: 'The log',
  leaves: 'Leaves',
  checkpoint: 'Newest checkpoint',
  watchers: 'Streams open',
  inWork: 'Requests in work',
};

/** A code of the bank in words: `insufficient-funds`. */
export const plainCode = (code: string): string => code.replaceAll(/[-_.]/g, ' ');
