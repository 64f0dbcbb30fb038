import { useRef, useState } from 'react';
import { useSignedIn } from '../../app/session';
import { scaleOf, uuid7, wish } from '../../bank';
import { LOCALE } from '../../text';
import { customer } from '../../text/en/customer';
import { Combobox, Field } from '../../ui';
import { SignDialog } from '../signing/dialog';

const words = customer.account;

/** Every currency that the bank keeps, by name. */
const currencies = () => {
  const names = new Intl.DisplayNames(LOCALE, { type: 'currency' });
  return Intl.supportedValuesOf('currency')
    .filter((code) => scaleOf(code) !== undefined)
    .map((code) => ({ value: code, label: `${code} · ${names.of(code) ?? code}` }));
};

/** Two questions: in which currency, and your signature. */
export function OpenAccount({ onClose }: { onClose: () => void }) {
  const { userId } = useSignedIn();
  const account = useRef(uuid7());
  const [asset, setAsset] = useState<string | null>('EUR');
  return (
    <SignDialog
      title={words.open}
      about={words.openAbout}
      action={words.open}
      ready={asset !== null}
      form={() => (
        <Field label={words.currency}>
          <Combobox options={currencies()} value={asset} onChange={setAsset} />
        </Field>
      )}
      prepare={() =>
        wish('account.open', {
          account: account.current,
          asset: asset ?? '',
          owner: userId,
          kind: 'liability',
        })
      }
      onClose={onClose}
    />
  );
}
