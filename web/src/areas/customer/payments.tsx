import { useListSearch } from '../../app/search';
import { customer } from '../../text/en/customer';
import { money } from '../../text/en/money';
import { Page, Tabs } from '../../ui';
import { Exchange } from './exchange';
import { PaymentFiles } from './files';
import { StandingOrders } from './orders';
import { Templates } from './templates';

const words = customer.payments;
const TABS = ['files', 'orders', 'exchange', 'templates'] as const;

/** Payments that are not made one by one. Which part is shown stands in the address. */
export function Payments() {
  const { search, set } = useListSearch();
  const tab = TABS.find((one) => one === search['tab']) ?? 'files';
  return (
    <Page title={words.title} about={words.about}>
      <Tabs
        label={words.title}
        value={tab}
        onChange={(next) => set({ tab: next, order: undefined, file: undefined })}
        tabs={[
          { id: 'files', label: words.tabs.files, panel: <PaymentFiles /> },
          { id: 'orders', label: words.tabs.orders, panel: <StandingOrders /> },
          { id: 'exchange', label: money.exchange.title, panel: <Exchange /> },
          { id: 'templates', label: words.tabs.templates, panel: <Templates /> },
        ]}
      />
    </Page>
  );
}
