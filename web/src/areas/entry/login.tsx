import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Fingerprint, KeyRound } from 'lucide-react';
import { type FormEvent, useEffect, useState } from 'react';
import { fieldError, told } from '../../app/problem';
import { readSearch } from '../../app/search';
import { library, useSession, useSessionSource } from '../../app/session';
import { shell } from '../../text';
import { entry } from '../../text/en/entry';
import { Alert, Button, ErrorState, Field, Input, SkeletonLines } from '../../ui';
import { EntryFrame } from './frame';

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
            {signIn.isError && <Problems error={signIn.error} />}
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
          <Alert kind="info" title={profile ? words.notFinished : words.nobody}>
            {words.nobodyAbout}
          </Alert>
        )}
        <OtherWays />
      </div>
    </EntryFrame>
  );
}

function Problems({ error }: { error: unknown }) {
  const { title, detail, requestId } = told(error);
  return (
    <Alert kind="bad" title={title} requestId={requestId}>
      {detail}
    </Alert>
  );
}

/** Ways that let one look, and sign nothing. */
function OtherWays() {
  const source = useSessionSource();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const byPassword = useMutation({
    mutationFn: async () => {
      const [bank, { Session }] = await Promise.all([source.bank(), library()]);
      await source.enter(await Session.signInWithPassword(bank, email, password, code ? { code } : {}));
    },
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const [bank, { Session }] = await Promise.all([source.bank(), library()]);
      await source.enter(await Session.signInWithPasskey(bank));
    },
  });
  const error = byPassword.error ?? byPasskey.error;
  const busy = byPassword.isPending || byPasskey.isPending;
  const send = (event: FormEvent) => {
    event.preventDefault();
    byPassword.mutate();
  };
  return (
    <details className="group border-t border-line pt-5">
      <summary className="font-medium text-accent underline-offset-2 hover:underline">{words.other}</summary>
      <p className="mt-1 text-sm text-ink-2">{words.otherAbout}</p>
      <form onSubmit={send} className="mt-4 grid gap-4">
        {error && !fieldError(error, 'email', 'password', 'code') && <Problems error={error} />}
        <Field label={words.email} error={fieldError(error, 'email')}>
          <Input
            type="email"
            required
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </Field>
        <Field label={words.password} error={fieldError(error, 'password')}>
          <Input
            type="password"
            required
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
        </Field>
        <Field label={words.code} hint={words.codeHint} optional error={fieldError(error, 'code')}>
          <Input
            inputMode="numeric"
            autoComplete="one-time-code"
            figures
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        </Field>
        <Button type="submit" busy={byPassword.isPending} disabled={busy}>
          {shell.signIn}
        </Button>
        <Button
          tone="quiet"
          icon={<KeyRound aria-hidden className="size-4" />}
          busy={byPasskey.isPending}
          disabled={busy}
          onClick={() => byPasskey.mutate()}
        >
          {words.passkey}
        </Button>
      </form>
    </details>
  );
}
