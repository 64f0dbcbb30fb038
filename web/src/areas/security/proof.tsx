import { useQuery } from '@tanstack/react-query';
import { Download, ShieldQuestion } from 'lucide-react';
import { ok } from '../../api/client';
import { told } from '../../app/problem';
import { saveText } from '../../app/save';
import { library, useApi, useSessionSource, useSignedIn } from '../../app/session';
import { common, shell } from '../../text';
import { security } from '../../text/en/security';
import {
  Badge,
  Button,
  EmptyState,
  ErrorState,
  Hash,
  ProofSteps,
  Section,
  SkeletonLines,
  shortHash,
  Table,
  Timestamp,
} from '../../ui';

const words = security.proof;

/** The certificate of this device, its chain and its lineage, checked here and now. */
export function Proof() {
  const api = useApi();
  const source = useSessionSource();
  const { userId, certificate } = useSignedIn();
  const proof = useQuery({
    queryKey: ['key-proof', userId, certificate],
    queryFn: async () => {
      const [bank, lib] = await Promise.all([source.bank(), library()]);
      const profile = await bank.profile();
      if (profile?.user.id !== userId || !profile.certificates) return null;
      const params = { path: { user_id: userId } };
      const history = await ok(api.GET('/api/quantum/keys/{user_id}/history', { params }));
      const mine = history.items.filter((one) => one.device_id === profile.keys.deviceId);
      const ancestors = await Promise.all(
        mine.map(({ certificate: name }) =>
          ok(api.GET('/api/certificates/details', { params: { query: { certificate: name } } })),
        ),
      );
      const status = await ok(api.GET('/api/certificates/status'));
      const checked = await lib.proveKey(bank.trust, profile, profile.certificates, ancestors);
      const statuses = new Map(mine.map((one) => [one.certificate, one.status]));
      return { bank, lib, profile, path: profile.certificates, status, checked, statuses };
    },
  });
  if (proof.isPending) return <SkeletonLines lines={6} />;
  if (proof.isError) return <ErrorState {...told(proof.error)} onRetry={() => void proof.refetch()} />;
  if (!proof.data) {
    return (
      <EmptyState icon={<ShieldQuestion aria-hidden />} title={words.noKey}>
        {security.key.noneAbout}
      </EmptyState>
    );
  }
  const { bank, lib, profile, path, status, checked, statuses } = proof.data;
  const outcome = (holds: boolean) => (holds ? 'passed' : 'failed') as 'passed' | 'failed';
  const about = (holds: boolean, why: string) => (holds ? why : words.failed);
  const isGood = status.state === 'good';
  return (
    <>
      <Section
        title={words.title}
        about={words.about}
        actions={
          <>
            <Button
              size="sm"
              icon={<Download aria-hidden className="size-4" />}
              onClick={() =>
                void lib
                  .chainOfPem(path)
                  .then((text) => saveText(text, words.chainFile, 'application/x-pem-file'))
              }
            >
              {words.download}
            </Button>
            <Button size="sm" onClick={() => saveText(lib.trustFile(bank.trust), words.trustFile)}>
              {words.downloadTrust}
            </Button>
          </>
        }
      >
        <ProofSteps
          words={common.outcomes}
          steps={[
            {
              name: words.stepsOf.holder,
              outcome: outcome(checked.holder),
              about: about(checked.holder, words.holder(profile.user.name, shell.roles[profile.user.role])),
            },
            {
              name: words.stepsOf.chain,
              outcome: outcome(checked.chain),
              about: about(checked.chain, words.chain(shortHash(bank.trust.root.fingerprint))),
            },
            {
              name: words.stepsOf.lineage,
              outcome: outcome(checked.lineage),
              about: about(checked.lineage, words.lineage(checked.generations.length)),
            },
            {
              // The bank's word: the signature of the list is not checked here.
              name: words.stepsOf.status,
              outcome: isGood ? 'skipped' : 'failed',
              about: about(isGood, words.status(status.crl_number)),
            },
          ]}
        />
      </Section>
      <Section flush title={words.generations}>
        <Table
          label={words.generations}
          rows={checked.generations}
          rowKey={({ fingerprint }) => fingerprint}
          empty={<EmptyState title={words.noKey} />}
          columns={[
            { id: 'generation', header: words.generation, cell: ({ generation }) => generation },
            {
              id: 'state',
              header: words.status_,
              cell: ({ fingerprint }) => {
                const state = statuses.get(fingerprint) ?? 'active';
                return (
                  <Badge mood={state === 'active' ? 'good' : state === 'revoked' ? 'bad' : 'neutral'}>
                    {words.statuses[state] ?? state}
                  </Badge>
                );
              },
            },
            {
              id: 'from',
              header: words.from,
              cell: ({ notBefore }) => <Timestamp at={notBefore.toISOString()} />,
            },
            {
              id: 'until',
              header: words.until,
              cell: ({ notAfter }) => <Timestamp at={notAfter.toISOString()} precision="day" />,
            },
            {
              id: 'certificate',
              header: words.certificate,
              cell: ({ fingerprint }) => <Hash value={fingerprint} />,
            },
          ]}
        />
      </Section>
    </>
  );
}
