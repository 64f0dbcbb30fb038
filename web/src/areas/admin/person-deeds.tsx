import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ok } from '../../api/client';
import { fieldError } from '../../app/problem';
import { useApi } from '../../app/session';
import { wish } from '../../bank';
import { admin } from '../../text/en/admin';
import { Alert, Field, Select, SkeletonLines, Textarea } from '../../ui';
import { SignDialog } from '../signing/dialog';
import type { PersonRow } from '../staff/people-list';

const words = admin.people;

/** What an administrator is about to do about somebody. */
export type Deed = { kind: 'lock'; locked: boolean } | { kind: 'grant' } | { kind: 'lift'; role: string };

interface Of<D extends Deed> {
  person: PersonRow;
  deed: D;
  onClose: () => void;
}

export function DeedDialog({ person, deed, onClose }: Of<Deed>) {
  if (deed.kind === 'lock') return <Lock {...{ person, deed, onClose }} />;
  if (deed.kind === 'grant') return <Grant {...{ person, deed, onClose }} />;
  return (
    <SignDialog
      title={words.revokeRole}
      action={words.revokeRole}
      prepare={() => wish('role.grant', { user: person.user_id, name: deed.role, granted: false })}
      done={() => words.lifted(person.name, deed.role)}
      onClose={onClose}
    />
  );
}

function Lock({ person, deed: { locked }, onClose }: Of<Deed & { kind: 'lock' }>) {
  const [reason, setReason] = useState('');
  const name = locked ? words.lock : words.unlock;
  return (
    <SignDialog
      title={name}
      {...(locked ? { about: words.lockAbout } : {})}
      danger={locked}
      action={name}
      ready={reason.trim() !== ''}
      prepare={() => wish('user.lock', { user: person.user_id, locked, reason: reason.trim() })}
      form={(problem) => (
        <Field label={words.reason} hint={words.reasonHint} error={fieldError(problem, 'reason')} required>
          <Textarea value={reason} maxLength={140} onChange={(event) => setReason(event.target.value)} />
        </Field>
      )}
      done={() => (locked ? words.locked(person.name) : words.unlocked(person.name))}
      onClose={onClose}
    />
  );
}

function Grant({ person, onClose }: Of<Deed & { kind: 'grant' }>) {
  const api = useApi();
  const [name, setName] = useState<string | null>(null);
  const roles = useQuery({ queryKey: ['custom-roles'], queryFn: () => ok(api.GET('/api/admin/roles')) });
  const options = (roles.data?.items ?? [])
    .filter((role) => role.active && role.base === person.role && !person.roles.includes(role.name))
    .map((role) => ({ value: role.name, label: role.name, about: role.permissions.join(', ') }));
  const form = (problem: unknown) => {
    if (roles.isPending) return <SkeletonLines lines={2} />;
    if (options.length === 0) {
      return (
        <Alert title={words.noRoles}>
          <Link to="/admin/roles" search={{ tab: 'custom' } as never} className="underline">
            {admin.rights.define}
          </Link>
        </Alert>
      );
    }
    return (
      <Field label={words.customRole} error={fieldError(problem, 'name')} required>
        <Select options={options} value={name} onChange={setName} />
      </Field>
    );
  };
  return (
    <SignDialog
      title={words.grant}
      action={words.grant}
      ready={name !== null}
      prepare={() => wish('role.grant', { user: person.user_id, name: name ?? '', granted: true })}
      form={form}
      done={() => words.granted(person.name, name ?? '')}
      onClose={onClose}
    />
  );
}
