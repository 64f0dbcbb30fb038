import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, KeyRound, Printer, Smartphone } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { Schemas } from '../../api/client';
import { fieldError } from '../../app/problem';
import { saveText } from '../../app/save';
import { useSessionSource, useSignedIn } from '../../app/session';
import { common } from '../../text';
import { security } from '../../text/en/security';
import {
  Badge,
  Button,
  Checkbox,
  CopyButton,
  Dialog,
  Field,
  Input,
  Qr,
  Section,
  SkeletonLines,
  toast,
} from '../../ui';
import { Problems } from '../entry/problems';
import { FACTORS, OnOff, Row } from './factors';
import { useProving } from './proving';

const words = security.mfa;

/** The second factor and its recovery codes. */
export function Totp({ factors }: { factors: Schemas['FactorsView'] }) {
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
            <Button onClick={onClose}>{common.cancel}</Button>
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
            <CodeField label={words.totp.code} code={code} onType={setCode} error={ofField} />
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
            <Button onClick={onClose}>{common.cancel}</Button>
          </>
        }
      >
        <form id="disable" onSubmit={send} className="grid gap-4">
          {aal < 3 && <CodeField label={words.codes.code} code={code} onType={setCode} error={ofField} />}
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
          <CodeField label={words.codes.code} code={code} onType={setCode} error={ofField} />
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
          onClick={() => saveText(text, words.codes.file, 'text/plain')}
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

interface CodeProps {
  label: string;
  code: string;
  onType: (code: string) => void;
  error: ReturnType<typeof fieldError>;
}

const CODE_LEN_MAX = 8;

/** A code of an authenticator. */
const CodeField = ({ label, code, onType, error }: CodeProps) => (
  <Field label={label} error={error}>
    <Input
      required
      figures
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={CODE_LEN_MAX}
      value={code}
      onChange={(event) => onType(event.target.value)}
    />
  </Field>
);
