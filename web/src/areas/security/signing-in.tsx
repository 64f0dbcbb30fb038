import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, Fingerprint, KeyRound, Printer, Smartphone } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { useApi, useSessionSource, useSignedIn } from '../../app/session';
import { security } from '../../text/en/security';
import {
  Badge,
  Button,
  Checkbox,
  CopyButton,
  Dialog,
  ErrorState,
  Field,
  Input,
  Qr,
  Section,
  SkeletonLines,
  Timestamp,
  toast,
} from '../../ui';
import { Problems } from '../entry/problems';
import { useProving } from './proving';

const words = security.mfa;
const FACTORS = ['factors'];
const PASSKEYS = ['passkeys'];
const TRUSTED = ['trusted'];

/** Saves a text as a file of this name. */
export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

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

function Row({ icon, state, children }: { icon: ReactNode; state: ReactNode; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
      <span className="grid size-10 place-items-center rounded-lg bg-accent-soft text-accent [&_svg]:size-5">
        {icon}
      </span>
      <div className="flex-1">{state}</div>
      <div className="flex flex-wrap gap-2">{children}</div>
    </div>
  );
}

const OnOff = ({ on, yes, no }: { on: boolean; yes: string; no: string }) => (
  <Badge mood={on ? 'good' : 'neutral'}>{on ? yes : no}</Badge>
);

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

function Totp({ factors }: { factors: Schemas['FactorsView'] }) {
  const [open, setOpen] = useState<'set-up' | 'disable' | 'renew'>();
  const [codes, setCodes] = useState<readonly string[]>();
  const { aal } = useSignedIn();
  const close = () => setOpen(undefined);
  const shown = (made: readonly string[]) => {
    close();
    setCodes(made);
  };
  return (
    <>
      <Section title={words.totp.title} about={words.totp.about}>
        <Row
          icon={<Smartphone aria-hidden />}
          state={<OnOff on={factors.totp} yes={words.totp.on} no={words.totp.off} />}
        >
          {factors.totp ? (
            aal > 1 && (
              <Button size="sm" onClick={() => setOpen('disable')}>
                {words.totp.disable}
              </Button>
            )
          ) : (
            <Button size="sm" onClick={() => setOpen('set-up')}>
              {words.totp.setUp}
            </Button>
          )}
        </Row>
      </Section>
      {factors.totp && aal > 1 && (
        <Section title={words.codes.title} about={words.codes.about}>
          <Row
            icon={<KeyRound aria-hidden />}
            state={
              <Badge mood={factors.recovery_codes > 2 ? 'good' : 'warn'}>
                {words.codes.left(factors.recovery_codes)}
              </Badge>
            }
          >
            <Button size="sm" onClick={() => setOpen('renew')}>
              {words.codes.renew}
            </Button>
          </Row>
        </Section>
      )}
      {open === 'set-up' && <SetUp onClose={close} onCodes={shown} />}
      {open === 'disable' && <Disable onClose={close} />}
      {open === 'renew' && <Renew onClose={close} onCodes={shown} />}
      {codes && <Codes codes={codes} onClose={() => setCodes(undefined)} />}
    </>
  );
}

interface MakesCodes {
  onClose: () => void;
  onCodes: (codes: readonly string[]) => void;
}

function SetUp({ onClose, onCodes }: MakesCodes) {
  const source = useSessionSource();
  const client = useQueryClient();
  const [code, setCode] = useState('');
  const { proven, dialog } = useProving();
  const secret = useQuery({
    queryKey: ['totp-setup'],
    queryFn: () => proven(() => source.session.post<Schemas['SetupAnswer']>('/api/mfa/setup')),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  const verify = useMutation({
    mutationFn: () => source.session.post<Schemas['VerifyAnswer']>('/api/mfa/verify', { code: code.trim() }),
    onSuccess: async (answer) => {
      await source.refresh();
      void client.invalidateQueries({ queryKey: FACTORS });
      onCodes(answer.recovery_codes ?? []);
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    verify.mutate();
  };
  const ofField = fieldError(verify.error, 'code');
  return (
    <>
      <Dialog
        open
        mustAnswer={secret.isSuccess}
        onOpenChange={onClose}
        title={words.totp.setUp}
        description={words.totp.expired}
        actions={
          <>
            <Button type="submit" form="totp" tone="primary" busy={verify.isPending} disabled={!secret.data}>
              {words.totp.verify}
            </Button>
            <Button onClick={onClose}>{security.sign.cancel}</Button>
          </>
        }
      >
        {secret.isPending && <SkeletonLines />}
        {secret.isError && <Problems error={secret.error} />}
        {secret.data && (
          <form id="totp" onSubmit={send} className="grid gap-4">
            <p>{words.totp.scan}</p>
            <Qr
              text={secret.data.uri}
              label={words.totp.qr}
              className="size-48 justify-self-center rounded-lg border border-line"
            />
            <div className="text-sm">
              <p className="text-ink-2">{words.totp.secret}</p>
              <p className="flex items-center gap-1">
                <code className="font-mono break-all" data-testid="totp-secret">
                  {secret.data.secret.replace(/(.{4})(?=.)/g, '$1 ')}
                </code>
                <CopyButton value={secret.data.secret} />
              </p>
            </div>
            <Field label={words.totp.code} error={ofField}>
              <Input
                required
                figures
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={8}
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            </Field>
            {verify.isError && !ofField && <Problems error={verify.error} />}
          </form>
        )}
      </Dialog>
      {dialog}
    </>
  );
}

function Disable({ onClose }: { onClose: () => void }) {
  const source = useSessionSource();
  const client = useQueryClient();
  const { aal } = useSignedIn();
  const [code, setCode] = useState('');
  const { proven, dialog } = useProving();
  const disable = useMutation({
    mutationFn: () => {
      const body = aal < 3 ? { code: code.trim() } : {};
      return proven(() => source.session.post('/api/mfa/disable', body));
    },
    onSuccess: () => {
      toast(words.totp.disabled);
      void client.invalidateQueries({ queryKey: FACTORS });
      onClose();
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    disable.mutate();
  };
  const ofField = fieldError(disable.error, 'code');
  return (
    <>
      <Dialog
        open
        onOpenChange={onClose}
        title={words.totp.disableTitle}
        description={words.totp.disableAbout}
        actions={
          <>
            <Button type="submit" form="disable" tone="danger" busy={disable.isPending}>
              {words.totp.disable}
            </Button>
            <Button onClick={onClose}>{security.sign.cancel}</Button>
          </>
        }
      >
        <form id="disable" onSubmit={send} className="grid gap-4">
          {aal < 3 && (
            <Field label={words.codes.code} error={ofField}>
              <Input
                required
                figures
                inputMode="numeric"
                autoComplete="one-time-code"
                value={code}
                onChange={(event) => setCode(event.target.value)}
              />
            </Field>
          )}
          {disable.isError && !ofField && <Problems error={disable.error} />}
        </form>
      </Dialog>
      {dialog}
    </>
  );
}

function Renew({ onClose, onCodes }: MakesCodes) {
  const source = useSessionSource();
  const client = useQueryClient();
  const [code, setCode] = useState('');
  const { proven, dialog } = useProving();
  const renew = useMutation({
    mutationFn: () =>
      proven(() =>
        source.session.post<Schemas['CodesAnswer']>('/api/mfa/recovery-codes', { code: code.trim() }),
      ),
    onSuccess: (answer) => {
      void client.invalidateQueries({ queryKey: FACTORS });
      onCodes(answer.recovery_codes);
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    renew.mutate();
  };
  const ofField = fieldError(renew.error, 'code');
  return (
    <>
      <Dialog
        open
        onOpenChange={onClose}
        title={words.codes.renewTitle}
        description={words.codes.renewAbout}
        actions={
          <Button type="submit" form="renew" tone="primary" busy={renew.isPending}>
            {words.codes.make}
          </Button>
        }
      >
        <form id="renew" onSubmit={send} className="grid gap-4">
          <Field label={words.codes.code} error={ofField}>
            <Input
              required
              figures
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          </Field>
          {renew.isError && !ofField && <Problems error={renew.error} />}
        </form>
      </Dialog>
      {dialog}
    </>
  );
}

/** Shown once: closed only by somebody who says that they have kept them. */
function Codes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const source = useSessionSource();
  const [kept, setKept] = useState(false);
  const text = `${words.codes.fileHead(source.session.bank.name)}\n\n${codes.join('\n')}\n`;
  return (
    <Dialog
      open
      mustAnswer
      onOpenChange={() => undefined}
      title={words.codes.shown}
      description={words.codes.shownAbout}
      actions={
        <Button tone="primary" disabled={!kept} onClick={onClose}>
          {words.codes.finish}
        </Button>
      }
    >
      <ul
        aria-label={words.codes.shown}
        className="figures grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-lg bg-sunken px-5 py-4 font-mono"
      >
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="no-print my-4 flex flex-wrap gap-2">
        <Button
          size="sm"
          icon={<Download aria-hidden className="size-4" />}
          onClick={() => save(words.codes.file, text)}
        >
          {words.codes.download}
        </Button>
        <Button size="sm" icon={<Printer aria-hidden className="size-4" />} onClick={() => window.print()}>
          {words.codes.print}
        </Button>
      </div>
      <Checkbox
        label={words.codes.kept}
        checked={kept}
        onChange={(event) => setKept(event.target.checked)}
        className="no-print"
      />
    </Dialog>
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

function Passkeys() {
  const api = useApi();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Schemas['PasskeyView']>();
  const passkeys = useQuery({ queryKey: PASSKEYS, queryFn: () => ok(api.GET('/api/passkeys')) });
  return (
    <Section
      title={words.passkeys.title}
      about={words.passkeys.about}
      actions={
        <Button size="sm" onClick={() => setAdding(true)}>
          {words.passkeys.add}
        </Button>
      }
    >
      {passkeys.isPending && <SkeletonLines lines={1} />}
      {passkeys.isError && <ErrorState {...told(passkeys.error)} onRetry={() => void passkeys.refetch()} />}
      {passkeys.data?.items.length === 0 && <p className="text-ink-2">{words.passkeys.none}</p>}
      <ul className="divide-y divide-line">
        {passkeys.data?.items.map((passkey) => (
          <li key={passkey.id} className="flex flex-wrap items-center justify-between gap-3 py-2.5">
            <span className="flex items-center gap-3">
              <Fingerprint aria-hidden className="size-5 text-accent" />
              <span>
                <span className="block font-medium">{passkey.name}</span>
                <span className="text-sm text-ink-3">
                  {words.passkeys.created} <Timestamp at={passkey.created_at} precision="day" />,{' '}
                  {passkey.used_at ? (
                    <>
                      {words.passkeys.used} <Timestamp at={passkey.used_at} relative />
                    </>
                  ) : (
                    words.passkeys.never
                  )}
                </span>
              </span>
            </span>
            <Button
              size="sm"
              aria-label={`${words.passkeys.remove}: ${passkey.name}`}
              onClick={() => setRemoving(passkey)}
            >
              {words.passkeys.remove}
            </Button>
          </li>
        ))}
      </ul>
      {adding && <AddPasskey onClose={() => setAdding(false)} />}
      {removing && <RemovePasskey passkey={removing} onClose={() => setRemoving(undefined)} />}
    </Section>
  );
}

function AddPasskey({ onClose }: { onClose: () => void }) {
  const source = useSessionSource();
  const client = useQueryClient();
  const [name, setName] = useState(words.passkeys.defaultName);
  const { proven, dialog } = useProving();
  const add = useMutation({
    mutationFn: () => proven(() => source.session.registerPasskey(name.trim())),
    onSuccess: () => {
      toast(words.passkeys.added);
      for (const queryKey of [PASSKEYS, FACTORS]) void client.invalidateQueries({ queryKey });
      onClose();
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  const ofField = fieldError(add.error, 'name');
  return (
    <>
      <Dialog
        open
        onOpenChange={onClose}
        title={words.passkeys.add}
        actions={
          <Button type="submit" form="passkey" tone="primary" busy={add.isPending}>
            {words.passkeys.make}
          </Button>
        }
      >
        <form id="passkey" onSubmit={send} className="grid gap-4">
          <Field label={words.passkeys.name} error={ofField}>
            <Input required maxLength={120} value={name} onChange={(event) => setName(event.target.value)} />
          </Field>
          {add.isError && !ofField && <Problems error={add.error} />}
        </form>
      </Dialog>
      {dialog}
    </>
  );
}

function RemovePasskey({ passkey, onClose }: { passkey: Schemas['PasskeyView']; onClose: () => void }) {
  const source = useSessionSource();
  const client = useQueryClient();
  const { proven, dialog } = useProving();
  const remove = useMutation({
    mutationFn: () => proven(() => source.session.delete(`/api/passkeys/${passkey.id}`)),
    onSuccess: () => {
      toast(words.passkeys.removed);
      for (const queryKey of [PASSKEYS, FACTORS]) void client.invalidateQueries({ queryKey });
      onClose();
    },
  });
  return (
    <>
      <Dialog
        open
        onOpenChange={onClose}
        title={words.passkeys.removeTitle}
        description={words.passkeys.removeAbout}
        actions={
          <>
            <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
              {words.passkeys.remove}
            </Button>
            <Button onClick={onClose}>{security.sign.cancel}</Button>
          </>
        }
      >
        <p className="font-medium">{passkey.name}</p>
        {remove.isError && <Problems error={remove.error} />}
      </Dialog>
      {dialog}
    </>
  );
}
