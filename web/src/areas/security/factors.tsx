import type { ReactNode } from 'react';
import { Badge } from '../../ui';

/** Under what the ways to sign in are kept. */
export const FACTORS = ['factors'];

/** One way to sign in: what it is, whether it is on, and what can be done about it. */
export function Row({ icon, state, children }: { icon: ReactNode; state: ReactNode; children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
      <span className="grid size-10 place-items-center rounded-lg bg-accent-soft text-accent [&_svg]:size-5">
        {icon}
      </span>
      <div className="flex-1">{state}</div>
      <div className="flex flex-wrap gap-2">{children}</div>
    </div>
  );
}

export const OnOff = ({ on, yes, no }: { on: boolean; yes: string; no: string }) => (
  <Badge mood={on ? 'good' : 'neutral'}>{on ? yes : no}</Badge>
);
