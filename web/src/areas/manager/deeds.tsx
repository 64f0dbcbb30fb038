import { type FormEvent, useState } from 'react';
import { type Bodies, type ParsedAmount, type Prepared, parseAmount, uuid7, wish } from '../../bank';
import { manager } from '../../text/en/manager';
import { staff } from '../../text/en/staff';
import { Alert, Button, Checkbox, Dialog, Field, formatMoney, Input, Select, Textarea } from '../../ui';
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
  | { kind: 'fund' | 'freeze' | 'overdraft' | 'close'; account: Account }
  | { kind: 'revoke-device'; device: string }
  | { kind: 'revoke-certificate'; certificate: string };

interface FormState {
  asset: string;
  amount: string;
  debit: boolean;
  credit: boolean;
  reason: string;
  revocation: Revocation;
}

type Faults = Partial<Record<keyof FormState, string>>;

const titleOf = (deed: Deed): readonly [title: string, about: string] => {
  switch (deed.kind) {
    case 'open':
      return [words.open, words.openAbout];
    case 'lock':
      return deed.locked ? [words.lockTitle, words.lockAbout] : [words.unlockTitle, words.unlockAbout];
    case 'fund':
      return [words.fundTitle, words.fundAbout];
    case 'freeze':
      return [words.freezeTitle, words.freezeAbout];
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

/** The wish that a form says, or what is to be put right. */
function wishOf(deed: Deed, form: FormState): Prepared | Faults {
  const reason = form.reason.trim();
  const noReason: Faults = { reason: words.reasonMissing };
  switch (deed.kind) {
    case 'open':
      return wish('account.open', {
        account: uuid7(),
        asset: form.asset,
        owner: deed.user,
        kind: 'liability',
      });
    case 'lock':
      return reason ? wish('user.lock', { user: deed.user, locked: deed.locked, reason }) : noReason;
    case 'freeze': {
      const { debit, credit } = form;
      return reason ? wish('account.freeze', { account: deed.account.id, debit, credit, reason }) : noReason;
    }
    case 'close':
      return wish('account.close', { account: deed.account.id });
    case 'fund':
    case 'overdraft': {
      const { id, asset, scale } = deed.account;
      const read = parseAmount(form.amount, scale, asset);
      const endsIt = deed.kind === 'overdraft' && !read.ok && read.fault === 'zero';
      if (!read.ok && !endsIt) return { amount: faultOf(read, asset, scale) };
      const body = { account: id, amount: read.ok ? read.minor.toString() : '0', asset };
      return deed.kind === 'fund' ? wish('account.fund', body) : wish('account.overdraft', body);
    }
    case 'revoke-device':
      return wish('device.revoke', { device: deed.device, reason: form.revocation });
    case 'revoke-certificate':
      return wish('certificate.revoke', { certificate: deed.certificate, reason: form.revocation });
  }
}

/** Why an amount is not understood; where it has two readings, both are named. */
function faultOf(read: ParsedAmount & { ok: false }, asset: string, scale: number): string {
  if (read.readings) {
    const [large, small] = read.readings.map((minor) => formatMoney(minor, asset, scale));
    return words.amountReadings(large ?? '', small ?? '');
  }
  return words.amountFaults[read.fault];
}

const isWish = (made: Prepared | Faults): made is Prepared => 'wish' in made;

/** Asks what else must be known, and hands on what is to be signed. */
export function DeedForm({
  deed,
  onCancel,
  onReview,
}: {
  deed: Deed;
  onCancel: () => void;
  onReview: (prepared: Prepared) => void;
}) {
  const [form, setForm] = useState<FormState>({
    asset: 'EUR',
    amount: '',
    debit: deed.kind === 'freeze' && deed.account.freeze_debit,
    credit: deed.kind === 'freeze' && deed.account.freeze_credit,
    reason: '',
    revocation: 'key_compromise',
  });
  const [faults, setFaults] = useState<Faults>({});
  const assets = useAssets();
  const change = (part: Partial<FormState>) => {
    setForm((was) => ({ ...was, ...part }));
    setFaults({});
  };
  const review = (event: FormEvent) => {
    event.preventDefault();
    const made = wishOf(deed, form);
    if (isWish(made)) onReview(made);
    else setFaults(made);
  };
  const [title, about] = titleOf(deed);
  const formId = `deed-${deed.kind}`;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onCancel()}
      title={title}
      description={about}
      actions={
        <>
          <Button tone="primary" type="submit" form={formId}>
            {words.review}
          </Button>
          <Button onClick={onCancel}>{words.cancel}</Button>
        </>
      }
    >
      <form id={formId} onSubmit={review} noValidate className="grid gap-4">
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
          <Field label={words.amountLabel(deed.account.asset)} error={faults.amount} required>
            <Input
              inputMode="decimal"
              figures
              suffix={deed.account.asset}
              value={form.amount}
              onChange={(event) => change({ amount: event.target.value })}
            />
          </Field>
        )}
        {deed.kind === 'freeze' && (
          <div className="grid gap-2">
            <Checkbox
              label={words.stopDebit}
              checked={form.debit}
              onChange={(event) => change({ debit: event.target.checked })}
            />
            <Checkbox
              label={words.stopCredit}
              checked={form.credit}
              onChange={(event) => change({ credit: event.target.checked })}
            />
          </div>
        )}
        {(deed.kind === 'freeze' || deed.kind === 'lock') && (
          <Field label={words.reason} hint={words.reasonHint} error={faults.reason} required>
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
              options={REVOCATIONS.map((one) => ({ value: one, label: staff.words[one] ?? one }))}
            />
          </Field>
        )}
        {deed.kind === 'close' && <Alert kind="warn">{words.closeAbout}</Alert>}
      </form>
    </Dialog>
  );
}
