import { useQuery } from '@tanstack/react-query';
import { Fingerprint, type LucideIcon, MonitorSmartphone, Package } from 'lucide-react';
import { useState } from 'react';
import { library, useSessionSource } from '../../app/session';
import type { Tier } from '../../bank';
import { entry } from '../../text/en/entry';
import { Badge, RadioCards, SkeletonLines } from '../../ui';

const words = entry.custody;

export const TIER_ICONS: Record<Tier, LucideIcon> = {
  passkey: Fingerprint,
  device: MonitorSmartphone,
  worker: Package,
};

/** What the keys of this browser may be locked by, the best first. */
export function useTiers(): {
  tiers: readonly Tier[] | undefined;
  tier: Tier;
  chosen: Tier | undefined;
  choose: (tier: Tier) => void;
} {
  const source = useSessionSource();
  const [chosen, choose] = useState<Tier>();
  const { data } = useQuery({
    queryKey: ['tiers'],
    queryFn: async () => {
      const [bank, { tiersOf }] = await Promise.all([source.bank(), library()]);
      return tiersOf(bank.store);
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return { tiers: data, tier: chosen ?? data?.[0] ?? 'worker', chosen, choose };
}

/** Says plainly where the keys will be, and lets somebody choose where there is a choice. */
export function TierChoice({ tiers, tier, choose }: Omit<ReturnType<typeof useTiers>, 'chosen'>) {
  if (!tiers) return <SkeletonLines lines={2} />;
  return (
    <RadioCards
      name="tier"
      legend={words.legend}
      value={tier}
      onChange={choose}
      options={tiers.map((one, place) => ({
        value: one,
        label: (
          <span className="flex flex-wrap items-center gap-2">
            {words.tiers[one].name}
            {place === 0 && tiers.length > 1 && <Badge mood="good">{words.best}</Badge>}
          </span>
        ),
        about: words.tiers[one].about,
      }))}
    />
  );
}
