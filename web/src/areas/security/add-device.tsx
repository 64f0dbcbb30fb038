import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Camera, CameraOff, PenLine } from 'lucide-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Problem } from '../../app/problem';
import { ProblemAlert } from '../../app/problem-alert';
import { library, useSessionSource, useSignedIn } from '../../app/session';
import { type PairingView, wish } from '../../bank';
import { security } from '../../text/en/security';
import { signing } from '../../text/en/signing';
import {
  Alert,
  Button,
  buttonClass,
  CopyButton,
  Facts,
  Field,
  Input,
  Page,
  Qr,
  StepHeading,
  Steps,
  Textarea,
  Timestamp,
} from '../../ui';
import { Problems } from '../entry/problems';
import { Refusal, SigningNote, WouldBeRefused } from '../signing/notes';
import { Review } from '../signing/review';
import { phaseText, useLaying, useSigning } from '../signing/signing';

const words = security.add;

/** The signed-in device of a pairing: reads the new one's code, compares, signs. */
export function AddDevice() {
  const { aal } = useSignedIn();
  const [step, setStep] = useState(0);
  const [pairing, setPairing] = useState<PairingView>();
  const [done, setDone] = useState(false);
  return (
    <Page title={words.title} about={words.about} width="narrow">
      {aal < 3 ? (
        <Alert kind="info">{security.needsDevice}</Alert>
      ) : (
        <div className="grid gap-6">
          <Steps steps={words.steps} current={step} />
          {step === 0 && <Open onNext={() => setStep(1)} />}
          {step === 1 && (
            <Read
              onRead={(view) => {
                setPairing(view);
                setStep(2);
              }}
            />
          )}
          {step === 2 && pairing && !done && <Compare pairing={pairing} onDone={() => setDone(true)} />}
          {done && (
            <div className="panel grid gap-4 p-5">
              <StepHeading>{words.done}</StepHeading>
              <p className="-mt-2 text-ink-2">{words.doneAbout}</p>
              <div>
                <Link to="/security" className={buttonClass('primary')}>
                  {words.back}
                </Link>
              </div>
            </div>
          )}
        </div>
      )}
    </Page>
  );
}

function Open({ onNext }: { onNext: () => void }) {
  const { userId, role, name } = useSignedIn();
  const link = useQuery({
    queryKey: ['pairing-link', userId, name],
    queryFn: async () => {
      const { personText } = await library();
      return `${window.location.origin}/pair#${personText({ id: userId, role, name })}`;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="panel grid gap-4 p-5">
      <StepHeading focus={false}>{words.open}</StepHeading>
      <p className="-mt-2 text-ink-2">{words.openAbout}</p>
      {link.data && (
        <div className="grid gap-3 justify-self-center text-center">
          <Qr text={link.data} label={words.qr} className="size-56 rounded-lg border border-line" />
          <p className="flex items-center justify-center gap-1 text-sm text-ink-2">
            {words.copyLink}
            <CopyButton value={link.data} label={words.copyLink} />
          </p>
        </div>
      )}
      <div>
        <Button tone="primary" onClick={onNext}>
          {words.next}
        </Button>
      </div>
    </div>
  );
}

function Read({ onRead }: { onRead: (view: PairingView) => void }) {
  const source = useSessionSource();
  const [text, setText] = useState('');
  const read = useMutation({
    mutationFn: async (scanned: string) => (await library()).readPairing(source.session, scanned),
    onSuccess: onRead,
  });
  const send = (event: FormEvent) => {
    event.preventDefault();
    read.mutate(text);
  };
  return (
    <div className="panel grid gap-5 p-5">
      <StepHeading>{words.scan}</StepHeading>
      <p className="-mt-3 text-ink-2">{detectorOf() ? words.scanAbout : words.pasteAbout}</p>
      <Scanner onFound={(found) => read.mutate(found)} />
      <form onSubmit={send} className="grid gap-4">
        <Field label={words.text} hint={words.textHint} error={read.isError ? told(read.error) : undefined}>
          <Textarea
            required
            spellCheck={false}
            className="font-mono text-sm break-all"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </Field>
        {read.isError && !told(read.error) && <Problems error={read.error} />}
        <div>
          <Button type="submit" tone="primary" busy={read.isPending}>
            {words.read}
          </Button>
        </div>
      </form>
    </div>
  );
}

/** What was wrong with the text, where it was the text. */
const told = (error: Error): { message: string; requestId?: string | undefined } | undefined => {
  if (error.name === 'IntentError') return { message: words.unreadable };
  if (error.name === 'AnswerError') return { message: words.foreign };
  if (error instanceof Problem && error.status === 404)
    return { message: words.gone, requestId: error.requestId };
  return undefined;
};

interface Detector {
  detect(source: HTMLVideoElement): Promise<readonly { rawValue: string }[]>;
}
type DetectorMaker = new (options: { formats: string[] }) => Detector;

const detectorOf = (): DetectorMaker | undefined =>
  (window as { BarcodeDetector?: DetectorMaker }).BarcodeDetector;

const LOOK_MS = 200;

/** Reads codes by the camera, where the browser can; nothing of the picture leaves it. */
function Scanner({ onFound }: { onFound: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const found = useRef(onFound);
  found.current = onFound;
  const [on, setOn] = useState(false);
  const [refused, setRefused] = useState(false);
  const Maker = detectorOf();
  useEffect(() => {
    if (!on || !Maker) return;
    let stream: MediaStream | undefined;
    let timer: ReturnType<typeof setInterval> | undefined;
    let ended = false;
    const begin = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      if (ended || !video.current) return stream.getTracks().forEach((track) => void track.stop());
      video.current.srcObject = stream;
      await video.current.play();
      const detector = new Maker({ formats: ['qr_code'] });
      timer = setInterval(async () => {
        if (!video.current) return;
        const [code] = await detector.detect(video.current).catch(() => []);
        if (code && !ended) {
          setOn(false);
          found.current(code.rawValue);
        }
      }, LOOK_MS);
    };
    begin().catch(() => {
      setRefused(true);
      setOn(false);
    });
    return () => {
      ended = true;
      clearInterval(timer);
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
  }, [on, Maker]);
  if (!Maker) return null;
  return (
    <div className="grid gap-3">
      {refused && <Alert kind="warn">{words.cameraRefused}</Alert>}
      {on && (
        <video
          ref={video}
          muted
          playsInline
          aria-label={words.cameraView}
          className="aspect-square w-full max-w-72 justify-self-center rounded-lg bg-sunken object-cover"
        />
      )}
      <div>
        <Button
          icon={on ? <CameraOff aria-hidden className="size-4" /> : <Camera aria-hidden className="size-4" />}
          onClick={() => {
            setRefused(false);
            setOn(!on);
          }}
        >
          {on ? words.cameraStop : words.camera}
        </Button>
      </div>
    </div>
  );
}

function Compare({ pairing, onDone }: { pairing: PairingView; onDone: () => void }) {
  const { name } = useSignedIn();
  const [number, setNumber] = useState('');
  const [wrong, setWrong] = useState(false);
  const { device, csrSha3, registration } = pairing.pairing;
  const laying = useLaying();
  const { state, start, again } = useSigning({
    onSettled: ({ refusal }) => {
      if (!refusal) onDone();
    },
  });
  const laid = laying.data;
  const foreseen = laid?.forecast?.outcome === 'refused' ? laid.forecast : undefined;
  const body = { device, csr_sha3: csrSha3, registration };
  const lay = () => laying.mutate(() => wish('device.approve', body));
  const begun = useRef(false);
  const latest = useRef(lay);
  latest.current = lay;
  useEffect(() => {
    if (!begun.current) latest.current();
    begun.current = true;
  }, []);
  const { view } = pairing;
  const send = (event: FormEvent) => {
    event.preventDefault();
    const isSame = number.replace(/\s/g, '') === pairing.matchNumber;
    setWrong(!isSame);
    if (isSame && laid) start(laid.draft);
  };
  return (
    <form onSubmit={send} className="panel grid gap-5 p-5">
      <StepHeading>{words.compare}</StepHeading>
      <Facts
        items={[
          [words.name, String(view['name'] ?? '')],
          [words.from, <code key="ip">{String(view['ip'] ?? '')}</code>],
          [words.asked, <Timestamp key="at" at={String(view['created_at'])} relative />],
          [words.person, `${name} (${words.you})`],
        ]}
      />
      {laying.isError && (
        <ProblemAlert
          error={laying.error}
          action={
            <Button onClick={lay} busy={laying.isPending}>
              {signing.tryAgain}
            </Button>
          }
        />
      )}
      {foreseen && <WouldBeRefused forecast={foreseen} />}
      {laid && <Review draft={laid.draft} />}
      <Alert kind="warn">{words.warning}</Alert>
      <Field label={words.number} hint={words.numberHint} error={wrong ? words.differs : undefined}>
        <Input
          required
          figures
          inputMode="numeric"
          autoComplete="off"
          maxLength={9}
          className="max-w-48 text-xl tracking-[0.2em]"
          value={number}
          onChange={(event) => setNumber(event.target.value)}
        />
      </Field>
      {state.phase === 'settled' && state.refusal && <Refusal refusal={state.refusal} />}
      <SigningNote state={state} again={again} />
      <div>
        {state.phase !== 'unknown' && (
          <Button
            type="submit"
            tone="primary"
            size="lg"
            icon={<PenLine aria-hidden className="size-4" />}
            busy={phaseText(state) !== undefined}
            disabled={!laid || foreseen !== undefined || state.phase === 'settled'}
          >
            {words.sign}
          </Button>
        )}
      </div>
    </form>
  );
}
