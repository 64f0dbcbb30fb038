import { useNavigate } from '@tanstack/react-router';
import { manager } from '../../text/en/manager';
import { Page } from '../../ui';
import { PeopleList } from '../staff/people-list';

const words = manager.customers;

/** Customers by name or address. */
export function Customers() {
  const navigate = useNavigate();
  return (
    <Page title={words.title} about={words.about}>
      <PeopleList
        label={words.table}
        only="customer"
        none={{ title: words.none, about: words.noneAbout }}
        onOpen={(one) =>
          void navigate({ to: '/manage/customers/$user', params: { user: one.user_id } as never })
        }
      />
    </Page>
  );
}
