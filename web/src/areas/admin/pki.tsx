import { Download } from 'lucide-react';
import { told } from '../../app/problem';
import { useListSearch } from '../../app/search';
import { admin } from '../../text/en/admin';
import {
  Badge,
  buttonClass,
  ErrorState,
  Facts,
  formatRelative,
  Page,
  Section,
  SkeletonLines,
  Tabs,
  Timestamp,
} from '../../ui';
import { Authorities } from './authorities';
import { Certificates } from './certificates';
import { useInfo } from './info';

const words = admin.pki;

/** Who issues, what was issued, and what is believed no more. */
export function Pki() {
  const { search, set } = useListSearch();
  return (
    <Page title={words.title} about={words.about} width="wide">
      <Tabs
        label={words.tabs}
        value={search['tab'] ?? 'authority'}
        onChange={(tab) => set({ tab: tab === 'authority' ? undefined : tab })}
        tabs={[
          { id: 'authority', label: words.authority, panel: <Authorities /> },
          { id: 'certificates', label: words.certificates, panel: <Certificates /> },
          { id: 'crl', label: words.crl, panel: <RevocationList /> },
        ]}
      />
    </Page>
  );
}

function RevocationList() {
  const info = useInfo();
  if (info.isError)
    return (
      <div className="panel">
        <ErrorState {...told(info.error)} onRetry={() => void info.refetch()} />
      </div>
    );
  if (!info.data)
    return (
      <div className="panel px-5 py-4">
        <SkeletonLines lines={4} />
      </div>
    );
  const { crl_number, crl_this_update, crl_next_update } = info.data.rotation;
  const isFresh = Date.parse(crl_next_update) > Date.now();
  return (
    <Section
      title={words.crl}
      about={words.crlAbout}
      actions={
        <>
          <span className="self-center">
            <Badge mood={isFresh ? 'good' : 'bad'}>{isFresh ? words.crlFresh : words.crlStale}</Badge>
          </span>
          <a
            href="/api/certificates/crl"
            download={`crl-${crl_number}.der`}
            className={buttonClass('secondary')}
          >
            <Download aria-hidden className="size-4" />
            {words.crlDownload}
          </a>
        </>
      }
    >
      <Facts
        items={[
          [
            words.crlNumber,
            <span key="number" className="figures">
              {crl_number}
            </span>,
          ],
          [
            words.crlMade,
            <span key="made">
              <Timestamp at={crl_this_update} precision="second" /> ({formatRelative(crl_this_update)})
            </span>,
          ],
          [
            words.crlNext,
            <span key="next">
              <Timestamp at={crl_next_update} precision="second" /> ({formatRelative(crl_next_update)})
            </span>,
          ],
        ]}
      />
    </Section>
  );
}
