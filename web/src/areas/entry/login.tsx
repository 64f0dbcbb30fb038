import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Fingerprint, KeyRound, LifeBuoy, type LucideIcon, Smartphone, UserPlus } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { fieldError, Problem, told } from '../../app/problem';
import { readSearch } from '../../app/search';
import { library, useSession, useSessionSource } from '../../app/session';
import type { Session } from '../../bank';
import { shell } from '../../text';
import { entry } from '../../text/en/entry';
import {
  Alert,
  Button,
  buttonClass,
  Checkbox,
  ErrorState,
  Field,
  Input,
  SkeletonLines,
  StepHeading,
  toast,
} from '../../ui';
import { shortAgent } from './agent';
import { EntryFrame } from './frame';
import { Problems } from './problems';

const words = entry.login;

/** Where to go on after signing in: within the console, whatever the address says. */
export const within = (next: string | undefined): string =>
  next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/';

export function Login() {
  const session = useSession();
  const source = useSessionSource();
  const navigate = useNavigate();
  const { next } = readSearch(useSearch({ strict: false }));
  const device = useQuery({
    queryKey: ['device'],
    queryFn: async () => (await (await source.bank()).profile()) ?? null,
    retry: false,
    staleTime: 0,
    enabled: session.status === 'signed-out',
  });
  const signIn = useMutation({ mutationFn: () => source.signIn() });
  const signedIn = session.status === 'signed-in';
  useEffect(() => {
    if (signedIn) void navigate({ href: within(next), replace: true });
  }, [signedIn, navigate, next]);

  const profile = device.data;
  const [half, setHalf] = useState<Half>();
  if (half && !signedIn) {
    return (
      <EntryFrame title={shell.signIn} about={words.stepUpAbout}>
        <SecondFactor half={half} />
      </EntryFrame>
    );
  }
  return (
    <EntryFrame title={shell.signIn} about={words.about}>
      <div className="grid gap-6">
        {session.status === 'signed-out' && session.because === 'ended' && (
          <Alert kind="info">{words.ended}</Alert>
        )}
        {session.status === 'unreachable' ? (
          <ErrorState {...told(session.error)} onRetry={() => void source.start()} />
        ) : device.isError ? (
          <ErrorState {...told(device.error)} onRetry={() => void device.refetch()} />
        ) : device.isPending ? (
          <SkeletonLines lines={2} />
        ) : profile?.certificates ? (
          <div className="grid gap-4">
            <div className="flex items-center gap-3 rounded-lg border border-line bg-bg px-4 py-3">
              <Fingerprint aria-hidden className="size-5 shrink-0 text-accent" />
              <p className="min-w-0">
                <span className="block truncate font-medium">{profile.user.name}</span>
                <span className="block text-sm text-ink-3">{shell.roles[profile.user.role]}</span>
              </p>
            </div>
            {signIn.isError && <DeviceProblem error={signIn.error} />}
            <Button
              tone="primary"
              size="lg"
              busy={signIn.isPending || signedIn}
              onClick={() => signIn.mutate()}
            >
              {words.withDevice}
            </Button>
          </div>
        ) : (
          <div className="grid gap-3">
            <Alert kind="info" title={profile ? words.notFinished : words.nobody}>
              {words.nobodyAbout}
            </Alert>
            <Doors />
          </div>
        )}
        <OtherWays onHalf={setHalf} />
        {profile?.certificates && (
          <details>
            <summary className="text-sm text-ink-2 underline-offset-2 hover:underline">
              {words.notYou}
            </summary>
            <div className="mt-3">
              <Doors />
            </div>
          </details>
        )}
      </div>
    </EntryFrame>
  );
}

const DOORS: readonly (readonly [string, LucideIcon, { title: string; about: string }])[] = [
  ['/enrol', UserPlus, words.doors.enrol],
  ['/pair', Smartphone, words.doors.pair],
  ['/recover', LifeBuoy, words.doors.recover],
];

/** Ways to keys, for a browser without. */
const Doors = () => (
  <ul className="grid gap-2">
    {DOORS.map(([to, Icon, door]) => (
      <li key={to}>
        <Link
          to={to}
          className="flex items-center gap-3.5 rounded-lg border border-line-button bg-surface px-4 py-3 text-ink no-underline hover:border-accent hover:bg-hover"
        >
          <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent">
            <Icon aria-hidden className="size-4.5" />
          </span>
          <span className="min-w-0">
            <span className="block font-medium">{door.title}</span>
            <span className="block text-sm text-ink-2">{door.about}</span>
          </span>
        </Link>
      </li>
    ))}
  </ul>
);

/** Keys that the bank does not take any more lead to new ones. */
function DeviceProblem({ error }: { error: unknown }) {
  if (!(error instanceof Problem) || error.code !== 'certificate-not-accepted')
    return <Problems error={error} />;
  return (
    <Alert
      kind="bad"
      title={words.notKnown}
      requestId={error.requestId}
      action={
        <>
          <Link to="/pair" className={buttonClass('secondary', 'sm')}>
            {words.pair}
          </Link>
          <Link to="/recover" className={buttonClass('secondary', 'sm')}>
            {words.recover}
          </Link>
        </>
      }
    >
      {words.notKnownAbout}
    </Alert>
  );
}

/** Somebody whose password was right, and who has a second factor. */
interface Half {
  session: Session;
  email: string;
}

const trustOf = (email: string): string => `trusted/${email.trim().toLowerCase()}`;

/** Ways that let one look, and sign nothing. */
function OtherWays({ onHalf }: { onHalf: (half: Half) => void }) {
  const source = useSessionSource();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const byPassword = useMutation({
    mutationFn: async () => {
      const [bank, { Session }] = await Promise.all([source.bank(), library()]);
      const trusted = (await bank.store.get(trustOf(email))) as string | undefined;
      const factor = trusted ? { trusted_device: trusted } : {};
      const session = await Session.signInWithPassword(bank, email, password, factor);
      if (session.aal === 1 && session.secondFactors.length > 0) onHalf({ session, email });
      else await source.enter(session);
    },
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const [bank, { Session }] = await Promise.all([source.bank(), library()]);
      await source.enter(await Session.signInWithPasskey(bank));
    },
  });
  const busy = byPassword.isPending || byPasskey.isPending;
  const send = (event: FormEvent) => {
    event.preventDefault();
    byPassword.mutate();
  };
  return (
    <details className="group border-t border-line pt-5">
      <summary className="font-medium text-accent underline-offset-2 hover:underline">{words.other}</summary>
      <p className="mt-1 text-sm text-ink-2">{words.otherAbout}</p>
      <div className="mt-4 grid gap-4">
        {byPasskey.isError && <Problems error={byPasskey.error} />}
        <Button
          icon={<KeyRound aria-hidden className="size-4" />}
          busy={byPasskey.isPending}
          disabled={busy}
          onClick={() => byPasskey.mutate()}
        >
          {words.passkey}
        </Button>
        <p className="-mt-2 text-sm text-ink-3">{words.passkeyAbout}</p>
      </div>
      <form onSubmit={send} className="mt-5 grid gap-4 border-t border-line pt-5">
        {byPassword.isError && !fieldError(byPassword.error, 'email', 'password') && (
          <Problems error={byPassword.error} />
        )}
        <Field label={words.email} error={fieldError(byPassword.error, 'email')}>
          <Input
            type="email"
            required
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field label={words.password} error={fieldError(byPassword.error, 'password')}>
          <Input
            type="password"
            required
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <Button type="submit" busy={byPassword.isPending} disabled={busy}>
          {words.withPassword}
        </Button>
      </form>
    </details>
  );
}

/** One more proof, of what this person has set up. */
function SecondFactor({ half: { session, email } }: { half: Half }) {
  const source = useSessionSource();
  const factors = session.secondFactors;
  const [byRecovery, setByRecovery] = useState(
    !factors.includes('totp') && factors.includes('recovery_code'),
  );
  const [code, setCode] = useState('');
  const [trust, setTrust] = useState(false);
  // The bank trusts after a code of the authenticator only.
  const mayTrust = !byRecovery && factors.includes('totp');
  const prove = useMutation({
    mutationFn: async (how: 'code' | 'passkey' | 'none') => {
      if (how === 'passkey') await session.proveByPasskey();
      if (how === 'code')
        await session.prove(byRecovery ? { recovery_code: code.trim() } : { code: code.trim() });
      if (how === 'code' && mayTrust && trust) {
        // The sign-in is done: what goes wrong now is told, and stops nobody.
        const body = { name: shortAgent(navigator.userAgent) };
        await session
          .post<{ trusted_device: string }>('/api/mfa/trusted-devices', body)
          .then((answer) => session.bank.store.put(trustOf(email), answer.trusted_device))
          .catch(() => toast(words.notTrusted, { kind: 'info' }));
      }
      await source.enter(session);
    },
  });
  const hasCodes = factors.includes('totp') || factors.includes('recovery_code');
  const ofField = fieldError(prove.error, 'code', 'recovery_code');
  const send = (event: FormEvent) => {
    event.preventDefault();
    prove.mutate('code');
  };
  return (
    <form onSubmit={send} className="grid gap-5">
      <StepHeading>{words.stepUp}</StepHeading>
      {prove.isError && !ofField && <Problems error={prove.error} />}
      {hasCodes && (
        <Field
          label={byRecovery ? words.recoveryCode : words.code}
          hint={byRecovery ? words.recoveryCodeHint : undefined}
          error={ofField}
        >
          <Input
            required
            figures
            inputMode={byRecovery ? 'text' : 'numeric'}
            autoComplete="one-time-code"
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </Field>
      )}
      {mayTrust && (
        <Checkbox
          label={words.trust}
          checked={trust}
          onChange={(event) => setTrust(event.target.checked)}
          className="text-sm"
        />
      )}
      {hasCodes && (
        <Button type="submit" tone="primary" size="lg" busy={prove.isPending}>
          {words.confirm}
        </Button>
      )}
      {factors.includes('passkey') && (
        <Button
          icon={<KeyRound aria-hidden className="size-4" />}
          disabled={prove.isPending}
          onClick={() => prove.mutate('passkey')}
        >
          {words.passkey}
        </Button>
      )}
      <div className="flex flex-wrap gap-2">
        {factors.includes('totp') && factors.includes('recovery_code') && (
          <Button tone="quiet" size="sm" onClick={() => setByRecovery(!byRecovery)}>
            {byRecovery ? words.useCode : words.useRecoveryCode}
          </Button>
        )}
        <Button tone="quiet" size="sm" disabled={prove.isPending} onClick={() => prove.mutate('none')}>
          {words.onlyLook}
        </Button>
      </div>
    </form>
  );
}
