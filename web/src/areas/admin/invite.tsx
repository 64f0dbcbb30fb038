import { useRef, useState } from 'react';
import { fieldError } from '../../app/problem';
import type { Role } from '../../app/session';
import { inviteWish, newInvitation } from '../../bank';
import { admin } from '../../text/en/admin';
import { CopyButton, Field, Input, RadioCards } from '../../ui';
import { SignDialog } from '../signing/dialog';
import { roleName } from '../staff/people';
import { ALL_ROLES } from '../staff/people-list';

const words = admin.people;

/** Invites somebody: the word that lets them in is shown once. */
export function Invite({ onClose }: { onClose: () => void }) {
  const [role, setRole] = useState<Role>('manager');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const made = useRef('');
  return (
    <SignDialog
      onClose={onClose}
      title={words.invite}
      about={words.inviteAbout}
      action={words.inviteSign}
      ready={name.trim() !== '' && /\S@\S/.test(email)}
      prepare={() => {
        const person = { name: name.trim(), email: email.trim() };
        const invitation = newInvitation(role, person.name);
        made.current = invitation.word;
        return inviteWish({ user: invitation.user, role, registration: invitation.registration }, person);
      }}
      form={(problem) => (
        <>
          <RadioCards<Role>
            name="role"
            legend={words.role}
            value={role}
            onChange={setRole}
            options={ALL_ROLES.map((value) => ({ value, label: roleName(value) }))}
          />
          <Field label={words.name} error={fieldError(problem, 'name')} required>
            <Input value={name} maxLength={120} onChange={(event) => setName(event.target.value)} />
          </Field>
          <Field label={words.email} error={fieldError(problem, 'email')} required>
            <Input type="email" value={email} onChange={(event) => setEmail(event.target.value)} />
          </Field>
        </>
      )}
      done={() => (
        <>
          <p>{role === 'customer' ? words.invitedCustomer : words.invited}</p>
          <div className="mt-3 flex items-start gap-2 rounded-lg border border-line bg-sunken p-3">
            <code data-invitation className="min-w-0 flex-1 text-sm break-all">
              {made.current}
            </code>
            <CopyButton value={made.current} label={words.copyWord} />
          </div>
        </>
      )}
    />
  );
}
