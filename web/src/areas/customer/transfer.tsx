import { Link, useNavigate } from '@tanstack/react-router';
import { Wallet } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import type { Settled } from '../../bank';
import { customer } from '../../text/en/customer';
import { buttonClass, EmptyState, ErrorState, Page, SkeletonLines, Steps } from '../../ui';
import { type Attempt, useStandingAttempts } from '../signing/attempts';
import { Earlier } from '../signing/earlier';
import { type Laid, useSigning } from '../signing/signing';
import { type Account, useAccounts } from './data';
import { useKept } from './kept';
import { BLANK, type PaymentForm } from './payment-form';
import { keepReceipt } from './receipt';
import { Details } from './transfer-details';
import { ReviewStep, SignStep } from './transfer-steps';

const words = customer.transfer;

export function Transfer() {
  const accounts = useAccounts();
  const standing = useStandingAttempts();
  const open = accounts.data?.filter((account) => !account.closed);
  return (
    <Page title={words.title} width="narrow">
      {accounts.isError ? (
        <ErrorState {...told(accounts.error)} onRetry={() => void accounts.refetch()} />
      ) : !open || standing.isPending ? (
        <SkeletonLines lines={6} />
      ) : open.length === 0 ? (
        <div className="panel">
          <EmptyState
            icon={<Wallet aria-hidden />}
            title={words.noAccount}
            action={
              <Link to="/" className={buttonClass('primary')}>
                {words.toHome}
              </Link>
            }
          >
            {words.noAccountAbout}
          </EmptyState>
        </div>
      ) : (
        <Flow accounts={open} standing={standing.data?.find(({ intent }) => intent.kind === 'transfer')} />
      )}
    </Page>
  );
}

function Flow({ accounts, standing }: { accounts: Account[]; standing: Attempt | undefined }) {
  const { search } = useListSearch();
  const navigate = useNavigate();
  const [form, change, forget] = useKept<PaymentForm>('transfer', BLANK);
  const [laid, setLaid] = useState<Laid>();
  // What was there when the page came: an attempt of this very page is told where it was made.
  const [earlier, setEarlier] = useState(standing);
  const step = search['step'];
  const go = (next: 'review' | 'sign' | undefined) =>
    void navigate({ to: '/transfer', search: (next ? { step: next } : {}) as never });

  // A payee's "Pay", a template or "Pay again" fill in the form once, and leave the address.
  const filled = useRef(false);
  useEffect(() => {
    const { from, to, payee, amount, memo } = search;
    if (filled.current || !(from || to || payee || amount)) return;
    filled.current = true;
    change({
      ...BLANK,
      ...(from ? { from } : {}),
      ...(payee ? { way: 'payee' as const, payee } : {}),
      ...(to ? { way: 'number' as const, number: to } : {}),
      ...(amount ? { amount } : {}),
      ...(memo ? { memo } : {}),
    });
    void navigate({ to: '/transfer', search: {} as never, replace: true });
  }, [search, change, navigate]);

  // The address says review, and the page was loaded again: what was laid out is gone, what was typed is not.
  const isLost = (step === 'review' || step === 'sign') && !laid;

  const settled = (became: Settled) => {
    keepReceipt(became);
    forget();
    void navigate({ to: `/transfer/${became.receipt.intentId}`, replace: true });
  };
  const sign = useSigning({ onSettled: (outcome) => settled(outcome.settled) });
  if (earlier && sign.state.phase !== 'settled') {
    return <Earlier attempt={earlier} onOver={() => setEarlier(undefined)} onSettled={settled} />;
  }
  const at = step === 'sign' && laid ? 2 : step === 'review' && laid ? 1 : 0;
  return (
    <div className="grid gap-6">
      <Steps steps={words.steps} current={at} />
      <div className="panel p-5 sm:p-7">
        {at === 0 && (
          <Details
            accounts={accounts}
            form={form}
            change={change}
            goOn={isLost}
            onReady={(made) => {
              setLaid(made);
              sign.reset();
              go('review');
            }}
          />
        )}
        {at === 1 && laid && (
          <ReviewStep {...laid} onChange={() => go(undefined)} onNext={() => go('sign')} />
        )}
        {at === 2 && laid && <SignStep draft={laid.draft} sign={sign} onBack={() => go('review')} />}
      </div>
    </div>
  );
}
