import { useMutation, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { ok } from '../../api/client';
import { ProblemAlert } from '../../app/problem-alert';
import { saveFrom } from '../../app/save';
import { useApi, useSessionSource } from '../../app/session';
import { customer } from '../../text/en/customer';
import { Button, Dialog, Field, formatDay, Input, Money, RadioCards, Skeleton } from '../../ui';
import { type Account, utcDay } from './data';
import { FORMATS, type Format, statementFile } from './statement-file';

const words = customer.account;

/** Saves what is listed: the same days, all of their pages. */
export function ExportDialog({
  account,
  firstDay,
  lastDay,
  open,
  onClose,
}: {
  account: Account;
  firstDay: string;
  lastDay: string;
  open: boolean;
  onClose: () => void;
}) {
  const source = useSessionSource();
  const [format, setFormat] = useState<Format>('csv');
  const save = useMutation({
    mutationFn: async () => {
      const { path, name } = statementFile(account, firstDay, lastDay, format);
      await saveFrom(source.session, path, name);
    },
    onSuccess: onClose,
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={words.exportTitle}
      description={words.exportAbout(formatDay(firstDay), formatDay(lastDay))}
      actions={
        <Button
          tone="primary"
          busy={save.isPending}
          icon={<Download aria-hidden className="size-4" />}
          onClick={() => save.mutate()}
        >
          {words.save}
        </Button>
      }
    >
      <div className="grid gap-3">
        {save.isError && <ProblemAlert error={save.error} />}
        <RadioCards
          name="format"
          legend={words.format}
          value={format}
          onChange={setFormat}
          options={FORMATS.map((one) => ({
            value: one,
            label: words.formats[one].name,
            about: words.formats[one].about,
          }))}
        />
      </div>
    </Dialog>
  );
}

const MIDNIGHT = '23:59';

/** What the balance was. */
export function BalanceThen({
  account,
  open,
  onClose,
}: {
  account: Account;
  open: boolean;
  onClose: () => void;
}) {
  const api = useApi();
  const [day, setDay] = useState(() => utcDay(new Date()));
  const [time, setTime] = useState(MIDNIGHT);
  const at =
    /^\d{4}-\d\d-\d\d$/.test(day) && /^\d\d:\d\d$/.test(time) ? `${day}T${time}:59.999999Z` : undefined;
  const balance = useQuery({
    queryKey: ['balance', account.id, at],
    enabled: open && at !== undefined,
    queryFn: () =>
      ok(
        api.GET('/api/accounts/{id}/balance', {
          params: { path: { id: account.id }, query: at ? { at } : {} },
        }),
      ),
  });
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title={words.earlier}
      description={words.earlierAbout}
    >
      <div className="grid gap-4">
        <div className="grid grid-cols-2 gap-3">
          <Field label={words.day}>
            <Input type="date" value={day} onChange={(event) => setDay(event.target.value)} />
          </Field>
          <Field label={words.time}>
            <Input type="time" value={time} onChange={(event) => setTime(event.target.value)} />
          </Field>
        </div>
        {balance.isError ? (
          <ProblemAlert error={balance.error} />
        ) : (
          <div className="rounded-lg bg-sunken px-4 py-3" role="status">
            <p className="text-sm text-ink-3">{words.balanceAt}</p>
            {balance.data ? (
              <Money
                minor={balance.data.balance}
                asset={balance.data.asset}
                scale={balance.data.scale}
                size="xl"
              />
            ) : (
              <Skeleton className="my-1.5 w-32" />
            )}
          </div>
        )}
      </div>
    </Dialog>
  );
}
