import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { fieldError } from '../../app/problem';
import { library, useSessionSource } from '../../app/session';
import type { Recovery } from '../../bank';
import { entry } from '../../text/en/entry';
import { Alert, Button, EmptyState, Field, Input, SkeletonLines, StepHeading, Timestamp } from '../../ui';
import { nameDevice } from './agent';
import { Becoming, useBecoming } from './becoming';
import { TierChoice, useTiers } from './custody';
import { EntryFrame } from './frame';
import { Problems } from './problems';

const words = entry.recover;
const POLL_MS = 3000;
const PENDING = ['entry', 'recovery'];

/** Somebody who lost every device: asks, tells a manager a number, and makes keys anew. */
export function Recover() {
  const source = useSessionSource();
  const pending = useQuery({
    queryKey: PENDING,
    queryFn: async () => {
      const [bank, { pendingRecovery }] = await Promise.all([source.bank(), library()]);
      return (await pendingRecovery(bank)) ?? null;
    },
    retry: false,
    staleTime: 0,
  });
  return (
    <EntryFrame
      title={words.title}
      about={words.about}
      footer={
        <Link to="/login" className="text-accent">
          {entry.enrol.signInInstead}
        </Link>
      }
    >
      {pending.isPending && <SkeletonLines />}
      {pending.isError && <Problems error={pending.error} />}
      {pending.data === null && <Ask />}
      {pending.data && <Waiting recovery={pending.data} />}
    </EntryFrame>
  );
}

function Ask() {
  const source = useSessionSource();
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [code, setCode] = useState('');
  const ask = useMutation({
    mutationFn: async () => {
      const [bank, { beginRecovery }] = await Promise.all([source.bank(), library()]);
      return beginRecovery(bank, email.trim(), code.trim() || undefined);
    },
    onSuccess: (recovery) => client.setQueryData(PENDING, recovery),
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  const known = fieldError(ask.error, 'email', 'code');
  return (
    <form onSubmit={send} className="grid gap-5">
      {ask.isError && !known && <Problems error={ask.error} />}
      <Field label={words.email} error={fieldError(ask.error, 'email')} required>
        <Input
          type="email"
          required
          autoComplete="email"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
      </Field>
      <Field label={words.code} hint={words.codeHint} error={fieldError(ask.error, 'code')} optional>
        <Input
          figures
          spellCheck={false}
          autoCapitalize="characters"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      </Field>
      <Button type="submit" tone="primary" size="lg" busy={ask.isPending}>
        {words.ask}
      </Button>
      <p className="text-sm text-ink-3">{words.staff}</p>
    </form>
  );
}

function Waiting({ recovery }: { recovery: Recovery }) {
  const source = useSessionSource();
  const client = useQueryClient();
  const isOver = Date.parse(recovery.expiresAt) <= Date.now();
  const person = useQuery({
    queryKey: ['entry', 'recovered', recovery.requestId],
    queryFn: async () => {
      const [bank, { recoveredPerson }] = await Promise.all([source.bank(), library()]);
      return (await recoveredPerson(bank, recovery)) ?? null;
    },
    enabled: !isOver,
    refetchInterval: ({ state }) => (state.data ? false : POLL_MS),
  });
  const giveUp = useMutation({
    mutationFn: async () => {
      const [bank, { forgetRecovery }] = await Promise.all([source.bank(), library()]);
      await forgetRecovery(bank);
    },
    onSuccess: () => client.setQueryData(PENDING, null),
  });
  if (person.data) return <Anew recovery={recovery} userId={person.data} />;
  if (isOver) {
    return (
      <EmptyState
        title={words.expired}
        action={
          <Button tone="primary" onClick={() => giveUp.mutate()}>
            {words.ask}
          </Button>
        }
      >
        {words.expiredAbout}
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-4">
      <StepHeading>{words.number}</StepHeading>
      <p className="-mt-2 text-ink-2">{words.numberAbout}</p>
      <p
        data-testid="match-number"
        className="figures rounded-lg bg-accent-soft px-4 py-4 text-center text-3xl font-semibold tracking-[0.2em]"
      >
        {recovery.matchNumber}
      </p>
      <p className="text-sm text-ink-2">
        {words.until} <Timestamp at={recovery.expiresAt} />
      </p>
      {person.isError && <Problems error={person.error} />}
      <p role="status" className="font-medium">
        {words.waiting}
      </p>
      <p className="-mt-3 text-sm text-ink-2">{words.waitingAbout}</p>
      <Button onClick={() => giveUp.mutate()}>{words.cancel}</Button>
    </div>
  );
}

function Anew({ recovery, userId }: { recovery: Recovery; userId: string }) {
  const source = useSessionSource();
  const navigate = useNavigate();
  const custody = useTiers();
  const becoming = useBecoming();
  const make = useMutation({
    mutationFn: async () => {
      const [bank, lib] = await Promise.all([source.bank(), library()]);
      const user = { id: userId, role: 'customer', name: recovery.email } as const;
      const registration = { user, token: recovery.token };
      const session = await becoming.run((begins) =>
        lib.enrolAndEnter(bank, registration, custody.tier, begins),
      );
      await nameDevice(session);
      await source.enter(session);
      await lib.forgetRecovery(bank);
      // The name was not known before: now the bank has told it.
      const entered = source.current();
      const profile = await bank.enrolledProfile();
      if (entered.status === 'signed-in') {
        await bank.keepProfile({ ...profile, user: { ...user, name: entered.name } });
      }
      await navigate({ to: '/', replace: true });
    },
  });
  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <StepHeading>{words.approved}</StepHeading>
      <p className="-mt-3 text-ink-2">{words.approvedAbout}</p>
      {becoming.progress ? <Becoming progress={becoming.progress} /> : <TierChoice {...custody} />}
      {make.isError && <Problems error={make.error} />}
      <Alert kind="info">{words.lowLimit}</Alert>
      <Button type="submit" tone="primary" size="lg" busy={make.isPending} disabled={!custody.tiers}>
        {entry.enrol.make}
      </Button>
    </form>
  );
}
