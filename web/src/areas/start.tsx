import { useQuery } from '@tanstack/react-query';
import { lazyRouteComponent, Navigate } from '@tanstack/react-router';
import { ShieldCheck } from 'lucide-react';
import { ok } from '../api/client';
import { useMenu } from '../app/navigation';
import { told } from '../app/problem';
import { useApi, useSignedIn } from '../app/session';
import { shell } from '../text';
import { Alert, EmptyState, ErrorState, Page, SkeletonLines, Timestamp } from '../ui';
import { menu } from './index';

/** Where everybody begins: a customer with what they have, staff with the first page of their menu, else what the bank has to tell them. */
export function Start() {
  const { role } = useSignedIn();
  return role === 'customer' ? <CustomerHome /> : <FirstPage />;
}

const CustomerHome = lazyRouteComponent(() => import('./customer/home'), 'Home');

function FirstPage() {
  const items = useMenu(menu);
  const first = items.find((item) => item.to !== '/');
  return first ? <Navigate to={first.to} replace /> : <Alerts />;
}

function Alerts() {
  const api = useApi();
  const { userId, name } = useSignedIn();
  const profile = useQuery({
    queryKey: ['profile', userId],
    queryFn: () => ok(api.GET('/api/users/{id}/profile', { params: { path: { id: userId } } })),
  });
  return (
    <Page title={shell.welcome(name)} width="narrow">
      {profile.isPending && <SkeletonLines />}
      {profile.isError && <ErrorState {...told(profile.error)} onRetry={() => void profile.refetch()} />}
      {profile.data && profile.data.alerts.length === 0 && (
        <div className="panel">
          <EmptyState icon={<ShieldCheck aria-hidden />} title={shell.nothingDue}>
            {shell.nothingDueAbout}
          </EmptyState>
        </div>
      )}
      <div className="grid gap-3">
        {profile.data?.alerts.map((alert) => (
          <Alert key={alert.certificate} kind="warn" title={shell.alerts[alert.code] ?? alert.code}>
            {shell.dueBy} <Timestamp at={alert.required_at} precision="day" />
          </Alert>
        ))}
      </div>
    </Page>
  );
}
