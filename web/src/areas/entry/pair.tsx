import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { library, useSessionSource } from '../../app/session';
import type { NewDevice, User } from '../../bank';
import { entry } from '../../text/en/entry';
import { Alert, Button, CopyButton, EmptyState, Field, Input, Qr, StepHeading } from '../../ui';
import { shortAgent } from './agent';
import { Becoming, useBecoming } from './becoming';
import { TierChoice, useTiers } from './custody';
import { EntryFrame } from './frame';
import { Problems } from './problems';

const words = entry.pair;
const POLL_MS = 1500;

/** The new device of a pairing: makes keys, shows a code and a number, and waits for the other one. */
export function Pair() {
  const [device, setDevice] = useState<NewDevice>();
  return (
    <EntryFrame
      title={words.title}
      about={device ? undefined : words.about}
      footer={
        <Link to="/login" className="text-accent">
          {entry.enrol.signInInstead}
        </Link>
      }
    >
      {device ? (
        <Waiting device={device} onAgain={() => setDevice(undefined)} />
      ) : (
        <Begin onBegun={setDevice} />
      )}
    </EntryFrame>
  );
}

function Begin({ onBegun }: { onBegun: (device: NewDevice) => void }) {
  const source = useSessionSource();
  const custody = useTiers();
  const [link, setLink] = useState('');
  const [person, setPerson] = useState<User>();
  const [wrong, setWrong] = useState<string>();
  const [name, setName] = useState(() => shortAgent(navigator.userAgent));
  // The link of the other device carries whose this is to be behind its #, which no server sees.
  useEffect(() => {
    const { hash } = window.location;
    if (hash) void library().then(({ parsePerson }) => setPerson(parsePerson(hash)));
  }, []);
  const begin = useMutation({
    mutationFn: async () => {
      const [bank, lib] = await Promise.all([source.bank(), library()]);
      const whose = person ?? lib.parsePerson(link);
      if (!whose) return setWrong(words.noPerson);
      setWrong(undefined);
      setPerson(whose);
      onBegun(
        await lib.beginPairing(bank, whose, name.trim() || shortAgent(navigator.userAgent), custody.tier),
      );
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate();
  };
  return (
    <form noValidate onSubmit={send} className="grid gap-5">
      {person ? (
        <Alert kind="info">{words.forPerson(person.name)}</Alert>
      ) : (
        <Field label={words.whose} hint={words.whoseHint} error={wrong} required>
          <Input spellCheck={false} value={link} onChange={(event) => setLink(event.target.value)} />
        </Field>
      )}
      <Field label={words.name}>
        <Input maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <TierChoice {...custody} />
      {begin.isError && <Problems error={begin.error} />}
      <Button type="submit" tone="primary" size="lg" busy={begin.isPending} disabled={!custody.tiers}>
        {words.begin}
      </Button>
    </form>
  );
}

function useSecondsLeft(expiresAt: string): number {
  const left = () => Math.max(0, Math.ceil((Date.parse(expiresAt) - Date.now()) / 1000));
  const [seconds, setSeconds] = useState(left);
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left()), 1000);
    return () => clearInterval(timer);
  });
  return seconds;
}

function Waiting({ device, onAgain }: { device: NewDevice; onAgain: () => void }) {
  const source = useSessionSource();
  const navigate = useNavigate();
  const becoming = useBecoming();
  const seconds = useSecondsLeft(device.expiresAt);
  const status = useQuery({
    queryKey: ['pairing', device.pairing.id],
    queryFn: () => device.status(),
    refetchInterval: ({ state }) => (state.data === undefined || state.data === 'waiting' ? POLL_MS : false),
  });
  const finish = useMutation({
    mutationFn: async () => {
      await source.enter(await becoming.run((begins) => device.enter(begins)));
      await navigate({ to: '/', replace: true });
    },
  });
  if (status.data === 'approved') {
    return (
      <div className="grid gap-5">
        <StepHeading>{words.approved}</StepHeading>
        <p className="-mt-3 text-ink-2">{words.approvedAbout}</p>
        {becoming.progress && <Becoming progress={becoming.progress} from="certificate" />}
        {finish.isError && <Problems error={finish.error} />}
        <Button tone="primary" size="lg" busy={finish.isPending} onClick={() => finish.mutate()}>
          {words.finish}
        </Button>
      </div>
    );
  }
  if (status.data === 'expired' || seconds === 0) {
    return (
      <EmptyState
        title={words.expired}
        action={
          <Button tone="primary" onClick={onAgain}>
            {words.again}
          </Button>
        }
      >
        {words.expiredAbout}
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-4">
      <StepHeading>{words.scan}</StepHeading>
      <p className="-mt-2 text-ink-2">{words.scanAbout}</p>
      <Qr
        text={device.text}
        label={words.qr}
        className="size-64 justify-self-center rounded-lg border border-line"
      />
      <p className="-mt-2 flex items-center justify-center gap-1 text-sm text-ink-2">
        {words.copyText}
        <CopyButton value={device.text} label={words.copyText} />
      </p>
      <div className="rounded-lg bg-accent-soft px-4 py-3 text-center">
        <p className="text-sm text-ink-2">{words.number}</p>
        <p className="figures text-3xl font-semibold tracking-[0.2em]" data-testid="match-number">
          {device.matchNumber}
        </p>
      </div>
      {status.isError && <Problems error={status.error} />}
      <p role="status" className="text-center text-sm text-ink-2">
        {words.waiting}
      </p>
      <p className="figures -mt-3 text-center text-sm text-ink-3">
        {words.left(Math.floor(seconds / 60), seconds % 60)}
      </p>
    </div>
  );
}
