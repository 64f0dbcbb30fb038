import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { MonitorSmartphone, Pencil, Plus, RefreshCw } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ok, type Schemas } from '../../api/client';
import { fieldError, told } from '../../app/problem';
import { library, useApi, useSessionSource, useSignedIn } from '../../app/session';
import { wish } from '../../bank';
import { entry } from '../../text/en/entry';
import { security } from '../../text/en/security';
import {
  Alert,
  Badge,
  Button,
  buttonClass,
  Dialog,
  EmptyState,
  Facts,
  Field,
  formatTime,
  Hash,
  IconButton,
  Input,
  RadioCards,
  Section,
  SkeletonLines,
  Table,
  Timestamp,
  toast,
} from '../../ui';
import { TIER_ICONS } from '../entry/custody';
import { Problems } from '../entry/problems';
import { SignDialog } from '../signing/dialog';

const words = security.devices;
type Device = Schemas['DeviceView'];
const DEVICES = ['devices'];

export function Devices() {
  return (
    <>
      <Due />
      <ThisKey />
      <List />
      <Section title={security.help.title} about={security.help.about}>
        <ol className="grid list-decimal gap-1 pl-5 text-ink-2">
          {security.help.steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      </Section>
    </>
  );
}

/** The bank reminds of a rotation 30, 7 and 1 days ahead. */
function Due() {
  const api = useApi();
  const { userId } = useSignedIn();
  const { data } = useQuery({
    queryKey: ['profile', userId],
    queryFn: () => ok(api.GET('/api/users/{id}/profile', { params: { path: { id: userId } } })),
  });
  return data?.alerts
    .filter((alert) => alert.code === 'rotation-due')
    .map((alert) => (
      <div key={alert.certificate} className="mb-5">
        <Alert
          kind={alert.days_ahead <= 1 ? 'bad' : 'warn'}
          title={security.key.due(alert.days_ahead)}
          action={
            <Link to="/security/rotate" className={buttonClass('primary', 'sm')}>
              {security.key.rotate}
            </Link>
          }
        >
          {security.key.dueAbout} {security.key.by} {formatTime(alert.required_at, 'day')}
        </Alert>
      </div>
    ));
}

/** The profile of this browser, where it is of the person who is signed in. */
export function useOwnProfile() {
  const source = useSessionSource();
  const { userId } = useSignedIn();
  return useQuery({
    queryKey: ['own-profile', userId],
    queryFn: async () => {
      const [bank, { isSoftware }] = await Promise.all([source.bank(), library()]);
      const profile = await bank.profile();
      if (profile?.user.id !== userId || !profile.certificates) return null;
      return { profile, software: isSoftware(profile.keys), suite: bank.trust.suite };
    },
    staleTime: 0,
  });
}

function ThisKey() {
  const api = useApi();
  const { certificate } = useSignedIn();
  const own = useOwnProfile();
  const details = useQuery({
    queryKey: ['certificate', certificate],
    queryFn: () => ok(api.GET('/api/certificates/details')),
    enabled: certificate !== null,
  });
  if (own.isPending) return <SkeletonLines />;
  if (!own.data || !certificate) {
    return (
      <div className="mb-5">
        <Alert kind="info" title={security.key.none}>
          {security.key.noneAbout}
        </Alert>
      </div>
    );
  }
  const { profile, software } = own.data;
  const { tier, fingerprint, madeAt } = profile.keys;
  const Icon = TIER_ICONS[tier];
  return (
    <Section
      title={security.key.title}
      actions={
        <Link to="/security/rotate" className={buttonClass('secondary', 'sm')}>
          <RefreshCw aria-hidden className="size-4" />
          {security.key.rotate}
        </Link>
      }
    >
      <div className="mb-3 flex items-start gap-4">
        <span className="grid size-11 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent">
          <Icon aria-hidden className="size-5.5" />
        </span>
        <div>
          <p className="flex flex-wrap items-center gap-2 font-medium">
            {entry.custody.tiers[tier].name}
            {software ? (
              <Badge mood="warn">{security.key.software}</Badge>
            ) : (
              <Badge mood="good">{security.key.native}</Badge>
            )}
          </p>
          <p className="max-w-2xl text-sm text-pretty text-ink-2">
            {entry.custody.tiers[tier].about}
            {software && tier !== 'worker' && ` ${security.key.softwareAbout}`}
          </p>
        </div>
      </div>
      <Facts
        items={[
          [security.key.made, <Timestamp key="made" at={madeAt} />],
          details.data && [security.key.ends, <Timestamp key="end" at={details.data.not_after} />],
          details.data && [security.key.generation, security.key.generationOf(details.data.generation)],
          [security.key.fingerprint, <Hash key="key" value={fingerprint} />],
          [security.key.certificate, <Hash key="certificate" value={certificate} />],
        ]}
      />
    </Section>
  );
}

function List() {
  const api = useApi();
  const client = useQueryClient();
  const { aal } = useSignedIn();
  const devices = useQuery({ queryKey: DEVICES, queryFn: () => ok(api.GET('/api/devices')) });
  const [renaming, setRenaming] = useState<Device>();
  const [revoking, setRevoking] = useState<Device>();
  const again = () => void client.invalidateQueries({ queryKey: DEVICES });
  const canSign = aal === 3;
  return (
    <Section
      flush
      title={words.title}
      about={words.about}
      actions={
        canSign && (
          <Link to="/security/add-device" className={buttonClass('primary', 'sm')}>
            <Plus aria-hidden className="size-4" />
            {words.add}
          </Link>
        )
      }
    >
      {!canSign && <p className="px-5 pt-3 text-sm text-ink-2">{security.needsDevice}</p>}
      <Table
        label={words.label}
        rows={devices.data?.items}
        rowKey={(device) => device.device_id}
        error={devices.isError ? { ...told(devices.error), onRetry: () => void devices.refetch() } : null}
        empty={
          <EmptyState icon={<MonitorSmartphone aria-hidden />} title={words.empty}>
            {words.emptyAbout}
          </EmptyState>
        }
        columns={[
          {
            id: 'name',
            header: words.name,
            cell: (device) => (
              <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium">{device.name ?? words.unnamed}</span>
                <IconButton
                  size="sm"
                  label={`${words.rename}: ${device.name ?? words.unnamed}`}
                  onClick={() => setRenaming(device)}
                >
                  <Pencil aria-hidden className="size-3.5" />
                </IconButton>
                {device.is_this_one && <Badge mood="accent">{words.thisOne}</Badge>}
              </span>
            ),
          },
          {
            id: 'status',
            header: words.status,
            cell: (device) =>
              device.status === 'active' ? (
                <Badge mood="good">{words.active}</Badge>
              ) : (
                <Badge mood="bad">{words.revoked}</Badge>
              ),
          },
          {
            id: 'used',
            header: words.used,
            cell: (device) =>
              device.last_used_at ? <Timestamp at={device.last_used_at} relative /> : words.never,
          },
          {
            id: 'enrolled',
            header: words.enrolled,
            cell: (device) => <Timestamp at={device.enrolled_at} precision="day" />,
          },
          {
            id: 'until',
            header: words.until,
            wideOnly: true,
            cell: (device) => (device.not_after ? <Timestamp at={device.not_after} precision="day" /> : '–'),
          },
          {
            id: 'do',
            header: <span className="sr-only">{words.revoke}</span>,
            align: 'right',
            cell: (device) =>
              device.status === 'active' &&
              canSign && (
                <Button
                  size="sm"
                  aria-label={`${words.revoke}: ${device.name ?? words.unnamed}`}
                  onClick={() => setRevoking(device)}
                >
                  {words.revoke}
                </Button>
              ),
          },
        ]}
      />
      {renaming && <Rename device={renaming} onClose={() => setRenaming(undefined)} onDone={again} />}
      {revoking && <Revoke device={revoking} onClose={() => setRevoking(undefined)} />}
    </Section>
  );
}

interface OneDevice {
  device: Device;
  onClose: () => void;
}

function Rename({ device, onClose, onDone }: OneDevice & { onDone: () => void }) {
  const source = useSessionSource();
  const [name, setName] = useState(device.name ?? '');
  const rename = useMutation({
    mutationFn: () =>
      source.session.post('/api/devices/name', { device_id: device.device_id, name: name.trim() }),
    onSuccess: () => {
      toast(words.renamed);
      onDone();
      onClose();
    },
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    rename.mutate();
  };
  const ofField = fieldError(rename.error, 'name');
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words.renameTitle}
      actions={
        <Button type="submit" form="rename" tone="primary" busy={rename.isPending}>
          {words.save}
        </Button>
      }
    >
      <form id="rename" onSubmit={send} className="grid gap-4">
        <Field label={words.newName} error={ofField}>
          <Input required maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        {rename.isError && !ofField && <Problems error={rename.error} />}
      </form>
    </Dialog>
  );
}

const REASONS = ['cessation', 'key_compromise'] as const;

function Revoke({ device, onClose }: OneDevice) {
  const source = useSessionSource();
  const [reason, setReason] = useState<(typeof REASONS)[number]>('cessation');
  return (
    <SignDialog
      title={words.revokeTitle}
      about={words.revokeAbout}
      danger
      action={words.revoke}
      also={() => [[words.name, device.name ?? words.unnamed]]}
      prepare={() => wish('device.revoke', { device: device.device_id, reason })}
      form={() => (
        <>
          {device.is_this_one && <Alert kind="warn">{words.revokeThis}</Alert>}
          <RadioCards
            name="reason"
            legend={words.reason}
            value={reason}
            onChange={setReason}
            options={REASONS.map((value) => ({
              value,
              label: words.reasons[value].name,
              about: words.reasons[value].about,
            }))}
          />
        </>
      )}
      onSettled={({ refusal }) => {
        if (!refusal && device.is_this_one) void source.signOut().catch(() => undefined);
      }}
      onClose={onClose}
    />
  );
}
