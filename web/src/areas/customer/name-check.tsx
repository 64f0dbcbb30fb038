import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { told } from '../../app/problem';
import { useApi } from '../../app/session';
import { parseAccountNumber } from '../../bank';
import { customer } from '../../text/en/customer';
import { Alert, Button, Field, Input } from '../../ui';

const words = customer.payees;

export type NameAnswer = Schemas['NameAnswer'];

interface Asked {
  number: string;
  name: string;
}

/** Asks the bank whether a name fits an account. Each question counts against a budget, so it is asked by a button. */
export function useNameCheck(asked: Asked | undefined) {
  const api = useApi();
  return useQuery({
    queryKey: ['name-check', asked?.number, asked?.name],
    enabled: asked !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: () => ok(api.POST('/api/beneficiaries/check', { body: asked ?? { number: '', name: '' } })),
  });
}

interface Props {
  number: string;
  name: string;
  onName: (name: string) => void;
  onAnswer?: (answer: NameAnswer, name: string) => void;
  optional?: boolean;
}

/** A name with the bank's answer to it. */
export function NameCheck({ number, name, onName, optional }: Props) {
  const [asked, setAsked] = useState<Asked>();
  const known = parseAccountNumber(number);
  const check = useNameCheck(asked);
  const isCurrent = asked !== undefined && asked.number === known && asked.name === name.trim();
  const answer = isCurrent ? check.data : undefined;
  const failed = isCurrent && check.isError ? told(check.error) : undefined;
  const ask = () => known && name.trim() && setAsked({ number: known, name: name.trim() });
  return (
    <div className="grid gap-2">
      <Field label={customer.transfer.name} hint={customer.transfer.nameHint} optional={optional ?? false}>
        <div className="flex gap-2">
          <Input
            value={name}
            autoComplete="off"
            onChange={(event) => onName(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || !known || !name.trim() || isCurrent) return;
              event.preventDefault();
              ask();
            }}
          />
          <Button
            disabled={!known || !name.trim() || isCurrent}
            busy={isCurrent && check.isFetching}
            onClick={ask}
          >
            {words.checkName}
          </Button>
        </div>
      </Field>
      {failed && (
        <Alert kind="bad" title={failed.title} requestId={failed.requestId}>
          {failed.detail}
        </Alert>
      )}
      {answer && <NameVerdict answer={answer} onUse={onName} />}
    </div>
  );
}

/** What the bank says of a name: a match, nearly, or a warning. */
export function NameVerdict({ answer, onUse }: { answer: NameAnswer; onUse?: (name: string) => void }) {
  const { name_match: match, name } = answer;
  const kind = match === 'match' ? 'good' : match === 'close' ? 'warn' : 'bad';
  return (
    <Alert
      kind={kind}
      title={words.answers[match] ?? match}
      action={
        match === 'close' && name && onUse ? (
          <Button size="sm" onClick={() => onUse(name)}>
            {words.takeName(name)}
          </Button>
        ) : undefined
      }
    >
      {match === 'none' ? words.noneAbout : name ? words.nameIs(name) : ''}
    </Alert>
  );
}
