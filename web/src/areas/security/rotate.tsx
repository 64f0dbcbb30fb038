import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { library, useSessionSource } from '../../app/session';
import type { Tier } from '../../bank';
import { common } from '../../text';
import { security } from '../../text/en/security';
import { Alert, Button, buttonClass, Facts, Hash, Page, SkeletonLines, StepHeading, Steps } from '../../ui';
import { Becoming, useBecoming } from '../entry/becoming';
import { TierChoice, useTiers } from '../entry/custody';
import { Problems } from '../entry/problems';
import { useOwnProfile } from './devices';

const words = security.rotate;

/** Replaces the key of this browser: why, what happens, and it happens. */
export function Rotate() {
  const source = useSessionSource();
  const own = useOwnProfile();
  const custody = useTiers();
  const becoming = useBecoming();
  const before = useRef<string | undefined>(undefined);
  const [after, setAfter] = useState<string>();
  const present = own.data?.profile.keys.tier;
  // A lock that works is kept; a better one is offered.
  const tier: Tier = custody.chosen ?? (present === 'passkey' ? 'passkey' : custody.tier);
  const rotate = useMutation({
    mutationFn: async () => {
      const { rotateAndEnter } = await library();
      before.current ??= own.data?.profile.keys.fingerprint;
      const session = await becoming.run((begins) => rotateAndEnter(source.session, tier, begins));
      await source.enter(session);
      setAfter((await session.bank.enrolledProfile()).keys.fingerprint);
    },
  });
  const step = after ? 2 : becoming.progress ? 1 : 0;
  return (
    <Page title={words.title} about={words.about} width="narrow">
      <div className="grid gap-6">
        <Steps steps={words.steps} current={step} />
        {own.isPending && <SkeletonLines />}
        {own.data === null && (
          <Alert kind="info" title={security.key.none}>
            {security.key.noneAbout}
          </Alert>
        )}
        {own.data && step === 0 && (
          <div className="panel grid gap-5 p-5">
            <StepHeading focus={false}>{words.why}</StepHeading>
            <dl className="grid gap-3">
              {words.reasons.map(([name, about]) => (
                <div key={name}>
                  <dt className="font-medium">{name}</dt>
                  <dd className="text-sm text-ink-2">{about}</dd>
                </div>
              ))}
            </dl>
            <h3 className="text-lg font-semibold">{words.what}</h3>
            <ol className="-mt-2 grid list-decimal gap-1.5 pl-5 text-ink-2">
              {words.happens.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ol>
            <TierChoice {...custody} tier={tier} />
            {(present === 'passkey' || tier === 'passkey') && <Alert kind="info">{words.asked}</Alert>}
            <div className="flex flex-wrap gap-2">
              <Button
                tone="primary"
                size="lg"
                disabled={!custody.tiers}
                busy={rotate.isPending}
                onClick={() => rotate.mutate()}
              >
                {words.begin}
              </Button>
              <Link to="/security" className={buttonClass('secondary', 'lg')}>
                {common.cancel}
              </Link>
            </div>
          </div>
        )}
        {step === 1 && (
          <div className="panel grid gap-5 p-5">
            <StepHeading>{rotate.isError ? words.failed : words.working}</StepHeading>
            <Becoming progress={becoming.progress} />
            {rotate.isError && (
              <>
                <Problems error={rotate.error} />
                <p className="text-sm text-ink-2">{words.failedAbout}</p>
                <div className="flex flex-wrap gap-2">
                  <Button tone="primary" onClick={() => rotate.mutate()}>
                    {words.again}
                  </Button>
                  <Link to="/security" className={buttonClass('secondary')}>
                    {words.back}
                  </Link>
                </div>
              </>
            )}
          </div>
        )}
        {after && (
          <div className="panel grid gap-4 p-5">
            <StepHeading>{words.done}</StepHeading>
            <p className="-mt-2 text-ink-2">{words.doneAbout}</p>
            <Facts
              items={[
                before.current !== undefined && [words.old, <Hash key="old" value={before.current} />],
                [words.new, <Hash key="new" value={after} />],
              ]}
            />
            <div>
              <Link to="/security" className={buttonClass('primary')}>
                {words.back}
              </Link>
            </div>
          </div>
        )}
      </div>
    </Page>
  );
}
