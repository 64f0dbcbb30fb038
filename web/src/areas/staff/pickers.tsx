import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ok } from '../../api/client';
import { useApi } from '../../app/session';
import { people as words } from '../../text/en/people';
import { Combobox, Field, type FieldError } from '../../ui';
import { roleName, useProfile } from './people';

const OFFERED = 20;

/** Somebody by name or address: the bank searches. */
export function PersonPicker({
  label,
  value,
  error,
  onChange,
}: {
  label: string;
  value: string | null;
  error?: FieldError | string | undefined;
  onChange: (user: string | null) => void;
}) {
  const api = useApi();
  const [typed, setTyped] = useState('');
  const found = useQuery({
    queryKey: ['people', 'pick', typed],
    queryFn: () =>
      ok(
        api.GET('/api/admin/users', {
          params: { query: { limit: OFFERED, ...(typed ? { search: typed } : {}) } },
        }),
      ),
    placeholderData: (before) => before,
  });
  const chosen = useProfile(value).data;
  const options = (found.data?.items ?? []).map((person) => ({
    value: person.user_id,
    label: person.name,
    about: `${roleName(person.role)}, ${person.email}`,
  }));
  if (value && chosen && !options.some((option) => option.value === value)) {
    options.unshift({ value, label: chosen.name, about: `${roleName(chosen.role)}, ${chosen.email}` });
  }
  return (
    <Field label={label} error={error}>
      <Combobox
        options={options}
        value={value}
        onChange={onChange}
        onSearch={(text) => {
          // What stands there after a choice is no search for it.
          if (!options.some((option) => option.label === text)) setTyped(text.trim());
        }}
        busy={found.isFetching}
        placeholder={words.search}
      />
    </Field>
  );
}
