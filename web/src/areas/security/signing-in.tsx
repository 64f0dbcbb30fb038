import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ok } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { useApi, useSessionSource, useSignedIn } from '../../app/session';
import { security } from '../../text/en/security';
import { Button, Dialog, ErrorState, Field, Input, Section, SkeletonLines, Timestamp, toast } from '../../ui';
import { Problems } from '../entry/problems';
import { Totp } from './authenticator';
import { FACTORS, OnOff, Row } from './factors';
import { Passkeys } from './passkeys';
import { useProving } from './proving';

const words = security.mfa;
const TRUSTED = ['trusted'];

/** Ways to sign in without a device. */
export function SigningIn() {
  const api = useApi();
  const { aal } = useSignedIn();
  const factors = useQuery({ queryKey: FACTORS, queryFn: () => ok(api.GET('/api/mfa')) });
  if (factors.isPending) return <SkeletonLines lines={5} />;
  if (factors.isError) return <ErrorState {...told(factors.error)} onRetry={() => void factors.refetch()} />;
  return (
    <>
      {aal > 1 && <Password isSet={factors.data.password} />}
      <Totp factors={factors.data} />
      {aal > 1 && factors.data.totp && <Trusted />}
      {aal > 1 && <Passkeys />}
    </>
  );
}

function Password({ isSet }: { isSet: boolean }) {
  const [open, setOpen] = useState(false);
  return (
    <Section title={words.password.title} about={words.password.about}>
      <Row
        icon={<KeyRound aria-hidden />}
        state={<OnOff on={isSet} yes={words.password.isSet} no={words.password.isNot} />}
      >
        <Button size="sm" onClick={() => setOpen(true)}>
          {isSet ? words.password.change : words.password.set}
        </Button>
      </Row>
      {open && <NewPassword isSet={isSet} onClose={() => setOpen(false)} />}
    </Section>
  );
}

function NewPassword({ isSet, onClose }: { isSet: boolean; onClose: () => void }) {
  const source = useSessionSource();
  const client = useQueryClient();
  const { aal } = useSignedIn();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const { proven, dialog } = useProving();
  const asksCurrent = isSet && aal < 3;
  const change = useMutation({
    mutationFn: () => {
      const body = { password, ...(asksCurrent ? { current } : {}) };
      return proven(() => source.session.post('/api/users/password', body));
    },
    onSuccess: () => {
      toast(words.password.done);
      void client.invalidateQueries({ queryKey: FACTORS });
      onClose();
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const ofField = fieldError(change.error, 'password', 'current');
  return (
    <>
      <Dialog
        open
        onOpenChange={onClose}
        title={isSet ? words.password.change : words.password.set}
        description={words.password.ends}
        actions={
          <Button type="submit" form="password" tone="primary" busy={change.isPending}>
            {isSet ? words.password.change : words.password.set}
          </Button>
        }
      >
        <form id="password" onSubmit={send} className="grid gap-4">
          {asksCurrent && (
            <Field label={words.password.current} error={fieldError(change.error, 'current')}>
              <Input
                required
                type="password"
                autoComplete="current-password"
                value={current}
                onChange={(event) => setCurrent(event.target.value)}
              />
            </Field>
          )}
          <Field
            label={words.password.next}
            hint={words.password.hint}
            error={fieldError(change.error, 'password')}
          >
            <Input
              required
              type="password"
              autoComplete="new-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </Field>
          {change.isError && !ofField && <Problems error={change.error} />}
        </form>
      </Dialog>
      {dialog}
    </>
  );
}

function Trusted() {
  const api = useApi();
  const source = useSessionSource();
  const client = useQueryClient();
  const trusted = useQuery({ queryKey: TRUSTED, queryFn: () => ok(api.GET('/api/mfa/trusted-devices')) });
  const forget = useMutation({
    mutationFn: (id: string) => source.session.delete(`/api/mfa/trusted-devices/${id}`),
    onSuccess: () => {
      toast(words.trusted.forgotten);
      void client.invalidateQueries({ queryKey: TRUSTED });
    },
  });
  return (
    <Section title={words.trusted.title} about={words.trusted.about}>
      {trusted.isPending && <SkeletonLines lines={1} />}
      {trusted.isError && <ErrorState {...told(trusted.error)} onRetry={() => void trusted.refetch()} />}
      {forget.isError && <Problems error={forget.error} />}
      {trusted.data?.items.length === 0 && <p className="text-ink-2">{words.trusted.none}</p>}
      <ul className="divide-y divide-line">
        {trusted.data?.items.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center justify-between gap-3 py-2.5">
            <span>
              <span className="block font-medium">{one.name}</span>
              <span className="text-sm text-ink-3">
                <Timestamp at={one.created_at} /> {words.trusted.until}{' '}
                <Timestamp at={one.expires_at} precision="day" />
              </span>
            </span>
            <Button size="sm" onClick={() => forget.mutate(one.id)}>
              {words.trusted.forget}
            </Button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
