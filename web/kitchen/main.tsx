import '../src/app/theme';
import './style.css';
import { Banknote, Inbox, Plus, Send } from 'lucide-react';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { ThemeToggle } from '../src/app/theme-toggle';
import { common } from '../src/text';
import * as ui from '../src/ui';

/** Every piece of `src/ui`, to be looked at and to be examined by axe. Built by `npm run kitchen`; not part of the console. */

const ROWS = [
  {
    id: '1',
    who: 'Bob Born',
    memo: 'Rent, May',
    at: '2026-11-21T09:31:04.120000Z',
    amount: '-85000',
    state: 'booked',
  },
  {
    id: '2',
    who: 'Firm Ltd',
    memo: 'Salary',
    at: '2026-11-20T17:02:44.120000Z',
    amount: '312550',
    state: 'booked',
  },
  {
    id: '3',
    who: 'Carol Cove',
    memo: 'Tickets',
    at: '2026-11-19T11:12:00.120000Z',
    amount: '-4200',
    state: 'held',
  },
  {
    id: '4',
    who: 'Dan Dale',
    memo: '',
    at: '2026-11-18T08:00:00.120000Z',
    amount: '-1200000',
    state: 'refused',
  },
];
const MOODS = { booked: 'good', held: 'warn', refused: 'bad' } as const;

function Live() {
  const [times, setTimes] = useState(() => Array.from({ length: 60 }, (_, at) => 1_790_000_000 + at));
  useEffect(() => {
    const timer = setInterval(() => setTimes((was) => [...was.slice(1), (was.at(-1) ?? 0) + 1]), 1000);
    return () => clearInterval(timer);
  }, []);
  const wave = (shift: number) => times.map((time) => Math.round(120 + 60 * Math.sin(time / 7 + shift)));
  return (
    <ui.LiveChart
      title="Throughput"
      data={{
        times,
        series: [
          { label: 'accepted', color: '--accent', values: wave(0) },
          { label: 'refused', color: '--bad', values: wave(2).map((value) => value / 8) },
        ],
      }}
      summary={(data) => `${data.series[0]?.values.at(-1)} intents a second`}
      format={(value) => value.toFixed(0)}
    />
  );
}

function Kitchen() {
  const [select, setSelect] = useState<string | null>('a');
  const [combo, setCombo] = useState<string | null>(null);
  const [tab, setTab] = useState('all');
  const [dialog, setDialog] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const [command, setCommand] = useState(false);
  const [help, setHelp] = useState(false);
  const [timeout, setTimeout_] = useState<number | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const [radio, setRadio] = useState<'now' | 'later'>('now');
  const [sort, setSort] = useState<ui.Sort>({ by: 'at', descending: true });
  const options = [
    { value: 'a', label: 'Everyday account', about: 'SR59 9443 1282 · 1,204.50 EUR' },
    { value: 'b', label: 'Savings', about: 'SR38 7084 8303 · 12,000.00 EUR' },
    { value: 'c', label: 'Frozen', about: 'frozen by a manager', disabled: true },
  ];
  return (
    <ui.UiProvider>
      <header className="flex items-center justify-between border-b border-line bg-surface px-5 py-3">
        <ui.Wordmark />
        <ThemeToggle />
      </header>
      <main>
        <ui.Page
          title="Kitchen sink"
          about="Every piece there is."
          actions={
            <>
              <ui.Button icon={<Plus aria-hidden className="size-4" />}>New payee</ui.Button>
              <ui.Button tone="primary" icon={<Send aria-hidden className="size-4" />}>
                Send money
              </ui.Button>
            </>
          }
        >
          <ui.Section title="Buttons and badges">
            <div className="flex flex-wrap items-center gap-2">
              <ui.Button tone="primary">Primary</ui.Button>
              <ui.Button>Secondary</ui.Button>
              <ui.Button tone="quiet">Quiet</ui.Button>
              <ui.Button tone="danger">Freeze</ui.Button>
              <ui.Button tone="primary" busy>
                Signing
              </ui.Button>
              <ui.Button disabled>Disabled</ui.Button>
              <ui.Button size="sm">Small</ui.Button>
              <ui.Button size="lg" tone="primary">
                Large
              </ui.Button>
            </div>
            <div className="mt-4 flex flex-wrap items-center gap-2">
              <ui.Badge>Neutral</ui.Badge>
              <ui.Badge mood="accent">New</ui.Badge>
              <ui.Badge mood="good">Booked</ui.Badge>
              <ui.Badge mood="warn">Waits</ui.Badge>
              <ui.Badge mood="bad">Refused</ui.Badge>
              <ui.Hash value="fc9c0dde11dbd5011724e4311ef58b5c1ee3762b434ae2acac51ae2a7759d1d5" />
              <ui.Timestamp at="2026-11-22T02:56:02.605080Z" />
            </div>
          </ui.Section>
          <ui.Section title="Balance" about="As a customer sees it">
            <ui.Money minor="120450" asset="EUR" size="3xl" />
            <div className="mt-2 flex gap-6">
              <ui.Money minor="-85000" asset="EUR" signed />
              <ui.Money minor="312550" asset="EUR" signed />
              <ui.Money minor="9007199254740993123" asset="JPY" />
              <ui.Sparkline values={[3, 5, 4, 8, 7, 9, 12, 10, 14]} />
            </div>
          </ui.Section>
          <ui.Section title="Fields">
            <div className="grid gap-5 sm:grid-cols-2">
              <ui.Field label="Amount" hint="1.234,56 and 1,234.56 are both understood.">
                <ui.Input figures defaultValue="1,234.56" suffix="EUR" inputMode="decimal" />
              </ui.Field>
              <ui.Field
                label="Payee"
                error={{ message: 'There is no account with this number.', requestId: '7b2e01a2-3f' }}
              >
                <ui.Input defaultValue="SR38708483039359921435" />
              </ui.Field>
              <ui.Field label="From account">
                <ui.Select options={options} value={select} onChange={setSelect} />
              </ui.Field>
              <ui.Field label="To" optional>
                <ui.Combobox options={options} value={combo} onChange={setCombo} />
              </ui.Field>
              <ui.Field label="Memo" optional>
                <ui.Textarea placeholder="What it is for" />
              </ui.Field>
              <ui.Field label="Payment file">
                <ui.FileDrop
                  file={file}
                  onFile={setFile}
                  accept=".xml,.csv"
                  hint="pain.001 or CSV, up to 4 MiB"
                />
              </ui.Field>
              <ui.RadioCards
                name="when"
                legend="When"
                value={radio}
                onChange={setRadio}
                options={[
                  { value: 'now', label: 'Now', about: 'Booked within a second' },
                  { value: 'later', label: 'On a day', about: 'As a standing order of one day' },
                ]}
              />
              <ui.Checkbox label="Keep this payee" defaultChecked />
            </div>
          </ui.Section>
          <ui.Section title="Steps">
            <ui.Steps steps={['Details', 'Review', 'Sign', 'Receipt']} current={1} />
            <div className="mt-6">
              <ui.StepHeading focus={false}>Review what you sign</ui.StepHeading>
            </div>
          </ui.Section>
          <ui.Section title="Movements" flush actions={<ui.Button size="sm">Export</ui.Button>}>
            <ui.Table
              label="Movements"
              rows={ROWS}
              rowKey={(row) => row.id}
              onOpen={() => setDrawer(true)}
              sort={sort}
              onSort={setSort}
              empty={null}
              columns={[
                { id: 'who', header: 'Payee', cell: (row) => row.who },
                { id: 'memo', header: 'Memo', cell: (row) => row.memo || '–', wideOnly: true },
                { id: 'at', header: 'Time', cell: (row) => <ui.Timestamp at={row.at} />, sortable: true },
                {
                  id: 'state',
                  header: 'State',
                  cell: (row) => (
                    <ui.Badge mood={MOODS[row.state as keyof typeof MOODS]}>{row.state}</ui.Badge>
                  ),
                },
                {
                  id: 'amount',
                  header: 'Amount',
                  align: 'right',
                  cell: (row) => <ui.Money minor={row.amount} asset="EUR" signed />,
                },
              ]}
              pagination={<ui.Pagination shown={4} onNext={() => undefined} />}
            />
          </ui.Section>
          <ui.Section title="States">
            <div className="grid gap-3">
              <ui.Alert title="A payment waits for a manager" action={<ui.Button size="sm">Show</ui.Button>}>
                12,000.00 EUR to Dan Dale
              </ui.Alert>
              <ui.Alert kind="good" title="The proof holds" />
              <ui.Alert kind="warn" title="Your key is due in 6 days" onDismiss={() => undefined}>
                Rotate it on the Security page.
              </ui.Alert>
              <ui.Alert kind="bad" title="The transfer was refused" requestId="7b2e01a2-3f">
                The account has insufficient funds.
              </ui.Alert>
            </div>
            <div className="mt-4 grid gap-4 sm:grid-cols-2">
              <div className="panel">
                <ui.EmptyState
                  icon={<Inbox aria-hidden />}
                  title="No payees yet"
                  action={<ui.Button>Add a payee</ui.Button>}
                >
                  Whom you pay often is kept here.
                </ui.EmptyState>
              </div>
              <div className="panel">
                <ui.ErrorState
                  title="This could not be loaded"
                  requestId="7b2e01a2-40"
                  onRetry={() => undefined}
                />
              </div>
            </div>
            <ui.SkeletonLines />
          </ui.Section>
          <ui.Section title="Proof">
            <ui.ProofSteps
              words={common.outcomes}
              steps={[
                {
                  name: 'The checkpoint is signed by the bank',
                  outcome: 'passed',
                  about: 'both keys of the log',
                },
                { name: 'The leaf is in the tree', outcome: 'running' },
                { name: 'The signature of the intent', outcome: 'waiting' },
                { name: 'The certificate path', outcome: 'failed', about: 'expired on 20 Nov 2026' },
              ]}
            />
          </ui.Section>
          <ui.Section title="Tabs">
            <ui.Tabs
              label="Movements"
              value={tab}
              onChange={setTab}
              tabs={[
                { id: 'all', label: 'All', panel: <p>All movements</p> },
                { id: 'proof', label: 'Proof', panel: <p>The proof</p> },
                { id: 'more', label: 'Technical details', panel: <p>Bytes</p> },
              ]}
            />
          </ui.Section>
          <ui.Section title="Charts">
            <div className="grid gap-8 lg:grid-cols-2">
              <Live />
              <ui.Bars
                title="Refusals"
                summary="84 today, most for lack of money"
                bars={[
                  { label: 'insufficient-funds', value: 40 },
                  { label: 'signature-invalid', value: 20, color: '--bad' },
                  { label: 'not-account-owner', value: 10, color: '--warn' },
                ]}
              />
            </div>
          </ui.Section>
          <ui.Section title="Over the page">
            <div className="flex flex-wrap gap-2">
              <ui.Button onClick={() => setDialog(true)}>Dialog</ui.Button>
              <ui.Button onClick={() => setDrawer(true)}>Drawer</ui.Button>
              <ui.Button onClick={() => setCommand(true)}>Commands</ui.Button>
              <ui.Button onClick={() => setHelp(true)}>Shortcuts</ui.Button>
              <ui.Button onClick={() => ui.toast('Copied', { description: 'The number of the account' })}>
                Toast
              </ui.Button>
              <ui.Button onClick={() => setTimeout_(Date.now() + 60_000)}>Timeout</ui.Button>
            </div>
            <div className="mt-4">
              <ui.Qr text="strongroom-pairing-1.eyJwYWlyaW5nIjoiMDFhMiJ9" label="Code of the pairing" />
            </div>
          </ui.Section>
        </ui.Page>
      </main>
      <ui.Dialog
        open={dialog}
        onOpenChange={setDialog}
        title="Freeze this account?"
        description="Nobody can pay from it until a manager lifts the freeze."
        actions={
          <>
            <ui.Button tone="danger" onClick={() => setDialog(false)}>
              Freeze
            </ui.Button>
            <ui.Button onClick={() => setDialog(false)}>Keep it open</ui.Button>
          </>
        }
      />
      <ui.Drawer
        open={drawer}
        onOpenChange={setDrawer}
        title="Transfer to Bob Born"
        description="21 Nov 2026, 09:31"
      >
        <ui.Money minor="-85000" asset="EUR" size="3xl" />
        <ui.Facts
          className="mt-4"
          items={[
            ['Memo', 'Rent, May'],
            [
              'State',
              <ui.Badge key="s" mood="good">
                booked
              </ui.Badge>,
            ],
            ['Intent', <ui.Hash key="h" value="01a2012e-a02d-77ed-b842-7183c6ab5ea9" />],
          ]}
        />
      </ui.Drawer>
      <ui.CommandMenu
        open={command}
        onOpenChange={setCommand}
        commands={[
          {
            id: 'send',
            label: 'Send money',
            group: 'Pages',
            icon: <Send aria-hidden />,
            run: () => undefined,
          },
          {
            id: 'accounts',
            label: 'Accounts',
            group: 'Pages',
            icon: <Banknote aria-hidden />,
            run: () => undefined,
          },
        ]}
      />
      <ui.ShortcutsHelp
        open={help}
        onOpenChange={setHelp}
        groups={[
          {
            title: 'Everywhere',
            keys: [
              ['Ctrl K', 'Go to or do'],
              ['?', 'This help'],
            ],
          },
        ]}
      />
      <ui.SessionTimeout
        endsAt={timeout}
        onStay={() => setTimeout_(null)}
        onLeave={() => setTimeout_(null)}
      />
    </ui.UiProvider>
  );
}

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <Kitchen />
    </StrictMode>,
  );
}
