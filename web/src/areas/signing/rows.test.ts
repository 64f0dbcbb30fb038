import { expect, test, vi } from 'vitest';
import { decodeIntent } from '../../bank';
import { utf8 } from '../../bank/bytes';
import { intents } from '../../bank/fixtures.test-util';
import { intents as words } from '../../text/en/intents';

// The pages know where they are.
vi.stubGlobal('window', { location: { origin: 'http://localhost' } });
const { rowsOf } = await import('./rows');

/** Said with the amount that they belong to. */
const ASSETS = new Set(['asset', 'sell_asset', 'buy_asset']);

test('every member of every kind of document is shown, under a name that people know', () => {
  const seen = new Set<string>();
  for (const { canonical } of [...intents.intents, ...intents.further]) {
    const intent = decodeIntent(utf8(canonical));
    seen.add(intent.kind);
    const rows = rowsOf(intent);
    const shown = new Set(rows.map(({ id }) => id));
    for (const [name, value] of Object.entries(intent.body)) {
      const isSaid =
        shown.has(name) || value === '' || (ASSETS.has(name) && shown.has(name.replace('asset', 'amount')));
      expect(isSaid, `${intent.kind}: ${name}`).toBe(true);
      if (shown.has(name)) expect(words.members[name], name).toBeDefined();
    }
    for (const { value } of rows) expect(value, intent.kind).not.toBeUndefined();
  }
  expect([...seen].sort()).toEqual(Object.keys(words.kinds).sort());
});
