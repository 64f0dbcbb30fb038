import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Download, ScrollText } from 'lucide-react';
import { ok } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { saveFrom } from '../../app/save';
import { useListSearch } from '../../app/search';
import { useApi, useSessionSource } from '../../app/session';
import { groupedNumber } from '../../bank';
import { customer } from '../../text/en/customer';
import {
  Alert,
  Button,
  buttonClass,
  Day,
  EmptyState,
  ErrorState,
  Facts,
  Field,
  Input,
  Money,
  Page,
  Section,
  Select,
  SkeletonLines,
  toast,
} from '../../ui';
import { type Account, accountLabel, useAccounts, utcDay } from './data';
import { FORMATS, type Format, statementFile } from './statement-file';

const words = customer.statements;
const isDay = (text: string | undefined): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? '');

/** What moved on one account over whole days: looked at, then taken along. */
export function Statements() {
  const accounts = useAccounts();
  const has = accounts.data && accounts.data.length > 0;
  return (
    <Page title={words.title} about={words.about} width="narrow">
      {accounts.isError ? (
        <ErrorState {...told(accounts.error)} onRetry={() => void accounts.refetch()} />
      ) : accounts.isPending ? (
        <SkeletonLines lines={5} />
      ) : has ? (
        <Choose accounts={accounts.data} />
      ) : (
        <div className="panel">
          <EmptyState
            icon={<ScrollText aria-hidden />}
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
      )}
    </Page>
  );
}

/** First and last days of the usual periods, in UTC as the bank counts. */
function periods(now: Date): Record<'month' | 'last' | 'year', [from: string, to: string]> {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  const today = utcDay(now);
  const first = (y: number, m: number) => utcDay(new Date(Date.UTC(y, m, 1)));
  return {
    month: [first(year, month), today],
    last: [first(year, month - 1), utcDay(new Date(Date.UTC(year, month, 0)))],
    year: [first(year, 0), today],
  };
}

function Choose({ accounts }: { accounts: readonly Account[] }) {
  const api = useApi();
  const source = useSessionSource();
  const { search, set } = useListSearch();
  const now = new Date();
  const known = periods(now);
  const account = accounts.find(({ id }) => id === search['account']) ?? accounts[0];
  const from = isDay(search['from']) ? search['from'] : known.month[0];
  const to = isDay(search['to']) ? search['to'] : known.month[1];
  const isWrong = from > to;
  const preview = useQuery({
    queryKey: ['statement', account?.id, from, to],
    enabled: account !== undefined && !isWrong,
    queryFn: () =>
      ok(
        api.GET('/api/customer/statements/preview', {
          params: { query: { account: account?.id ?? '', from, to } },
        }),
      ),
  });
  const save = useMutation({
    mutationFn: async (format: Format) => {
      if (!account) return;
      const { path, name } = statementFile(account, from, to, format);
      await saveFrom(source.session, path, name);
    },
    onSuccess: () => toast(words.saved),
  });
  const failed = save.isError ? told(save.error) : undefined;
  const fromFault = fieldError(preview.error, 'from');
  const toFault = isWrong ? customer.account.badPeriod : fieldError(preview.error, 'to');
  const said = preview.data;
  return (
    <>
      <Section>
        <div className="grid gap-4">
          <Field label={words.account}>
            <Select
              value={account?.id ?? null}
              onChange={(id) => set({ account: id })}
              options={accounts.map((one) => ({
                value: one.id,
                label: accountLabel(one),
                about: groupedNumber(one.number),
              }))}
            />
          </Field>
          <div className="flex flex-wrap gap-2">
            {(['month', 'last', 'year'] as const).map((name) => (
              <Button
                key={name}
                size="sm"
                aria-pressed={from === known[name][0] && to === known[name][1]}
                className="aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
                onClick={() => set({ from: known[name][0], to: known[name][1] })}
              >
                {words.periods[name]}
              </Button>
            ))}
          </div>
          <div className="grid grid-cols-2 gap-3">
            <Field label={words.from} error={fromFault}>
              <Input
                type="date"
                value={from}
                onChange={(event) => set({ from: event.target.value || undefined })}
              />
            </Field>
            <Field label={words.to} error={toFault}>
              <Input
                type="date"
                value={to}
                onChange={(event) => set({ to: event.target.value || undefined })}
              />
            </Field>
          </div>
        </div>
      </Section>
      {!isWrong && (
        <Section title={words.preview}>
          {preview.isError ? (
            <ErrorState {...told(preview.error)} onRetry={() => void preview.refetch()} />
          ) : !said || !account ? (
            <SkeletonLines lines={4} />
          ) : (
            <div className="grid gap-4">
              {to >= utcDay(now) && <Alert kind="info">{words.open}</Alert>}
              <Facts
                items={[
                  [words.holder, said.holder],
                  [
                    words.account,
                    <span key="number" className="figures">
                      {groupedNumber(said.number)}
                    </span>,
                  ],
                  [
                    words.period,
                    <span key="days">
                      <Day day={said.from} /> – <Day day={said.to} />
                    </span>,
                  ],
                  [words.opening, <Sum key="opening" minor={said.opening_balance} of={said} />],
                  [words.credits, <Sum key="credits" minor={said.credits} of={said} />],
                  [words.debits, <Sum key="debits" minor={said.debits} of={said} />],
                  [
                    words.closing,
                    <strong key="closing" className="font-semibold">
                      <Sum minor={said.closing_balance} of={said} />
                    </strong>,
                  ],
                  [
                    words.entries,
                    said.entries === '0' ? (
                      words.empty
                    ) : (
                      <span key="entries" className="figures">
                        {said.entries}
                      </span>
                    ),
                  ],
                ]}
              />
              {failed && (
                <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
                  {failed.detail}
                </Alert>
              )}
              <div>
                <h3 className="mb-2 text-sm font-medium">{words.download}</h3>
                <div className="grid gap-2 sm:grid-cols-2">
                  {FORMATS.map((format) => (
                    <button
                      key={format}
                      type="button"
                      disabled={save.isPending}
                      aria-busy={(save.isPending && save.variables === format) || undefined}
                      onClick={() => save.mutate(format)}
                      className="flex items-center gap-3 rounded-lg border border-line-button px-4 py-2.5 text-left hover:bg-hover disabled:opacity-60"
                    >
                      <Download aria-hidden className="size-4 shrink-0 text-ink-3" />
                      <span>
                        <span className="block font-medium">{customer.account.formats[format].name}</span>
                        <span className="block text-sm text-ink-3">
                          {customer.account.formats[format].about}
                        </span>
                      </span>
                    </button>
                  ))}
                </div>
              </div>
            </div>
          )}
        </Section>
      )}
    </>
  );
}

const Sum = ({ minor, of }: { minor: string; of: { asset: string; scale: number } }) => (
  <Money minor={minor} asset={of.asset} scale={of.scale} />
);
