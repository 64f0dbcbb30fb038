import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Fingerprint } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { useApi, useSessionSource } from '../../app/session';
import { common } from '../../text';
import { security } from '../../text/en/security';
import { Button, Dialog, ErrorState, Field, Input, Section, SkeletonLines, Timestamp, toast } from '../../ui';
import { Problems } from '../entry/problems';
import { FACTORS } from './factors';
import { useProving } from './proving';

const words = security.mfa;
const PASSKEYS = ['passkeys'];

/** Passkeys that the bank knows. */
export function Passkeys() {
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
            <Button onClick={onClose}>{common.cancel}</Button>
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
