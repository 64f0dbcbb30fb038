import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { BookmarkPlus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, problemOf, told } from '../../app/problem';
import { useApi, useSignedIn } from '../../app/session';
import { accountNumberOf, formatMoney as asText } from '../../bank';
import { customer } from '../../text/en/customer';
import { intents } from '../../text/en/intents';
import {
  Alert,
  Button,
  Dialog,
  EmptyState,
  Field,
  IconButton,
  Input,
  Money,
  Section,
  Table,
  toast,
} from '../../ui';
import { useAccounts, useNames, useReadAgain } from './data';

const words = customer.templates;
type Template = Schemas['TemplateView'];

/** Saves what the form of a transfer says, under a name. */
export function SaveTemplate({
  payment,
  onClose,
}: {
  payment: Omit<Schemas['TemplateRequest'], 'name'>;
  onClose: () => void;
}) {
  const api = useApi();
  const readAgain = useReadAgain();
  const [name, setName] = useState('');
  const save = useMutation({
    mutationFn: () => ok(api.POST('/api/templates', { body: { ...payment, name: name.trim() } })),
    onSuccess: () => {
      toast(words.saved);
      void readAgain();
      onClose();
    },
  });
  const inField = fieldError(save.error, 'name');
  const failed = save.isError && !inField ? told(save.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.saveTitle}
      description={words.saveAbout}
      actions={
        <Button tone="primary" busy={save.isPending} disabled={!name.trim()} onClick={() => save.mutate()}>
          {words.save}
        </Button>
      }
    >
      <div className="grid gap-3">
        {failed && (
          <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
            {failed.detail}
          </Alert>
        )}
        <Field label={words.name} error={inField}>
          <Input value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
      </div>
    </Dialog>
  );
}

/** Saved payments: each fills in the form. */
export function Templates() {
  const api = useApi();
  const { userId } = useSignedIn();
  const navigate = useNavigate();
  const named = useNames();
  const accounts = useAccounts().data;
  const readAgain = useReadAgain();
  const templates = useQuery({
    queryKey: ['templates', userId],
    queryFn: () => ok(api.GET('/api/templates')),
  });
  const remove = useMutation({
    mutationFn: async (id: string) => {
      const { response, error } = await api.DELETE('/api/templates/{id}', { params: { path: { id } } });
      if (!response.ok) throw problemOf(response, error);
    },
    onSuccess: () => {
      toast(words.removed);
      void readAgain();
    },
  });
  const scaleOf = (asset: string) => accounts?.find((account) => account.asset === asset)?.scale;
  const use = ({ credit, debit, amount, asset, memo }: Template) => {
    const scale = scaleOf(asset);
    void navigate({
      to: '/transfer',
      search: {
        to: accountNumberOf(credit),
        ...(debit ? { from: debit } : {}),
        ...(amount
          ? { amount: asText(amount, asset, { display: 'none', ...(scale === undefined ? {} : { scale }) }) }
          : {}),
        ...(memo ? { memo } : {}),
      } as never,
    });
  };
  const failed = remove.isError ? told(remove.error) : undefined;
  return (
    <Section title={words.title} flush>
      {failed && (
        <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
          {failed.detail}
        </Alert>
      )}
      <Table
        label={words.title}
        rows={templates.data?.items}
        rowKey={(row) => row.template}
        onOpen={use}
        error={
          templates.isError ? { ...told(templates.error), onRetry: () => void templates.refetch() } : null
        }
        empty={
          <EmptyState
            icon={<BookmarkPlus aria-hidden />}
            title={words.empty}
            action={
              <Button tone="primary" onClick={() => void navigate({ to: '/transfer' })}>
                {customer.menu.transfer}
              </Button>
            }
          >
            {words.emptyAbout}
          </EmptyState>
        }
        columns={[
          { id: 'name', header: words.name, cell: (row) => row.name },
          { id: 'to', header: intents.members['credit'], cell: (row) => named(row.credit).name },
          {
            id: 'amount',
            header: intents.members['amount'],
            align: 'right',
            cell: (row) => {
              if (!row.amount) return <span className="text-ink-3">{words.anyAmount}</span>;
              const scale = scaleOf(row.asset);
              return (
                <Money minor={row.amount} asset={row.asset} {...(scale === undefined ? {} : { scale })} />
              );
            },
          },
          {
            id: 'remove',
            header: '',
            align: 'right',
            cell: (row) => (
              <span className="relative z-10">
                <IconButton
                  size="sm"
                  label={`${words.remove}: ${row.name}`}
                  busy={remove.isPending && remove.variables === row.template}
                  onClick={() => remove.mutate(row.template)}
                >
                  <Trash2 aria-hidden className="size-4" />
                </IconButton>
              </span>
            ),
          },
        ]}
      />
    </Section>
  );
}
