import { useMutation, useQuery } from '@tanstack/react-query';
import { ArrowLeft, Download, FileX, PenLine } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { useApi, useSessionSource } from '../../app/session';
import {
  AnswerError,
  accountNowhere,
  accountNumberOf,
  commitmentOf,
  type Draft,
  fileDigest,
  fileItemDetails,
  type Prepared,
  parseAccountNumber,
  parseAmount,
  type SentFile,
  scaleOf,
  uuid7,
  wish,
} from '../../bank';
import { customer } from '../../text/en/customer';
import {
  Alert,
  Badge,
  Button,
  EmptyState,
  ErrorState,
  Field,
  FileDrop,
  Money,
  type Mood,
  Section,
  SkeletonLines,
  StepHeading,
  Table,
  useOnline,
} from '../../ui';
import { textsOf } from './file-texts';
import { Review, useCannotSign } from './review';
import { saveFrom } from './save';
import { SigningNote, sentence, Unknown } from './sign';
import { type Attempt, useSigning, useStandingAttempts } from './signing';

const words = customer.files;
const BYTES_MAX = 2.5 * 1024 * 1024;
const SALT_LENGTH = 32;

type Preview = Schemas['FilePreview'];
type Item = Schemas['ItemPreview'];

interface Chosen {
  sent: SentFile;
  preview: Preview;
}

/** One file, one signature: chosen, looked at item by item, reviewed, paid, and what became of each. */
export function PaymentFiles() {
  const { search } = useListSearch();
  const standing = useStandingAttempts();
  const attempt = standing.data?.find(({ intent }) => intent.kind === 'payments.file');
  if (search['file']) return <Result intent={search['file']} />;
  if (standing.isPending) return <SkeletonLines />;
  return <Flow standing={attempt} />;
}

function Flow({ standing }: { standing: Attempt | undefined }) {
  const source = useSessionSource();
  const { set } = useListSearch();
  const cannot = useCannotSign();
  const online = useOnline();
  const [earlier] = useState(standing);
  const [file, setFile] = useState<File | null>(null);
  const [draft, setDraft] = useState<Draft>();
  const sign = useSigning((settled, refusal) => {
    if (!refusal) set({ file: settled.receipt.intentId });
  });
  const read = useMutation({
    mutationFn: async (chosen: File): Promise<Chosen> => {
      const bytes = new Uint8Array(await chosen.arrayBuffer());
      const answer = await source.session.request('POST', '/api/payments/files/preview', bytes, 'same');
      const preview = JSON.parse(new TextDecoder().decode(answer.bytes)) as Preview;
      const sent = { salt: crypto.getRandomValues(new Uint8Array(SALT_LENGTH)), bytes };
      if (fileDigest(sent) !== preview.file) throw new AnswerError('file');
      return { sent, preview };
    },
  });
  const lay = useMutation({
    mutationFn: (chosen: Chosen) => source.session.draft(wishOf(chosen)),
    onSuccess: setDraft,
  });
  if (earlier && sign.state.phase !== 'settled') {
    const { signed } = earlier;
    const asking = sign.state.phase === 'sending';
    return (
      <Section>
        <div className="grid gap-4">
          <StepHeading>{customer.transfer.standing}</StepHeading>
          <SigningNote
            state={sign.state.phase === 'failed' ? sign.state : { phase: 'idle' }}
            again={sign.again}
          />
          <Unknown busy={asking} onAgain={() => sign.again(signed)} />
          <Review
            draft={{ id: earlier.id, bytes: signed.intent, intent: earlier.intent, file: signed.file }}
          />
        </div>
      </Section>
    );
  }
  const choose = (next: File | null) => {
    setFile(next);
    read.reset();
    setDraft(undefined);
    if (next && next.size <= BYTES_MAX) read.mutate(next);
  };
  const busy = sign.state.phase === 'signing' || sign.state.phase === 'sending';
  const refusal = sign.state.phase === 'settled' ? sign.state.refusal : undefined;
  if (draft) {
    return (
      <Section>
        <div className="grid gap-4">
          <div>
            <StepHeading>{customer.transfer.review}</StepHeading>
            <p className="mt-1 text-sm text-ink-2">{customer.transfer.reviewAbout}</p>
          </div>
          {refusal && (
            <Alert kind="bad" title={customer.signing.refused} requestId={refusal.requestId}>
              {sentence(refusal.title)}
            </Alert>
          )}
          <SigningNote state={sign.state} again={sign.again} />
          <Review draft={draft} />
          <div className="flex flex-row-reverse flex-wrap justify-between gap-2">
            {sign.state.phase !== 'unknown' && !refusal && (
              <Button
                tone="primary"
                size="lg"
                busy={busy}
                disabled={!online}
                icon={<PenLine aria-hidden className="size-4" />}
                onClick={() => sign.start(draft)}
              >
                {busy
                  ? customer.signing.phases[sign.state.phase === 'signing' ? 'signing' : 'sending']
                  : words.sign}
              </Button>
            )}
            {!busy && sign.state.phase !== 'unknown' && (
              <Button
                tone="quiet"
                icon={<ArrowLeft aria-hidden className="size-4" />}
                onClick={() => {
                  sign.reset();
                  choose(null);
                }}
              >
                {words.back}
              </Button>
            )}
          </div>
        </div>
      </Section>
    );
  }
  const failed = read.isError ? told(read.error) : lay.isError ? told(lay.error) : undefined;
  return (
    <>
      <Section>
        <div className="grid gap-4">
          {cannot && <Alert kind="info">{cannot}</Alert>}
          <Field label={words.file} error={file && file.size > BYTES_MAX ? words.tooLarge : undefined}>
            <FileDrop file={file} onFile={choose} accept=".xml,.csv,.txt" hint={words.hint} />
          </Field>
          {failed && (
            <Alert kind="bad" title={words.refused} requestId={failed.requestId}>
              {failed.title} {failed.detail}
            </Alert>
          )}
          {read.isPending && <SkeletonLines lines={3} />}
        </div>
      </Section>
      {read.data && (
        <FilePreview
          preview={read.data.preview}
          busy={lay.isPending}
          disabled={Boolean(cannot)}
          onReview={() => lay.mutate(read.data)}
        />
      )}
    </>
  );
}

/** The account that a number stands for, as the bank told it: believed only where the number follows from it. */
function checked(account: string, number: string): string {
  const known = parseAccountNumber(number);
  if (known && accountNumberOf(account) !== known && account !== accountNowhere(known)) {
    throw new AnswerError('account of a number');
  }
  return account;
}

const PLAIN = /^(\d+)(?:\.(\d+))?$/;

/** Minor units of an amount as the preview writes it: digits and a point. */
function minorOf(amount: string, asset: string): string {
  const scale = scaleOf(asset) ?? 0;
  const plain = PLAIN.exec(amount);
  if (plain && (plain[2] ?? '').replace(/0+$/, '').length <= scale) {
    return BigInt((plain[1] ?? '') + (plain[2] ?? '').slice(0, scale).padEnd(scale, '0')).toString();
  }
  const parsed = parseAmount(amount, scale, asset);
  if (!parsed.ok) throw new AnswerError('amount of a payment');
  return parsed.minor.toString();
}

/** What is signed of a file: every payable item in its order, and a commitment to what travels with it. */
function wishOf({ sent, preview }: Chosen): Prepared {
  const texts = textsOf(sent.bytes);
  const items = preview.items.flatMap((item, position) =>
    item.debit && item.credit
      ? [
          {
            id: uuid7(),
            debit: checked(item.debit, item.debtor),
            credit: checked(item.credit, item.creditor),
            amount: minorOf(item.amount, item.asset),
            asset: item.asset,
            details: commitmentOf(fileItemDetails(sent, position, item.end_to_end_id, texts[position])),
          },
        ]
      : [],
  );
  return {
    ...wish('payments.file', { file: fileDigest(sent), message_id: preview.message_id, items }),
    file: sent,
  };
}

function FilePreview({
  preview,
  busy,
  disabled,
  onReview,
}: {
  preview: Preview;
  busy: boolean;
  disabled: boolean;
  onReview: () => void;
}) {
  const left = preview.items.filter((item) => item.reason).length;
  const payable = preview.items.length - left;
  return (
    <Section
      title={words.preview}
      about={`${words.count(payable)} · ${preview.message_id}`}
      flush
      actions={
        payable > 0 && (
          <Button tone="primary" busy={busy} disabled={disabled} onClick={onReview}>
            {words.review}
          </Button>
        )
      }
    >
      <div className="flex flex-wrap items-baseline gap-x-8 gap-y-2 px-5 py-4">
        {preview.totals.map((total) => (
          <div key={total.asset}>
            <p className="text-sm text-ink-3">{words.count(total.items)}</p>
            <Money minor={total.amount} asset={total.asset} size="xl" />
          </div>
        ))}
        {left > 0 && (
          <div className="w-full">
            <Alert kind="warn" title={payable === 0 ? words.nothing : words.left(left)}>
              {payable === 0 ? words.nothingAbout : ''}
            </Alert>
          </div>
        )}
      </div>
      <div className="border-t border-line">
        <Table<Item>
          label={words.items}
          rows={preview.items}
          rowKey={(row) => `${row.line}/${row.end_to_end_id}`}
          dense
          empty={<EmptyState icon={<FileX aria-hidden />} title={words.nothing} />}
          columns={[
            {
              id: 'payee',
              header: words.payee,
              cell: (row) => (
                <span>
                  <span className="block font-medium">{row.creditor_name ?? row.creditor}</span>
                  {row.creditor_name && (
                    <span className="figures block text-sm text-ink-3">{row.creditor}</span>
                  )}
                </span>
              ),
            },
            { id: 'line', header: words.line, cell: (row) => <span className="figures">{row.line}</span> },
            {
              id: 'id',
              header: words.id,
              wideOnly: true,
              cell: (row) => <span className="text-ink-2">{row.end_to_end_id}</span>,
            },
            {
              id: 'state',
              header: words.state,
              cell: (row) =>
                row.reason ? (
                  <span>
                    <Badge mood="bad">{row.reason}</Badge>{' '}
                    <span className="text-sm text-ink-2">
                      {words.reasons[row.reason] ?? (row.text ? sentence(row.text) : '')}
                    </span>
                  </span>
                ) : (
                  <Badge mood="good">{words.payable}</Badge>
                ),
            },
            {
              id: 'amount',
              header: words.amount,
              align: 'right',
              cell: (row) => <Written item={row} />,
            },
          ]}
        />
      </div>
    </Section>
  );
}

/** The amount of an item, as money where the bank knows the currency, else as the file writes it. */
function Written({ item: { amount, asset, reason } }: { item: Item }) {
  if (!reason) return <Money minor={minorOf(amount, asset)} asset={asset} />;
  return (
    <span className="figures whitespace-nowrap text-ink-3">
      {amount} {asset}
    </span>
  );
}

const MOODS: Record<string, Mood> = { settled: 'good', accepted: 'good', pending: 'warn', rejected: 'bad' };

/** What became of each payment by now, with the report that accounting software reads. */
function Result({ intent }: { intent: string }) {
  const api = useApi();
  const source = useSessionSource();
  const { set } = useListSearch();
  const status = useQuery({
    queryKey: ['file', intent],
    queryFn: () =>
      // The same address has XML too, where one asks for it.
      ok(api.GET('/api/payments/files/{intent}', { params: { path: { intent } } })) as Promise<
        Schemas['FileStatus']
      >,
  });
  const save = useMutation({
    mutationFn: () =>
      saveFrom(
        source.session,
        `/api/payments/files/${encodeURIComponent(intent)}?format=pain002`,
        `pain002-${intent}.xml`,
      ),
  });
  const failed = save.isError ? told(save.error) : undefined;
  if (status.isError) {
    return (
      <div className="panel">
        <ErrorState {...told(status.error)} onRetry={() => void status.refetch()} />
      </div>
    );
  }
  return (
    <Section
      title={words.result}
      about={status.data?.message_id}
      flush
      actions={
        <>
          <Button
            icon={<Download aria-hidden className="size-4" />}
            busy={save.isPending}
            onClick={() => save.mutate()}
          >
            {words.saveReport}
          </Button>
          <Button tone="primary" onClick={() => set({ file: undefined })}>
            {words.another}
          </Button>
        </>
      }
    >
      {failed && (
        <div className="p-4">
          <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
            {failed.detail}
          </Alert>
        </div>
      )}
      <Table
        label={words.result}
        rows={status.data?.items}
        rowKey={(row) => row.end_to_end_id + (row.transfer ?? '')}
        empty={<EmptyState icon={<FileX aria-hidden />} title={words.nothing} />}
        columns={[
          { id: 'id', header: words.id, cell: (row) => row.end_to_end_id },
          {
            id: 'state',
            header: words.state,
            cell: (row) => <Badge mood={MOODS[row.status] ?? 'neutral'}>{words.statuses[row.status]}</Badge>,
          },
          {
            id: 'why',
            header: '',
            cell: (row) => (
              <span className="text-ink-2">
                {row.reason ? `${row.reason}: ` : ''}
                {row.reason ? (words.reasons[row.reason] ?? row.text) : row.text}
              </span>
            ),
          },
        ]}
      />
    </Section>
  );
}
