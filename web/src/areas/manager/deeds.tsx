import { useState } from 'react';
import { Faults, fieldError } from '../../app/problem';
import { type Bodies, type Prepared, parseAmount, uuid7, wish } from '../../bank';
import { intents } from '../../text/en/intents';
import { manager } from '../../text/en/manager';
import { Alert, Field, Select, Textarea } from '../../ui';
import { AmountField, amountFault } from '../money/amount';
import { FreezeDialog } from '../money/freeze';
import { SignDialog } from '../signing/dialog';
import { AccountName } from '../staff/people';
import { type Account, useAssets } from './data';

const words = manager.customer;
const REASON_MAX = 140;
type Revocation = Bodies['device.revoke']['reason'];
const REVOCATIONS: readonly Revocation[] = ['key_compromise', 'superseded', 'cessation', 'unspecified'];

/** What a manager is about to do for a customer. */
export type Deed =
  | { kind: 'open'; user: string }
  | { kind: 'lock'; user: string; locked: boolean }
  | { kind: 'freeze'; account: Account }
  | { kind: 'fund' | 'overdraft' | 'close'; account: Account }
  | { kind: 'revoke-device'; device: string }
  | { kind: 'revoke-certificate'; certificate: string };

/** All but the freeze, which an owner signs too. */
type OtherDeed = Exclude<Deed, { kind: 'freeze' }>;

interface FormState {
  asset: string;
  amount: string;
  reason: string;
  revocation: Revocation;
}

const REASONED: ReadonlySet<Deed['kind']> = new Set(['lock']);
const DANGEROUS: ReadonlySet<Deed['kind']> = new Set(['close', 'revoke-device', 'revoke-certificate']);

const titleOf = (deed: OtherDeed): readonly [title: string, about: string] => {
  switch (deed.kind) {
    case 'open':
      return [words.open, words.openAbout];
    case 'lock':
      return deed.locked ? [words.lockTitle, words.lockAbout] : [words.unlockTitle, words.unlockAbout];
    case 'fund':
      return [words.fundTitle, words.fundAbout];
    case 'overdraft':
      return [words.overdraftTitle, words.overdraftAbout];
    case 'close':
      return [words.actions.close, words.closeAbout];
    case 'revoke-device':
      return [words.revokeDevice, words.revokeDeviceAbout];
    case 'revoke-certificate':
      return [words.revokeCertificate, words.revokeCertificateAbout];
  }
};

/** The wish that a form says; throws what is to be put right. */
function wishOf(deed: OtherDeed, form: FormState): Prepared {
  const reason = form.reason.trim();
  if (REASONED.has(deed.kind) && !reason) throw new Faults({ reason: words.reasonMissing });
  switch (deed.kind) {
    case 'open':
      return wish('account.open', {
        account: uuid7(),
        asset: form.asset,
        owner: deed.user,
        kind: 'liability',
      });
    case 'lock':
      return wish('user.lock', { user: deed.user, locked: deed.locked, reason });
    case 'close':
      return wish('account.close', { account: deed.account.id });
    case 'fund':
    case 'overdraft': {
      const { id, asset, scale } = deed.account;
      const read = parseAmount(form.amount, scale, asset);
      const endsIt = deed.kind === 'overdraft' && !read.ok && read.fault === 'zero';
      if (!read.ok && !endsIt) throw new Faults({ amount: amountFault(read, deed.account) });
      const body = { account: id, amount: read.ok ? read.minor.toString() : '0', asset };
      return deed.kind === 'fund' ? wish('account.fund', body) : wish('account.overdraft', body);
    }
    case 'revoke-device':
      return wish('device.revoke', { device: deed.device, reason: form.revocation });
    case 'revoke-certificate':
      return wish('certificate.revoke', { certificate: deed.certificate, reason: form.revocation });
  }
}

interface Props<T> {
  deed: T;
  onClose: () => void;
}

/** Asks what else must be known, and has it signed. */
export const DeedDialog = ({ deed, onClose }: Props<Deed>) =>
  deed.kind === 'freeze' ? (
    <FreezeDialog account={deed.account} mayLift onClose={onClose} />
  ) : (
    <OtherDialog deed={deed} onClose={onClose} />
  );

function OtherDialog({ deed, onClose }: Props<OtherDeed>) {
  const [form, setForm] = useState<FormState>({
    asset: 'EUR',
    amount: '',
    reason: '',
    revocation: 'key_compromise',
  });
  const assets = useAssets();
  const change = (part: Partial<FormState>) => setForm((was) => ({ ...was, ...part }));
  const [title, about] = titleOf(deed);
  const fields = (problem: unknown) => (
    <>
      {'account' in deed && (
        <div className="rounded-lg bg-sunken px-4 py-3">
          <AccountName id={deed.account.id} />
        </div>
      )}
      {deed.kind === 'open' && (
        <Field label={words.currency}>
          <Select
            value={form.asset}
            onChange={(asset) => change({ asset })}
            options={assets.map((asset) => ({ value: asset, label: asset }))}
          />
        </Field>
      )}
      {(deed.kind === 'fund' || deed.kind === 'overdraft') && (
        <AmountField
          label={words.amountLabel(deed.account.asset)}
          typed={form.amount}
          onType={(amount) => change({ amount })}
          unit={deed.account}
          error={fieldError(problem, 'amount')}
        />
      )}
      {REASONED.has(deed.kind) && (
        <Field label={words.reason} hint={words.reasonHint} error={fieldError(problem, 'reason')} required>
          <Textarea
            rows={2}
            maxLength={REASON_MAX}
            value={form.reason}
            onChange={(event) => change({ reason: event.target.value })}
          />
        </Field>
      )}
      {(deed.kind === 'revoke-device' || deed.kind === 'revoke-certificate') && (
        <Field label={words.why}>
          <Select
            value={form.revocation}
            onChange={(revocation) => change({ revocation: revocation as Revocation })}
            options={REVOCATIONS.map((one) => ({ value: one, label: intents.values.reason[one] }))}
          />
        </Field>
      )}
      {deed.kind === 'close' && <Alert kind="warn">{words.closeAbout}</Alert>}
    </>
  );
  return (
    <SignDialog
      title={title}
      about={about}
      danger={DANGEROUS.has(deed.kind)}
      form={fields}
      prepare={() => wishOf(deed, form)}
      onClose={onClose}
    />
  );
}
