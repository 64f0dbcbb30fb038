import { useMutation, useQuery } from '@tanstack/react-query';
import { PenLine } from 'lucide-react';
import { type ReactNode, useId, useRef } from 'react';
import { library, useSessionSource } from '../../app/session';
import type { Draft, Prepared, SignedIntent } from '../../bank';
import { security } from '../../text/en/security';
import { Alert, Button, Dialog, Facts, Hash, SkeletonLines } from '../../ui';
import { Problems } from '../entry/problems';

const words = security.sign;

/**
 * Signs one wish. What is shown is read from the bytes that will be signed. One attempt has one id: where no answer came
 * the very same signature is sent again, and never another one made.
 */
export function useSigning(wish: Prepared | undefined, onDone: () => void) {
  const source = useSessionSource();
  const attempt = useId();
  const sent = useRef<{ of: string; signed: SignedIntent } | undefined>(undefined);
  const draft = useQuery({
    queryKey: ['draft', attempt, JSON.stringify(wish ?? null)],
    queryFn: async (): Promise<Draft> => {
      if (!wish) throw new Error('nothing to sign');
      return source.session.draft(wish);
    },
    enabled: wish !== undefined,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const sign = useMutation({
    mutationFn: async () => {
      if (!draft.data) return;
      const { data } = draft;
      if (sent.current?.of !== data.id) {
        sent.current = { of: data.id, signed: await source.session.bank.sign(data) };
      }
      await source.session.send(sent.current.signed);
    },
    onSuccess: onDone,
  });
  return { draft, sign };
}

/** What will be signed, and its hash. */
export function WhatIsSigned({ draft, facts }: { draft: Draft; facts: (draft: Draft) => Fact[] }) {
  const digest = useQuery({
    queryKey: ['digest', draft.id],
    queryFn: async () => (await library()).intentDigest(draft.bytes),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div>
      <Facts items={facts(draft)} />
      <details className="mt-2 text-sm">
        <summary className="text-ink-2 underline-offset-2 hover:underline">{words.details}</summary>
        <Facts
          items={[
            [words.kind, <code key="kind">{draft.intent.kind}</code>],
            [words.digest, <Hash key="digest" value={digest.data ?? ''} whole />],
          ]}
        />
      </details>
    </div>
  );
}

export type Fact = readonly [ReactNode, ReactNode];

/** A dialog that ends in a signature. */
export function SignDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  about: ReactNode;
  wish: Prepared | undefined;
  facts: (draft: Draft) => Fact[];
  onDone: () => void;
  danger?: string;
  children?: ReactNode;
}) {
  const { open, onOpenChange, title, about, wish, facts, onDone, danger, children } = props;
  const { draft, sign } = useSigning(open ? wish : undefined, onDone);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        if (sign.isPending) return;
        sign.reset();
        onOpenChange(next);
      }}
      title={title}
      description={about}
      actions={
        <>
          <Button
            tone={danger ? 'danger' : 'primary'}
            icon={<PenLine aria-hidden className="size-4" />}
            busy={sign.isPending}
            disabled={!draft.data}
            onClick={() => sign.mutate()}
          >
            {sign.error?.name === 'Unreachable' ? words.ask : (danger ?? words.sign)}
          </Button>
          <Button disabled={sign.isPending} onClick={() => onOpenChange(false)}>
            {words.cancel}
          </Button>
        </>
      }
    >
      <div className="grid gap-4">
        {children}
        {draft.isError && <Problems error={draft.error} />}
        {wish && draft.isPending && <SkeletonLines lines={2} />}
        {draft.data && <WhatIsSigned draft={draft.data} facts={facts} />}
        {sign.isError && <SignProblem error={sign.error} />}
      </div>
    </Dialog>
  );
}

export function SignProblem({ error }: { error: Error }) {
  return error.name === 'Unreachable' ? (
    <Alert kind="warn">{words.unknown}</Alert>
  ) : (
    <Problems error={error} />
  );
}
