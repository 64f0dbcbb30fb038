import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { fieldError, Problem } from '../../app/problem';
import { useSessionSource } from '../../app/session';
import type { Factor } from '../../bank';
import { security } from '../../text/en/security';
import { Button, Dialog, Field, Input, RadioCards, SkeletonLines } from '../../ui';
import { Problems } from '../entry/problems';

const words = security.mfa.prove;
const METHODS = ['password', 'totp', 'recovery_code'] as const;
type Method = (typeof METHODS)[number];

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
  asked: unknown;
}

/**
 * What the bank does only for somebody who has just proved who they are: it is tried, the proof is asked for where the bank
 * wants one, and then it is done. A device proves by itself, and its passkey asks; without one a factor is typed.
 */
export function useProving(): { proven: <T>(work: () => Promise<T>) => Promise<T>; dialog: ReactNode } {
  const source = useSessionSource();
  const [waiting, setWaiting] = useState<Waiting>();
  const proven = async <T,>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem) || !error.wantsProof) throw error;
      if (source.session.canSign) await source.session.prove();
      else await new Promise<void>((resolve, reject) => setWaiting({ resolve, reject, asked: error }));
      return work();
    }
  };
  const dialog = waiting && (
    <Prove
      onProved={() => {
        waiting.resolve();
        setWaiting(undefined);
      }}
      onCancel={() => {
        waiting.reject(waiting.asked);
        setWaiting(undefined);
      }}
    />
  );
  return { proven, dialog };
}

function Prove({ onProved, onCancel }: { onProved: () => void; onCancel: () => void }) {
  const source = useSessionSource();
  const methods = useQuery({
    queryKey: ['proof-methods', source.session.id],
    queryFn: () => source.session.methods(),
    staleTime: 0,
  });
  const offered = METHODS.filter((method) => methods.data?.includes(method));
  const [chosen, setChosen] = useState<Method>();
  const method = chosen ?? offered[0];
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const attempt = async (prove: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await prove();
      await source.refresh();
      onProved();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    const factors: Record<Method, Factor> = {
      password: { password: typed },
      totp: { code: typed.trim() },
      recovery_code: { recovery_code: typed.trim() },
    };
    if (method) void attempt(() => source.session.prove(factors[method]));
  };
  const ofField = fieldError(error, 'password', 'code', 'recovery_code');
  return (
    <Dialog
      open
      onOpenChange={onCancel}
      title={words.title}
      description={words.about}
      actions={
        <>
          {method && (
            <Button type="submit" form="prove" tone="primary" busy={busy}>
              {words.confirm}
            </Button>
          )}
          {methods.data?.includes('passkey') && (
            <Button
              icon={<KeyRound aria-hidden className="size-4" />}
              disabled={busy}
              onClick={() => void attempt(() => source.session.proveByPasskey())}
            >
              {words.passkey}
            </Button>
          )}
        </>
      }
    >
      <form id="prove" onSubmit={send} className="grid gap-4">
        {methods.isPending && <SkeletonLines lines={1} />}
        {methods.isError && <Problems error={methods.error} />}
        {offered.length > 1 && (
          <RadioCards
            name="method"
            legend={words.how}
            value={method}
            onChange={setChosen}
            options={offered.map((one) => ({ value: one, label: words.methods[one] }))}
          />
        )}
        {method && (
          <Field label={words.methods[method]} error={ofField}>
            <Input
              required
              type={method === 'password' ? 'password' : 'text'}
              inputMode={method === 'totp' ? 'numeric' : 'text'}
              autoComplete={method === 'password' ? 'current-password' : 'one-time-code'}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          </Field>
        )}
        {error !== undefined && !ofField && <Problems error={error} />}
      </form>
    </Dialog>
  );
}
