import { useAllowed } from '../../app/navigation';
import { useListSearch } from '../../app/search';
import { admin } from '../../text/en/admin';
import { Page, Tabs } from '../../ui';
import { Addresses } from './addresses';
import { Checks } from './health';
import { Policies } from './policies';
import { Webhooks } from './webhooks';

const words = admin.system;

/** How the bank's software stands, and what it was told to do. */
export function System() {
  const allowed = useAllowed();
  const { search, set } = useListSearch();
  return (
    <Page title={words.title} about={words.about} width="wide">
      <Tabs
        label={words.tabs}
        value={search['tab'] ?? 'health'}
        onChange={(tab) => set({ tab: tab === 'health' ? undefined : tab })}
        tabs={[
          { id: 'health', label: words.health, panel: <Checks /> },
          { id: 'policies', label: words.policies, panel: <Policies /> },
          ...(allowed?.has('GET /api/admin/ip-rules')
            ? [{ id: 'addresses', label: words.addresses, panel: <Addresses /> }]
            : []),
          ...(allowed?.has('GET /api/admin/webhooks')
            ? [{ id: 'webhooks', label: words.webhooks, panel: <Webhooks /> }]
            : []),
        ]}
      />
    </Page>
  );
}
