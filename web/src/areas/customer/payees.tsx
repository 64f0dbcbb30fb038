import { Link } from '@tanstack/react-router';
import { Plus, Send, Users } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { told } from '../../app/problem';
import { ProblemAlert } from '../../app/problem-alert';
import { useListSearch } from '../../app/search';
import {
  groupedNumber,
  type Prepared,
  parseAccountNumber,
  sanitize,
  wish,
  wishWithDetails,
} from '../../bank';
import { common } from '../../text';
import { customer } from '../../text/en/customer';
import {
  Alert,
  Badge,
  Button,
  buttonClass,
  Checkbox,
  CopyButton,
  Dialog,
  Drawer,
  EmptyState,
  Facts,
  Field,
  formatTime,
  Input,
  Money,
  Page,
  Table,
  Timestamp,
} from '../../ui';
import { SignDialog } from '../signing/dialog';
import { useCannotSign } from '../signing/signing';
import { newUntil, type Payee, usePayees } from './data';
import { type NameAnswer, NameVerdict, useNameCheck } from './name-check';

const words = customer.payees;

const MATCHES = { match: 'good', close: 'warn', none: 'bad' } as const;
type Match = keyof typeof MATCHES;
const asMatch = (text: string): Match => (text === 'match' || text === 'close' ? text : 'none');

/** Whom this customer pays, with what the bank said of each name, and from when on larger sums may go. */
export function Payees() {
  const { search, set } = useListSearch();
  const payees = usePayees();
  const adding = search['add'];
  const chosen = payees.data?.find((payee) => payee.account === search['payee']);
  const add = (
    <Button tone="primary" icon={<Plus aria-hidden className="size-4" />} onClick={() => set({ add: 'new' })}>
      {words.add}
    </Button>
  );
  return (
    <Page title={words.title} about={words.about} actions={payees.data && payees.data.length > 0 && add}>
      <div className="panel overflow-clip">
        <Table
          label={words.title}
          rows={payees.data}
          rowKey={(row) => row.account}
          onOpen={(row) => set({ payee: row.account })}
          selected={chosen?.account}
          error={payees.isError ? { ...told(payees.error), onRetry: () => void payees.refetch() } : null}
          empty={
            <EmptyState icon={<Users aria-hidden />} title={words.empty} action={add}>
              {words.emptyAbout}
            </EmptyState>
          }
          columns={[
            {
              id: 'name',
              header: words.name,
              cell: (row) => <span className="font-medium">{row.name ?? words.gone}</span>,
            },
            {
              id: 'number',
              header: words.number,
              cell: (row) => <span className="figures text-ink-2">{groupedNumber(row.number)}</span>,
            },
            {
              id: 'check',
              header: words.check,
              cell: (row) => (
                <Badge mood={MATCHES[asMatch(row.name_match)]}>{words.match[row.name_match]}</Badge>
              ),
            },
            { id: 'state', header: words.state, cell: (row) => <State payee={row} /> },
            {
              id: 'paid',
              header: words.paid,
              align: 'right',
              cell: (row) =>
                row.payments === '0' ? (
                  <span className="text-ink-3">{words.never}</span>
                ) : (
                  <span className="figures">{words.times(row.payments)}</span>
                ),
            },
          ]}
        />
      </div>
      {adding && (
        <AddPayee
          number={parseAccountNumber(adding) ? groupedNumber(adding) : ''}
          onClose={() => set({ add: undefined })}
        />
      )}
      <PayeeDrawer payee={chosen} onClose={() => set({ payee: undefined })} />
    </Page>
  );
}

function State({ payee }: { payee: Payee }) {
  if (payee.status !== 'active') return <Badge>{words.disabled}</Badge>;
  const until = newUntil(payee);
  if (!until) return <Badge mood="warn">{words.new}</Badge>;
  if (until.getTime() <= Date.now()) return <Badge mood="good">{words.known}</Badge>;
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <Badge mood="warn">{words.new}</Badge>
      <span className="text-sm text-ink-3">
        {words.until} <Timestamp at={until.toISOString()} />
      </span>
    </span>
  );
}

const coolDown = (payee: Payee): string => {
  const until = newUntil(payee);
  if (!until) return words.newNever;
  return until.getTime() <= Date.now() ? words.known : words.newAbout(formatTime(until));
};

type Change = 'rename' | 'disable' | 'enable' | 'remove';

function PayeeDrawer({ payee, onClose }: { payee: Payee | undefined; onClose: () => void }) {
  const [change, setChange] = useState<Change>();
  return (
    <>
      <Drawer
        open={payee !== undefined}
        onOpenChange={(open) => !open && onClose()}
        title={payee?.name ?? words.gone}
        description={payee && <span className="figures">{groupedNumber(payee.number)}</span>}
        actions={
          payee && (
            <>
              {payee.status === 'active' ? (
                <Link
                  to="/transfer"
                  search={{ payee: payee.account } as never}
                  className={buttonClass('primary')}
                >
                  <Send aria-hidden className="size-4" />
                  {words.pay}
                </Link>
              ) : (
                <Button tone="primary" onClick={() => setChange('enable')}>
                  {words.enable}
                </Button>
              )}
              <Button onClick={() => setChange('rename')}>{words.rename}</Button>
              {payee.status === 'active' && (
                <Button onClick={() => setChange('disable')}>{words.disable}</Button>
              )}
              <Button tone="quiet" onClick={() => setChange('remove')}>
                {words.remove}
              </Button>
            </>
          )
        }
      >
        {payee && (
          <Facts
            items={[
              [
                words.number,
                <span key="number" className="inline-flex items-center gap-1">
                  <span className="figures">{groupedNumber(payee.number)}</span>
                  <CopyButton value={payee.number} label={customer.account.copyNumber} />
                </span>,
              ],
              [
                words.check,
                <Badge key="check" mood={MATCHES[asMatch(payee.name_match)]}>
                  {words.match[payee.name_match]}
                </Badge>,
              ],
              [words.state, payee.status === 'active' ? coolDown(payee) : words.disabled],
              [
                words.paid,
                payee.payments === '0' ? (
                  words.never
                ) : (
                  <span key="paid" className="figures">
                    {words.times(payee.payments)}
                  </span>
                ),
              ],
              payee.payments !== '0' && [
                words.total,
                <Money key="total" minor={payee.total} asset={payee.asset} />,
              ],
              Boolean(payee.last_paid_at) && [
                words.last,
                <Timestamp key="last" at={payee.last_paid_at ?? ''} />,
              ],
              [words.added, <Timestamp key="added" at={payee.added_at} />],
              Boolean(payee.memo) && [words.memo, payee.memo],
            ]}
          />
        )}
      </Drawer>
      {payee && change === 'rename' && (
        <AddPayee number={groupedNumber(payee.number)} renames={payee} onClose={() => setChange(undefined)} />
      )}
      {payee && change && change !== 'rename' && (
        <ChangePayee payee={payee} change={change} onClose={() => setChange(undefined)} onGone={onClose} />
      )}
    </>
  );
}

const STATUS = { disable: 'disabled', enable: 'active', remove: 'deleted' } as const;

function ChangePayee({
  payee,
  change,
  onClose,
  onGone,
}: {
  payee: Payee;
  change: Exclude<Change, 'rename'>;
  onClose: () => void;
  onGone: () => void;
}) {
  return (
    <SignDialog
      open
      danger={change === 'remove'}
      title={words[`${change}Title`]}
      about={words[`${change}About`]}
      action={words[change]}
      prepare={() => wish('beneficiary.change', { account: payee.account, status: STATUS[change] })}
      onClose={onClose}
      onSettled={({ refusal }) => {
        if (refusal || change !== 'remove') return;
        onClose();
        onGone();
      }}
    />
  );
}

interface AddProps {
  number: string;
  /** An entry that gets another name, instead of a new one. */
  renames?: Payee;
  onClose: () => void;
}

/** Name first: the bank is asked whether it fits, the answer is signed with the entry, and no mismatch goes unseen. */
function AddPayee({ number: given, renames, onClose }: AddProps) {
  const cannot = useCannotSign();
  const [number, setNumber] = useState(given);
  const [name, setName] = useState(renames?.name ?? '');
  const [memo, setMemo] = useState('');
  const [asked, setAsked] = useState<{ number: string; name: string }>();
  const [knowsIt, setKnowsIt] = useState(false);
  const [prepared, setPrepared] = useState<() => Prepared>();
  const [fault, setFault] = useState<{ number?: string; name?: string }>({});
  const known = parseAccountNumber(number);
  const check = useNameCheck(asked);
  const isCurrent = asked !== undefined && asked.number === known && asked.name === sanitize(name.trim());
  const answer = isCurrent ? check.data : undefined;
  const ask = (withName = name) => {
    const cleaned = sanitize(withName.trim());
    const wrong = {
      ...(known ? {} : { number: customer.transfer.numberWrong }),
      ...(cleaned ? {} : { name: words.nameMissing }),
    };
    setFault(wrong);
    setKnowsIt(false);
    if (known && cleaned) setAsked({ number: known, name: cleaned });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (answer) goOn(answer);
    else ask();
  };
  const goOn = ({ account, name_match }: NameAnswer) => {
    const match = asMatch(name_match);
    if (match === 'none' && !knowsIt) return;
    const text = { name: sanitize(name.trim()), memo: sanitize(memo.trim()) };
    setPrepared(
      () => () =>
        renames
          ? wishWithDetails(
              'beneficiary.change',
              { account, status: renames.status === 'active' ? 'active' : 'disabled', name_match: match },
              text,
            )
          : wishWithDetails('beneficiary.add', { account, name_match: match }, text),
    );
  };
  if (prepared) {
    return (
      <SignDialog
        open
        title={renames ? words.renameTitle : words.addTitle}
        action={renames ? words.signChange : words.signAdd}
        prepare={prepared}
        onClose={onClose}
      />
    );
  }
  const ready = answer && (answer.name_match !== 'none' || knowsIt);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={renames ? words.renameTitle : words.add}
      description={renames ? words.renameAbout : words.emptyAbout}
      actions={
        <>
          <Button
            tone="primary"
            type="submit"
            form="payee"
            busy={isCurrent && check.isFetching}
            disabled={Boolean(cannot) || (answer !== undefined && !ready)}
          >
            {answer ? words.review : words.checkName}
          </Button>
          <Button onClick={onClose}>{common.cancel}</Button>
        </>
      }
    >
      <form id="payee" onSubmit={submit} noValidate className="grid gap-4">
        {cannot && <Alert kind="info">{cannot}</Alert>}
        {!renames && (
          <Field label={words.number} hint={customer.transfer.numberHint} error={fault.number}>
            <Input
              figures
              spellCheck={false}
              value={number}
              onChange={(event) => {
                setNumber(event.target.value);
                setFault({});
              }}
            />
          </Field>
        )}
        <Field label={words.name} hint={customer.transfer.nameHint} error={fault.name}>
          <Input
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              setFault({});
            }}
          />
        </Field>
        <Field label={words.memo} hint={words.memoHint} optional>
          <Input value={memo} onChange={(event) => setMemo(event.target.value)} />
        </Field>
        {isCurrent && check.isError && <ProblemAlert error={check.error} />}
        {answer && (
          <NameVerdict
            answer={answer}
            onUse={(better) => {
              setName(better);
              ask(better);
            }}
          />
        )}
        {answer?.name_match === 'none' && (
          <Checkbox
            label={words.knowIt}
            checked={knowsIt}
            onChange={(event) => setKnowsIt(event.target.checked)}
          />
        )}
      </form>
    </Dialog>
  );
}
