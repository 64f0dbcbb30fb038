import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { CircleCheck, CircleX, Clock, FileQuestion, Printer, ShieldAlert } from 'lucide-react';
import { ok } from '../../api/client';
import { Problem, told } from '../../app/problem';
import { useApi, useSessionSource } from '../../app/session';
import {
  decodeIntent,
  type Intent,
  parseReceipt,
  type Receipt,
  receiptBundle,
  type Settled,
  verifyReceipt,
} from '../../bank';
import { customer } from '../../text/en/customer';
import { intents } from '../../text/en/intents';
import { signing } from '../../text/en/signing';
import {
  Alert,
  Button,
  buttonClass,
  CopyButton,
  cx,
  EmptyState,
  ErrorState,
  Facts,
  formatMoney,
  Money,
  Page,
  Section,
  SkeletonLines,
  StepHeading,
  Steps,
  Timestamp,
} from '../../ui';
import { Reasons, sentence } from '../signing/notes';
import { Proof } from '../signing/proof';
import { Party } from '../signing/rows';
import { textOf, useAccounts, useNames, usePayees } from './data';

const words = customer.transfer.receipt;

/** Beside what was typed, so that signing out forgets it too. */
const KEPT = 'strongroom-typed/receipt/';

/** The receipt as it came when it was signed has the signature's bytes: what the bank shows later has not. */
export function keepReceipt({ receipt }: Settled): void {
  try {
    sessionStorage.setItem(KEPT + receipt.intentId, receiptBundle(receipt));
  } catch {
    // Then the page asks the bank for it.
  }
}

const keptReceipt = (id: string): Receipt | undefined => {
  try {
    const text = sessionStorage.getItem(KEPT + id);
    return text ? parseReceipt(text) : undefined;
  } catch {
    return undefined;
  }
};

/** The intent that a receipt shows. */
export const intentOf = (receipt: Receipt): Intent | undefined => {
  const bytes = receipt.groups.intent?.bytes;
  try {
    return bytes ? decodeIntent(bytes) : undefined;
  } catch {
    return undefined;
  }
};

/** The receipt of one's own transfer, with the certificates of this device where the bank left them out. */
export function useTransferReceipt(id: string | undefined) {
  const api = useApi();
  const source = useSessionSource();
  return useQuery({
    queryKey: ['transfer', id],
    enabled: id !== undefined,
    queryFn: async () => {
      const kept = keptReceipt(id ?? '');
      const movement = await ok(
        api.GET('/api/transactions/{id}', { params: { path: { id: id ?? '' } } }),
      ).catch((error) => {
        if (kept && error instanceof Problem && error.status === 404) return undefined;
        throw error;
      });
      const shown = kept ?? (movement?.receipt ? parseReceipt(movement.receipt) : undefined);
      const receipt = shown && (await withCertificates(shown, await source.bank()));
      const proof = receipt && (await verifyReceipt(receipt, (await source.bank()).trust));
      return { movement, receipt, proof };
    },
  });
}

/** Certificates are public, and this device has its own: they are added where they are the signer's. */
async function withCertificates(
  receipt: Receipt,
  bank: Awaited<ReturnType<ReturnType<typeof useSessionSource>['bank']>>,
): Promise<Receipt> {
  if (receipt.certificates.length > 0) return receipt;
  const profile = await bank.profile();
  const intent = intentOf(receipt);
  if (!profile?.certificates || !intent) return receipt;
  const { holder, issuing, root } = profile.certificates;
  const completed: Receipt = { ...receipt, certificates: [holder, issuing, root] };
  const { steps } = await verifyReceipt(completed, bank.trust);
  return steps.some((step) => step.outcome === 'failed') ? receipt : completed;
}

const LOOKS = {
  paid: { icon: CircleCheck, className: 'bg-good-soft text-good' },
  held: { icon: Clock, className: 'bg-warn-soft text-warn' },
  refused: { icon: CircleX, className: 'bg-bad-soft text-bad' },
  unproved: { icon: ShieldAlert, className: 'bg-bad-soft text-bad' },
} as const;

/** What became of a payment: a page with an address of its own, there only after the commit. */
export function TransferReceipt() {
  const { intent: id } = useParams({ strict: false }) as { intent?: string };
  const api = useApi();
  const found = useTransferReceipt(id);
  const receipt = found.data?.receipt;
  const isHeld = receipt?.outcome === 'accepted' && receipt.code === 'held';
  const approval = useQuery({
    queryKey: ['approval', id],
    enabled: isHeld,
    queryFn: () => ok(api.GET('/api/approvals/{payment}', { params: { path: { payment: id ?? '' } } })),
  });
  const accounts = useAccounts().data;
  const payees = usePayees().data;
  const named = useNames();
  const missing = found.error instanceof Problem && found.error.status === 404;
  const intent = receipt && intentOf(receipt);
  return (
    <Page title={customer.transfer.title} width="narrow">
      {found.isPending ? (
        <SkeletonLines lines={6} />
      ) : (found.isError && missing) ||
        (found.data && !receipt) ||
        (receipt && intent?.kind !== 'transfer') ? (
        <div className="panel">
          <EmptyState
            icon={<FileQuestion aria-hidden />}
            title={words.none}
            action={
              <Link to="/" className={buttonClass('primary')}>
                {customer.transfer.toHome}
              </Link>
            }
          >
            {words.noneAbout}
          </EmptyState>
        </div>
      ) : found.isError ? (
        <ErrorState {...told(found.error)} onRetry={() => void found.refetch()} />
      ) : (
        receipt &&
        intent?.kind === 'transfer' &&
        (() => {
          const { amount, asset, debit, credit } = intent.body;
          const scale = accounts?.find((account) => account.asset === asset)?.scale;
          // What contradicts its own proof says nothing, least of all that money moved.
          const isBroken = found.data?.proof?.valid === false;
          const recorded = receipt.outcome === 'refused' ? 'refused' : isHeld ? 'held' : 'paid';
          const state = isBroken ? 'unproved' : recorded;
          const { icon: Icon, className } = LOOKS[state];
          const effects = found.data?.proof?.effects;
          const reasons = effects?.risk?.reasons ?? [];
          const memo = textOf(found.data?.movement?.details, 'memo');
          const to = named(credit);
          const isStranger = payees && !to.known && !to.own;
          return (
            <div className="grid gap-6">
              <div className="no-print">
                <Steps steps={customer.transfer.steps} current={3} />
              </div>
              <div className="panel px-5 py-7 sm:px-7">
                <div className="grid justify-items-center gap-2 text-center">
                  <span className={cx('grid size-14 place-items-center rounded-full', className)}>
                    <Icon aria-hidden className="size-7" />
                  </span>
                  <StepHeading className="!text-lg">{words[state]}</StepHeading>
                  <Money
                    minor={amount}
                    asset={asset}
                    size="3xl"
                    {...(scale === undefined ? {} : { scale })}
                  />
                  <p className="text-ink-2">{customer.account.paidTo(to.name)}</p>
                </div>
                <div className="mt-5 grid gap-3">
                  {state === 'unproved' && (
                    <Alert kind="bad" title={signing.proof.broken}>
                      {words.unprovedAbout}
                    </Alert>
                  )}
                  {state === 'held' && (
                    <Alert kind="warn" title={words.held}>
                      <p>{words.heldAbout(to.name)}</p>
                      {approval.data?.approvers === '2' && <p>{words.heldTwo}</p>}
                      {approval.data?.cause === 'amount' && <p>{words.becauseAmount}</p>}
                      <Reasons reasons={reasons} />
                      {approval.data?.status === 'waiting' && (
                        <p>
                          {words.heldUntil} <Timestamp at={approval.data.expires_at} />.
                        </p>
                      )}
                      {approval.data && approval.data.status !== 'waiting' && (
                        <p className="font-medium">
                          {words[approval.data.status as 'approved' | 'rejected' | 'expired']}
                        </p>
                      )}
                    </Alert>
                  )}
                  {state === 'refused' && (
                    <Alert kind="bad" title={customer.transfer.refusedTitle}>
                      <p>{sentence(customer.refusals[receipt.code] ?? receipt.code)}</p>
                      {effects?.result['limit_left'] && (
                        <p>{signing.left(formatMoney(effects.result['limit_left'], asset, scale))}</p>
                      )}
                      <Reasons reasons={reasons} />
                      <p>{customer.transfer.refusedAbout}</p>
                    </Alert>
                  )}
                </div>
                <Facts
                  className="mt-5"
                  items={[
                    [intents.members['credit'], <Party key="to" named={to} />],
                    [intents.members['debit'], <Party key="from" named={named(debit)} />],
                    memo !== undefined && [intents.members['memo'], memo],
                    [
                      words.reference,
                      <span key="id" className="inline-flex flex-wrap items-center gap-1">
                        <code className="font-mono text-[0.9em] break-all">{receipt.intentId}</code>
                        <CopyButton value={receipt.intentId} label={words.copyReference} />
                      </span>,
                    ],
                    found.data?.proof?.origin !== undefined && [
                      words.recorded,
                      <Timestamp key="at" at={found.data.proof.origin.at} precision="second" />,
                    ],
                    [
                      words.leaf,
                      <span key="leaf" className="figures">
                        {receipt.index.toString()}
                      </span>,
                    ],
                  ]}
                />
                <div className="no-print mt-5 flex flex-wrap gap-2">
                  <Link to="/transfer" className={buttonClass('primary')}>
                    {state === 'refused' ? customer.transfer.changeIt : words.another}
                  </Link>
                  <Link to="/accounts/$id" params={{ id: debit } as never} className={buttonClass()}>
                    {words.toAccount}
                  </Link>
                  {(state === 'paid' || state === 'held') && isStranger && (
                    <Link
                      to="/beneficiaries"
                      search={{ add: to.number.replace(/\s/g, '') } as never}
                      className={buttonClass()}
                    >
                      {words.keepPayee}
                    </Link>
                  )}
                  <Button
                    tone="quiet"
                    icon={<Printer aria-hidden className="size-4" />}
                    onClick={() => window.print()}
                  >
                    {words.print}
                  </Button>
                </div>
              </div>
              <Section title={words.proof} about={words.proofAbout}>
                <Proof receipt={receipt} />
              </Section>
            </div>
          );
        })()
      )}
    </Page>
  );
}
