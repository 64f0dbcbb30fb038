import { useMutation } from '@tanstack/react-query';
import { ArrowLeft, FileX, PenLine } from 'lucide-react';
import { useState } from 'react';
import type { Schemas } from '../../api/client';
import { ProblemAlert } from '../../app/problem-alert';
import { useListSearch } from '../../app/search';
import { useSessionSource } from '../../app/session';
import {
  AnswerError,
  accountNowhere,
  accountNumberOf,
  commitmentOf,
  fileDigest,
  fileItemDetails,
  type Prepared,
  parseAccountNumber,
  parseAmount,
  type SentFile,
  type Settled,
  scaleOf,
  uuid7,
  wish,
} from '../../bank';
import { customer } from '../../text/en/customer';
import { intents } from '../../text/en/intents';
import { signing } from '../../text/en/signing';
import {
  Alert,
  Badge,
  Button,
  EmptyState,
  Field,
  FileDrop,
  Money,
  Section,
  SkeletonLines,
  StepHeading,
  Table,
  useOnline,
} from '../../ui';
import { type Attempt, useStandingAttempts } from '../signing/attempts';
import { Earlier } from '../signing/earlier';
import { Refusal, SigningNote, sentence } from '../signing/notes';
import { Review } from '../signing/review';
import { phaseText, useCannotSign, useLaying, useSigning } from '../signing/signing';
import { FileResult } from './file-result';
import { textsOf } from './file-texts';

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
  if (search['file']) return <FileResult intent={search['file']} />;
  if (standing.isPending) return <SkeletonLines />;
  return <Flow standing={attempt} />;
}

function Flow({ standing }: { standing: Attempt | undefined }) {
  const source = useSessionSource();
  const { set } = useListSearch();
  const cannot = useCannotSign();
  const online = useOnline();
  const [earlier, setEarlier] = useState(standing);
  const [file, setFile] = useState<File | null>(null);
  const settled = (became: Settled) => set({ file: became.receipt.intentId });
  const sign = useSigning({
    onSettled: (outcome) => {
      if (!outcome.refusal) settled(outcome.settled);
    },
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
  const lay = useLaying();
  const draft = lay.data?.draft;
  if (earlier && sign.state.phase !== 'settled') {
    return <Earlier attempt={earlier} onOver={() => setEarlier(undefined)} onSettled={settled} />;
  }
  const choose = (next: File | null) => {
    setFile(next);
    read.reset();
    lay.reset();
    if (next && next.size <= BYTES_MAX) read.mutate(next);
  };
  const running = phaseText(sign.state);
  const refusal = sign.state.phase === 'settled' ? sign.state.refusal : undefined;
  if (draft) {
    return (
      <Section>
        <div className="grid gap-4">
          <div>
            <StepHeading>{signing.review}</StepHeading>
            <p className="mt-1 text-sm text-ink-2">{signing.reviewAbout}</p>
          </div>
          {refusal && <Refusal refusal={refusal} />}
          <SigningNote state={sign.state} again={sign.again} />
          <Review draft={draft} />
          <div className="flex flex-row-reverse flex-wrap justify-between gap-2">
            {sign.state.phase !== 'unknown' && !refusal && (
              <Button
                tone="primary"
                size="lg"
                busy={running !== undefined}
                disabled={!online}
                icon={<PenLine aria-hidden className="size-4" />}
                onClick={() => sign.start(draft)}
              >
                {running ?? words.sign}
              </Button>
            )}
            {!running && sign.state.phase !== 'unknown' && (
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
  const failed = read.error ?? lay.error;
  return (
    <>
      <Section>
        <div className="grid gap-4">
          {cannot && <Alert kind="info">{cannot}</Alert>}
          <Field label={words.file} error={file && file.size > BYTES_MAX ? words.tooLarge : undefined}>
            <FileDrop file={file} onFile={choose} accept=".xml,.csv,.txt" hint={words.hint} />
          </Field>
          {failed && (
            <div>
              <p className="mb-1 font-medium">{words.refused}</p>
              <ProblemAlert error={failed} />
            </div>
          )}
          {read.isPending && <SkeletonLines lines={3} />}
        </div>
      </Section>
      {read.data && (
        <FilePreview
          preview={read.data.preview}
          busy={lay.isPending}
          disabled={Boolean(cannot)}
          onReview={() => lay.mutate(() => wishOf(read.data))}
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
      about={`${intents.count(payable)} · ${preview.message_id}`}
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
            <p className="text-sm text-ink-3">{intents.count(total.items)}</p>
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
