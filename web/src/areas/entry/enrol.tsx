import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Users } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { fieldError, Problem } from '../../app/problem';
import { library, useSessionSource } from '../../app/session';
import type { Registration, Session } from '../../bank';
import { shell } from '../../text';
import { entry } from '../../text/en/entry';
import {
  Alert,
  Button,
  buttonClass,
  Field,
  Input,
  RadioCards,
  SkeletonLines,
  StepHeading,
  Textarea,
} from '../../ui';
import { nameDevice } from './agent';
import { Becoming, useBecoming } from './becoming';
import { TierChoice, useTiers } from './custody';
import { EntryFrame } from './frame';
import { Problems } from './problems';

const words = entry.enrol;
const EMAIL = /^[^\s@]+@[^\s@]+$/;

type Who =
  | { way: 'register'; name: string; email: string }
  | { way: 'invitation'; registration: Registration }
  /** Registered before, in this browser, and never enrolled. */
  | { way: 'kept'; registration: Registration };

/** From nobody to a device that works: who, where the keys will be, and the keys themselves. */
export function Enrol() {
  const source = useSessionSource();
  const [who, setWho] = useState<Who>();
  const [replacing, setReplacing] = useState(false);
  const known = useQuery({
    queryKey: ['entry', 'known'],
    queryFn: async () => {
      const [bank, { keptRegistration }] = await Promise.all([source.bank(), library()]);
      return { profile: (await bank.profile()) ?? null, kept: (await keptRegistration(bank)) ?? null };
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const { profile, kept } = known.data ?? {};
  if (profile?.certificates && !replacing && !who) {
    return (
      <EntryFrame title={words.title} about={words.about}>
        <Alert
          kind="warn"
          title={words.already}
          action={
            <>
              <Link to="/login" className={buttonClass('primary', 'sm')}>
                {words.signInInstead}
              </Link>
              <Button size="sm" onClick={() => setReplacing(true)}>
                {words.replace}
              </Button>
            </>
          }
        >
          {words.alreadyAbout(profile.user.name)}
        </Alert>
      </EntryFrame>
    );
  }
  return (
    <EntryFrame
      title={words.title}
      about={words.about}
      footer={
        <Link to="/login" className="text-accent">
          {words.signInInstead}
        </Link>
      }
    >
      {known.isError && <Problems error={known.error} />}
      {known.isPending ? (
        <SkeletonLines />
      ) : who ? (
        <Keys who={who} onBack={() => setWho(undefined)} />
      ) : (
        <WhoForm kept={kept ?? undefined} onDone={setWho} />
      )}
    </EntryFrame>
  );
}

function WhoForm({ kept, onDone }: { kept: Registration | undefined; onDone: (who: Who) => void }) {
  const [way, setWay] = useState<'register' | 'invitation'>('register');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [word, setWord] = useState('');
  const [wrong, setWrong] = useState<{ name?: string; email?: string; word?: string }>({});
  const send = async (event: FormEvent) => {
    event.preventDefault();
    if (way === 'invitation') {
      const registration = (await library()).parseInvitation(word);
      if (!registration) return setWrong({ word: words.noInvitation });
      return onDone({ way, registration });
    }
    if (name.trim() === '') return setWrong({ name: words.noName });
    if (!EMAIL.test(email.trim())) return setWrong({ email: words.noEmail });
    onDone({ way, name: name.trim(), email: email.trim() });
  };
  return (
    <form noValidate onSubmit={(event) => void send(event)} className="grid gap-5">
      {kept && (
        <Alert
          kind="info"
          action={
            <Button size="sm" tone="primary" onClick={() => onDone({ way: 'kept', registration: kept })}>
              {words.takeUp}
            </Button>
          }
        >
          {words.kept(kept.user.name)}
        </Alert>
      )}
      <RadioCards
        name="way"
        legend={words.who}
        value={way}
        onChange={setWay}
        options={(['register', 'invitation'] as const).map((value) => ({
          value,
          label: words.ways[value].name,
          about: words.ways[value].about,
        }))}
      />
      {way === 'register' ? (
        <>
          <Field label={words.name} hint={words.nameHint} error={wrong.name} required>
            <Input
              autoComplete="name"
              maxLength={120}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </Field>
          <Field label={words.email} hint={words.emailHint} error={wrong.email} required>
            <Input
              type="email"
              autoComplete="email"
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </Field>
        </>
      ) : (
        <Field label={words.invitation} hint={words.invitationHint} error={wrong.word} required>
          <Textarea
            rows={4}
            spellCheck={false}
            className="font-mono text-sm break-all"
            value={word}
            onChange={(event) => setWord(event.target.value)}
          />
        </Field>
      )}
      <Button type="submit" tone="primary" size="lg">
        {words.goOn}
      </Button>
    </form>
  );
}

function Keys({ who, onBack }: { who: Who; onBack: () => void }) {
  const source = useSessionSource();
  const navigate = useNavigate();
  const custody = useTiers();
  const becoming = useBecoming();
  const [session, setSession] = useState<Session>();
  const [registration, setRegistration] = useState(who.way === 'register' ? undefined : who.registration);
  const make = useMutation({
    mutationFn: async () => {
      const [bank, lib] = await Promise.all([source.bank(), library()]);
      let mine = registration;
      if (!mine && who.way === 'register') {
        mine = await lib.register(bank, who.name, who.email);
        // Before anything else: a reload in between must not lose the address.
        await lib.keepRegistration(bank, mine);
        setRegistration(mine);
      }
      if (!mine) return;
      const person = mine;
      const entered = await becoming.run((begins) => lib.enrolAndEnter(bank, person, custody.tier, begins));
      await lib.forgetRegistration(bank);
      await nameDevice(entered);
      setSession(entered);
    },
  });
  const enter = useMutation({
    mutationFn: async () => {
      if (session) await source.enter(session);
      await navigate({ to: '/', replace: true });
    },
  });
  const role = registration?.user.role ?? 'customer';
  const name = registration?.user.name ?? (who.way === 'register' ? who.name : '');
  const ofField = fieldError(make.error, 'name', 'email');

  if (session) {
    return (
      <div className="grid gap-5">
        <StepHeading>{words.done(name)}</StepHeading>
        <p className="-mt-3 text-ink-2">{words.doneAbout}</p>
        <Becoming progress={becoming.progress} />
        <Alert kind="info" title={words.secure}>
          {words.secureAbout}
        </Alert>
        {enter.isError && <Problems error={enter.error} />}
        <Button tone="primary" size="lg" busy={enter.isPending} onClick={() => enter.mutate()}>
          {words.enter}
        </Button>
      </div>
    );
  }
  if (becoming.progress || make.isPending) {
    return (
      <div className="grid gap-5">
        <StepHeading>{make.isError ? words.failed : words.working}</StepHeading>
        {!make.isError && <p className="-mt-3 text-ink-2">{words.workingAbout}</p>}
        <Becoming progress={becoming.progress} />
        {make.isError && <EnrolProblem error={make.error} />}
        {make.isError && (
          <div className="flex flex-wrap gap-2">
            <Button tone="primary" onClick={() => make.mutate()}>
              {words.tryAgain}
            </Button>
            <Button
              onClick={() => {
                becoming.reset();
                make.reset();
                onBack();
              }}
            >
              {words.back}
            </Button>
          </div>
        )}
      </div>
    );
  }
  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <StepHeading>{entry.custody.title}</StepHeading>
      <p className="-mt-3 text-ink-2">{entry.custody.about}</p>
      {who.way === 'invitation' && (
        <Alert kind="info" title={words.invited(name, shell.roles[role])}>
          {role !== 'customer' && (
            <span className="flex gap-2">
              <Users aria-hidden className="mt-0.5 size-4 shrink-0" />
              {words.twoPeople}
            </span>
          )}
        </Alert>
      )}
      {make.isError && (
        <Alert
          kind="bad"
          title={ofField?.message ?? words.failed}
          requestId={make.error instanceof Problem ? make.error.requestId : undefined}
        >
          {ofField ? undefined : make.error.message}
        </Alert>
      )}
      <TierChoice {...custody} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" tone="primary" size="lg" disabled={!custody.tiers} className="flex-1">
          {words.make}
        </Button>
        <Button size="lg" onClick={onBack}>
          {words.back}
        </Button>
      </div>
    </form>
  );
}

const LOST = ['registration-unknown', 'registration-expired', 'registration-for-another-device'];

/** Refusals that a person can do something about say what. */
function EnrolProblem({ error }: { error: unknown }) {
  const code = error instanceof Problem ? error.code : undefined;
  const requestId = error instanceof Problem ? error.requestId : undefined;
  if (code === 'invitation-not-approved') {
    return (
      <Alert kind="warn" title={words.notApproved} requestId={requestId}>
        {words.notApprovedAbout}
      </Alert>
    );
  }
  if (code && LOST.includes(code)) {
    return (
      <Alert
        kind="bad"
        title={words.taken}
        requestId={requestId}
        action={
          <>
            <Link to="/pair" className={buttonClass('secondary', 'sm')}>
              {entry.login.pair}
            </Link>
            <Link to="/recover" className={buttonClass('secondary', 'sm')}>
              {entry.login.recover}
            </Link>
          </>
        }
      >
        {words.takenAbout}
      </Alert>
    );
  }
  return <Problems error={error} />;
}
