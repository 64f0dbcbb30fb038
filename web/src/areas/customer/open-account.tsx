import { useState } from 'react';
import { useSignedIn } from '../../app/session';
import { scaleOf, uuid7, wish } from '../../bank';
import { LOCALE } from '../../text';
import { customer } from '../../text/en/customer';
import { Button, Combobox, Dialog, Field, toast } from '../../ui';
import { useReadAgain } from './data';
import { useCannotSign } from './review';
import { SignDialog } from './sign';

const words = customer.account;

/** Every currency that the bank keeps, by name. */
const currencies = () => {
  const names = new Intl.DisplayNames(LOCALE, { type: 'currency' });
  return Intl.supportedValuesOf('currency')
    .filter((code) => scaleOf(code) !== undefined)
    .map((code) => ({ value: code, label: `${code} · ${names.of(code) ?? code}` }));
};

/** Two questions: in which currency, and your signature. */
export function OpenAccount({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { userId } = useSignedIn();
  const readAgain = useReadAgain();
  const cannot = useCannotSign();
  const [asset, setAsset] = useState<string | null>('EUR');
  const [account, setAccount] = useState<string>();
  const close = () => {
    setAccount(undefined);
    onClose();
  };
  if (account && asset) {
    return (
      <SignDialog
        open={open}
        title={words.open}
        action={words.open}
        prepare={() => wish('account.open', { account, asset, owner: userId, kind: 'liability' })}
        onClose={close}
        onDone={() => {
          toast(words.opened);
          void readAgain();
          close();
        }}
      />
    );
  }
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title={words.open}
      description={words.openAbout}
      actions={
        <Button tone="primary" disabled={!asset || Boolean(cannot)} onClick={() => setAccount(uuid7())}>
          {customer.transfer.toReview}
        </Button>
      }
    >
      <Field label={words.currency} hint={cannot}>
        <Combobox options={currencies()} value={asset} onChange={setAsset} />
      </Field>
    </Dialog>
  );
}
