import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { KeyRound, Landmark, Lock, LockOpen, Plus } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi } from '../../app/session';
import { groupedNumber } from '../../bank';
import { shell } from '../../text';
import { manager } from '../../text/en/manager';
import { money } from '../../text/en/money';
import { people } from '../../text/en/people';
import {
  Alert,
  Badge,
  Button,
  Drawer,
  EmptyState,
  ErrorState,
  Facts,
  Hash,
  Money,
  type Mood,
  Page,
  Pagination,
  Section,
  SkeletonLines,
  Table,
  Timestamp,
} from '../../ui';
import { Holds } from '../money/holds';
import { Reverse } from '../money/reverse';
import { AccountName, PersonState, roleName, Sum, useAccount, useProfile } from '../staff/people';
import { type Account, memoOf, type Transfer, useAccountsOf, useMay } from './data';
import { type Deed, DeedDialog } from './deeds';

const words = manager.customer;
const MOVEMENTS = 25;
const CERTIFICATES: Record<string, Mood> = { active: 'good', superseded: 'neutral', revoked: 'bad' };

/** One customer: who they are, their accounts, their devices, and what a manager may do about them. */
export function Customer() {
  const api = useApi();
  const { user } = useParams({ strict: false }) as { user: string };
  const { search, set } = useListSearch();
  const may = useMay();
  const profile = useProfile(user);
  const accounts = useAccountsOf(user);
  const [deed, setDeed] = useState<Deed>();
  const person = profile.data;
  const email = person?.email;
  // Whether somebody is locked out stands in the list of people alone.
  const listed = useQuery({
    queryKey: ['people', 'one', user, email],
    enabled: email !== undefined,
    queryFn: () =>
      ok(
        api.GET('/api/admin/users', {
          params: { query: { limit: 200, ...(email ? { search: email } : {}) } },
        }),
      ),
    select: ({ items }) => items.find((one) => one.user_id === user),
  }).data;
  const isLocked = listed?.locked ?? false;
  const shown = accounts.data?.items.find((one) => one.id === search['account']);
  return (
    <Page
      title={person?.name ?? words.person}
      about={person?.email}
      actions={
        person && (
          <Button
            disabled={!listed || !may('POST /api/admin/users/lock')}
            icon={
              isLocked ? <LockOpen aria-hidden className="size-4" /> : <Lock aria-hidden className="size-4" />
            }
            onClick={() => setDeed({ kind: 'lock', user, locked: !isLocked })}
          >
            {isLocked ? words.unlock : words.lock}
          </Button>
        )
      }
    >
      {profile.isError && (
        <div className="panel mb-5">
          <ErrorState {...told(profile.error)} onRetry={() => void profile.refetch()} />
        </div>
      )}
      {person && (
        <Section>
          <Facts
            items={[
              [people.role, roleName(person.role)],
              [people.state, <PersonState key="status" status={person.status} locked={isLocked} />],
              [people.since, <Timestamp key="since" at={person.registered_at} precision="day" />],
              [shell.personId, <Hash key="id" value={user} />],
            ]}
          />
        </Section>
      )}
      <Section
        title={words.accounts}
        flush
        actions={
          <Button
            size="sm"
            disabled={!may('POST /api/accounts')}
            icon={<Plus aria-hidden className="size-4" />}
            onClick={() => setDeed({ kind: 'open', user })}
          >
            {words.open}
          </Button>
        }
      >
        {accounts.data?.cut && (
          <div className="p-4">
            <Alert kind="warn">{words.cut}</Alert>
          </div>
        )}
        <Table
          label={words.accounts}
          rows={accounts.data?.items}
          rowKey={(one) => one.id}
          onOpen={(one) => set({ account: one.id })}
          selected={shown?.id}
          error={
            accounts.isError ? { ...told(accounts.error), onRetry: () => void accounts.refetch() } : null
          }
          empty={
            <EmptyState icon={<Landmark aria-hidden />} title={words.noAccounts}>
              {words.noAccountsAbout}
            </EmptyState>
          }
          columns={[
            {
              id: 'number',
              header: words.number,
              cell: (one) => <span className="figures">{groupedNumber(one.number)}</span>,
            },
            { id: 'state', header: words.state, cell: (one) => <AccountState account={one} /> },
            {
              id: 'available',
              header: words.available,
              align: 'right',
              wideOnly: true,
              cell: (one) => <Sum minor={one.available} account={one} />,
            },
            {
              id: 'balance',
              header: words.balance,
              align: 'right',
              cell: (one) => <Sum minor={one.balance} account={one} />,
            },
          ]}
        />
      </Section>
      <Devices user={user} onDeed={setDeed} />
      <Drawer
        open={shown !== undefined && deed === undefined}
        onOpenChange={(open) => !open && set({ account: undefined })}
        title={shown ? groupedNumber(shown.number) : ''}
        description={shown && <AccountState account={shown} />}
      >
        {shown && <OneAccount account={shown} onDeed={setDeed} />}
      </Drawer>
      {deed && <DeedDialog deed={deed} onClose={() => setDeed(undefined)} />}
    </Page>
  );
}

function AccountState({ account }: { account: Account }) {
  if (account.closed) return <Badge>{words.closed}</Badge>;
  if (account.freeze_debit && account.freeze_credit) return <Badge mood="bad">{words.frozen}</Badge>;
  if (account.freeze_debit) return <Badge mood="warn">{words.frozenDebit}</Badge>;
  if (account.freeze_credit) return <Badge mood="warn">{words.frozenCredit}</Badge>;
  return <Badge mood="good">{words.normal}</Badge>;
}

const negative = (floor: string): string => (floor.startsWith('-') ? floor.slice(1) : floor);

function OneAccount({ account, onDeed }: { account: Account; onDeed: (deed: Deed) => void }) {
  const may = useMay();
  const open = !account.closed;
  const empty = /^-?0+$/.test(account.balance);
  const floor = account.floor && !/^-?0+$/.test(account.floor) ? account.floor : undefined;
  const actions = [
    ['fund', 'POST /api/accounts/fund', open],
    ['freeze', 'POST /api/accounts/freeze', open],
    ['overdraft', 'POST /api/accounts/overdraft', open],
    ['close', 'POST /api/accounts/close', open && empty],
  ] as const;
  const denied = actions.some(([, route]) => !may(route));
  return (
    <div className="grid gap-5">
      <Facts
        items={[
          [words.balance, <Sum key="balance" minor={account.balance} account={account} />],
          [words.available, <Sum key="available" minor={account.available} account={account} />],
          [
            words.overdraft,
            floor ? <Sum key="floor" minor={negative(floor)} account={account} /> : words.noOverdraft,
          ],
          [words.opened, <Timestamp key="opened" at={account.opened_at} precision="day" />],
        ]}
      />
      <div>
        <div className="flex flex-wrap gap-2">
          {actions.map(([kind, route, possible]) => (
            <Button
              key={kind}
              size="sm"
              disabled={!possible || !may(route)}
              onClick={() => onDeed({ kind, account })}
            >
              {words.actions[kind]}
            </Button>
          ))}
        </div>
        <p className="mt-2 text-sm text-ink-3">
          {!open
            ? words.isClosed
            : denied
              ? words.noRight
              : !empty && `${words.actions.close}: ${words.notEmpty}`}
        </p>
      </div>
      <div>
        <h3 className="mb-1 font-medium">{money.holds.title}</h3>
        <div className="-mx-3">
          <Holds account={account} dense />
        </div>
      </div>
      <div>
        <h3 className="mb-1 font-medium">{words.movements}</h3>
        <Movements account={account} />
      </div>
    </div>
  );
}

function Movements({ account }: { account: Account }) {
  const api = useApi();
  const { search, pages } = useListSearch();
  const [reversing, setReversing] = useState<Transfer>();
  const cursor = search['cursor'];
  const history = useQuery({
    queryKey: ['history', account.id, MOVEMENTS, cursor],
    queryFn: () =>
      ok(
        api.GET('/api/transactions/history', {
          params: { query: { account: account.id, limit: MOVEMENTS, ...(cursor ? { cursor } : {}) } },
        }),
      ),
  });
  return (
    <div className="-mx-3">
      <Table
        dense
        label={words.movements}
        rows={history.data?.items}
        rowKey={(one) => one.id}
        error={history.isError ? { ...told(history.error), onRetry: () => void history.refetch() } : null}
        empty={<p className="px-3 py-4 text-sm text-ink-3">{words.movementsEmpty}</p>}
        columns={[
          { id: 'at', header: words.when, cell: (one) => <Timestamp at={one.at} /> },
          {
            id: 'with',
            header: words.counterparty,
            cell: (one) => (
              <>
                <AccountName id={one.debit === account.id ? one.credit : one.debit} />
                {memoOf(one) && <span className="block text-sm text-ink-2">{memoOf(one)}</span>}
              </>
            ),
          },
          {
            id: 'amount',
            header: words.amount,
            align: 'right',
            cell: (one) => (
              <Money
                signed
                minor={one.debit === account.id ? `-${one.amount}` : one.amount}
                asset={one.asset}
                scale={account.scale}
              />
            ),
          },
          {
            id: 'do',
            header: <span className="sr-only">{money.reverse.staffAction}</span>,
            align: 'right',
            cell: (one) =>
              one.credit === account.id && (
                <ReverseButton transfer={one} onReverse={() => setReversing(one)} />
              ),
          },
        ]}
        pagination={<Pagination {...pages(history.data?.next)} shown={history.data?.items.length} />}
      />
      {reversing && <Reverse transfer={reversing} unit={account} onClose={() => setReversing(undefined)} />}
    </div>
  );
}

/** Staff give back what the bank itself paid in; what people paid each other, its payee gives back. */
function ReverseButton({ transfer, onReverse }: { transfer: Transfer; onReverse: () => void }) {
  const may = useMay();
  const debit = useAccount(transfer.debit).data;
  const isOfBank = debit !== undefined && !debit.owner;
  if (!isOfBank || transfer.rate || transfer.code !== 'ok' || !may('POST /api/transactions/reverse'))
    return null;
  return (
    <Button size="sm" tone="quiet" onClick={onReverse}>
      {money.reverse.staffAction}
    </Button>
  );
}

function Devices({ user, onDeed }: { user: string; onDeed: (deed: Deed) => void }) {
  const api = useApi();
  const may = useMay();
  const keys = useQuery({
    queryKey: ['keys', user],
    queryFn: () =>
      ok(api.GET('/api/quantum/keys/{user_id}/history', { params: { path: { user_id: user } } })),
  });
  const [shown, setShown] = useState<Schemas['StatusView']>();
  return (
    <Section title={words.devices} about={words.devicesAbout} flush>
      <Table
        label={words.devices}
        rows={keys.data?.items}
        rowKey={(one) => one.certificate}
        onOpen={setShown}
        error={keys.isError ? { ...told(keys.error), onRetry: () => void keys.refetch() } : null}
        empty={<EmptyState icon={<KeyRound aria-hidden />} title={words.noDevices} />}
        columns={[
          {
            id: 'device',
            header: words.device,
            cell: (one) => <code className="font-mono text-sm">{one.device_id.slice(0, 12)}…</code>,
          },
          {
            id: 'status',
            header: words.state,
            cell: (one) => (
              <Badge mood={CERTIFICATES[one.status] ?? 'neutral'}>
                {words.certificateStatuses[one.status] ?? one.status}
              </Badge>
            ),
          },
          { id: 'generation', header: words.generation, wideOnly: true, cell: (one) => one.generation },
          {
            id: 'until',
            header: words.valid,
            cell: (one) => <Timestamp at={one.ended_at ?? one.not_after} precision="day" />,
          },
        ]}
      />
      <Drawer
        open={shown !== undefined}
        onOpenChange={(open) => !open && setShown(undefined)}
        title={words.certificate}
        actions={
          shown?.status === 'active' && (
            <>
              <Button
                tone="danger"
                disabled={!may('POST /api/devices/revoke')}
                onClick={() => {
                  setShown(undefined);
                  onDeed({ kind: 'revoke-device', device: shown.device_id });
                }}
              >
                {words.revokeDevice}
              </Button>
              <Button
                disabled={!may('POST /api/certificates/revoke')}
                onClick={() => {
                  setShown(undefined);
                  onDeed({ kind: 'revoke-certificate', certificate: shown.certificate });
                }}
              >
                {words.revokeCertificate}
              </Button>
            </>
          )
        }
      >
        {shown && <Certificate of={shown} />}
      </Drawer>
    </Section>
  );
}

function Certificate({ of }: { of: Schemas['StatusView'] }) {
  const api = useApi();
  const details = useQuery({
    queryKey: ['certificate', of.certificate],
    queryFn: () =>
      ok(api.GET('/api/certificates/details', { params: { query: { certificate: of.certificate } } })),
  });
  return (
    <div className="grid gap-4">
      <Facts
        items={[
          [words.certificate, <Hash key="certificate" value={of.certificate} whole />],
          [words.device, <Hash key="device" value={of.device_id} whole />],
          [
            words.state,
            <Badge key="state" mood={CERTIFICATES[of.status] ?? 'neutral'}>
              {words.certificateStatuses[of.status] ?? of.status}
            </Badge>,
          ],
          of.revocation_reason ? [words.why, of.revocation_reason] : null,
          [words.generation, of.generation],
          [words.valid, <Timestamp key="valid" at={of.not_after} precision="second" />],
        ]}
      />
      <h3 className="font-medium">{words.details}</h3>
      {details.isPending && <SkeletonLines />}
      {details.isError && <ErrorState {...told(details.error)} onRetry={() => void details.refetch()} />}
      {details.data && (
        <pre className="rounded-lg bg-sunken p-3 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
          {details.data.text}
        </pre>
      )}
    </div>
  );
}
