import type { Account } from './data';

export const FORMATS = ['csv', 'json', 'pdf', 'camt053'] as const;
export type Format = (typeof FORMATS)[number];
const ENDINGS: Record<Format, string> = { csv: 'csv', json: 'json', pdf: 'pdf', camt053: 'xml' };

/** Where a statement is fetched from, and what its file is called. */
export const statementFile = (account: Account, from: string, to: string, format: Format) => ({
  path: `/api/customer/statements/download?account=${account.id}&from=${from}&to=${to}&format=${format}`,
  name: `statement-${account.number}-${from}-${to}.${ENDINGS[format]}`,
});
