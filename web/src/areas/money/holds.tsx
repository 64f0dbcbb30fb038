import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { useAllowed } from '../../app/navigation';
import { told } from '../../app/problem';
import { useApi, useSignedIn } from '../../app/session';
import { whole } from '../../app/whole';
import { wish } from '../../bank';
import { money } from '../../text/en/money';
import { Alert, Button, Money, Table, Timestamp } from '../../ui';
import { SignDialog } from '../signing/dialog';
import { AccountOf } from '../signing/rows';
import type { Unit } from './amount';
import { PartFields, partBody, WHOLE } from './part';

const words = money.holds;
const PAGE = 200;
const PAGES_MAX = 10;

type Hold = Schemas['HoldView'];

/** What is held on an account or for it. */
function useHolds(account: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['holds', account],
    queryFn: async () => {
      const { items, cut } = await whole(
        (cursor) =>
          ok(api.GET('/api/holds', { params: { query: { limit: PAGE, ...(cursor ? { cursor } : {}) } } })),
        PAGES_MAX,
      );
      return { items: items.filter(({ debit, credit }) => debit === account || credit === account), cut };
    },
  });
}

type Doing = { what: 'capture' | 'void'; hold: Hold };

/** What is held on an account and why, and what whoever looks may do about it. */
export function Holds({ account, dense }: { account: Unit & { id: string }; dense?: boolean }) {
  const { role } = useSignedIn();
  const allowed = useAllowed();
  const found = useHolds(account.id);
  const [doing, setDoing] = useState<Doing>();
  const isOwn = role === 'customer';
  const isIn = (hold: Hold) => hold.credit === account.id;
  const may = (route: `POST /${string}`) => allowed?.has(route) ?? false;
  const reason = (hold: Hold) =>
    hold.for_approval ? words.reasons.approval : isIn(hold) ? words.reasons.in : words.reasons.out;
  const actions = (hold: Hold): ReactNode => {
    if (hold.for_approval) {
      return isOwn || !may('POST /api/approvals/decide') ? null : (
        <Link to="/manage/approvals" className="text-sm text-accent underline underline-offset-2">
          {words.decided}
        </Link>
      );
    }
    // The payee takes it or gives it back; a manager only gives it back.
    if (isOwn && !isIn(hold)) return <span className="text-sm text-ink-3">{words.onlyPayee}</span>;
    return (
      <span className="inline-flex flex-wrap justify-end gap-1.5">
        {isOwn && may('POST /api/holds/capture') && (
          <Button size="sm" tone="primary" onClick={() => setDoing({ what: 'capture', hold })}>
            {words.capture}
          </Button>
        )}
        {may('POST /api/holds/void') && (
          <Button size="sm" onClick={() => setDoing({ what: 'void', hold })}>
            {words.void}
          </Button>
        )}
      </span>
    );
  };
  return (
    <>
      {found.data?.cut && (
        <div className="p-4">
          <Alert kind="warn">{words.cut}</Alert>
        </div>
      )}
      <Table
        label={words.table}
        dense={dense ?? false}
        rows={found.data?.items}
        rowKey={(hold) => hold.hold}
        error={found.isError ? { ...told(found.error), onRetry: () => void found.refetch() } : null}
        empty={
          <p className={dense ? 'px-3 py-3 text-sm text-ink-3' : 'px-5 py-4 text-sm text-ink-3'}>
            {words.none}
          </p>
        }
        columns={[
          {
            id: 'who',
            header: words.who,
            cell: (hold) => (
              <>
                <AccountOf id={isIn(hold) ? hold.debit : hold.credit} />
                <span className="block text-sm font-normal text-ink-2">{reason(hold)}</span>
              </>
            ),
          },
          { id: 'until', header: words.until, cell: (hold) => <Timestamp at={hold.expires_at} /> },
          {
            id: 'amount',
            header: words.amount,
            align: 'right',
            cell: (hold) => <Money minor={hold.amount} asset={hold.asset} scale={account.scale} />,
          },
          {
            id: 'do',
            header: <span className="sr-only">{words.actions}</span>,
            align: 'right',
            cell: actions,
          },
        ]}
      />
      {doing?.what === 'capture' && (
        <Capture hold={doing.hold} unit={account} onClose={() => setDoing(undefined)} />
      )}
      {doing?.what === 'void' && (
        <SignDialog
          title={words.voidTitle}
          about={words.voidAbout}
          danger
          action={words.voidSign}
          also={() => aboutOf(doing.hold, account)}
          prepare={() => wish('hold.void', { hold: doing.hold.hold })}
          done={() => words.voided}
          onClose={() => setDoing(undefined)}
        />
      )}
    </>
  );
}

const aboutOf = (hold: Hold, unit: Unit) =>
  [
    [words.ofAmount, <Money key="held" minor={hold.amount} asset={unit.asset} scale={unit.scale} />],
    [words.byWhom, <AccountOf key="of" id={hold.debit} />],
    [words.forWhom, <AccountOf key="for" id={hold.credit} />],
  ] as const;

/** Takes what is held: all of it, or a part, and the rest is given back. */
function Capture({ hold, unit, onClose }: { hold: Hold; unit: Unit; onClose: () => void }) {
  const [part, setPart] = useState(WHOLE);
  return (
    <SignDialog
      title={words.captureTitle}
      about={words.captureAbout}
      action={words.captureSign}
      also={() => aboutOf(hold, unit)}
      prepare={() => wish('hold.capture', { hold: hold.hold, ...partBody(part, unit, hold.amount) })}
      form={(problem) => (
        <PartFields part={part} set={setPart} unit={unit} most={hold.amount} problem={problem} />
      )}
      done={() => words.captured}
      onClose={onClose}
    />
  );
}
