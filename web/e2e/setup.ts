import { Bank } from './bank';

/** One bank for the whole run: the tests find it by its facts. */
export default async function setup(): Promise<() => Promise<void>> {
  const bank = await Bank.start();
  process.env['STRONGROOM_E2E_BANK'] = JSON.stringify(bank.facts);
  return () => bank.close();
}
