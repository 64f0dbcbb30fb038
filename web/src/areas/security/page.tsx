import { useNavigate, useSearch } from '@tanstack/react-router';
import { readSearch } from '../../app/search';
import { useSignedIn } from '../../app/session';
import { security as words } from '../../text/en/security';
import { Alert, Page, Tabs } from '../../ui';
import { Activity } from './activity';
import { Devices } from './devices';
import { Proof } from './proof';
import { Sessions } from './sessions';
import { SigningIn } from './signing-in';

const TABS = ['devices', 'signin', 'sessions', 'activity', 'proof'] as const;
type Name = (typeof TABS)[number];
/** The levels from which the bank answers: customers, staff. */
const FROM: Record<Name, readonly [number, number]> = {
  devices: [2, 2],
  signin: [1, 1],
  sessions: [1, 1],
  activity: [2, 3],
  proof: [2, 3],
};

const PANELS = { devices: Devices, signin: SigningIn, sessions: Sessions, activity: Activity, proof: Proof };

/** Keys, ways to sign in, sessions, what happened, and the proof of it all. The part is in the address. */
export function Security() {
  const { tab } = readSearch(useSearch({ strict: false }));
  const navigate = useNavigate();
  const { aal, role } = useSignedIn();
  const current = TABS.find((name) => name === tab) ?? (aal > 1 ? 'devices' : 'signin');
  const isEnough = (name: Name) => aal >= FROM[name][role === 'customer' ? 0 : 1];
  const panel = (name: Name) => {
    const Panel = PANELS[name];
    if (name !== current) return null;
    return isEnough(name) ? (
      <Panel />
    ) : (
      <Alert kind="info" title={words.needsMore}>
        {words.needsMoreAbout}
      </Alert>
    );
  };
  return (
    <Page title={words.title} about={words.about}>
      <Tabs
        label={words.tabsLabel}
        value={current}
        onChange={(id) => void navigate({ to: '/security', search: { tab: id } as never, replace: true })}
        tabs={TABS.map((name) => ({ id: name, label: words.tabs[name], panel: panel(name) }))}
      />
    </Page>
  );
}
