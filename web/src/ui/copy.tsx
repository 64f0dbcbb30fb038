import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { common } from '../text';
import { cx } from './cx';

const SHOWN_MS = 1600;

export function CopyButton({
  value,
  label,
  className,
}: {
  value: string;
  label?: string;
  className?: string;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const name = label ?? common.copy;
  return (
    <button
      type="button"
      aria-label={copied ? common.copied : name}
      title={name}
      onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}
      className={cx(
        'inline-grid size-6 shrink-0 place-items-center rounded-sm text-ink-3 hover:bg-hover hover:text-ink',
        className,
      )}
    >
      {copied ? (
        <Check aria-hidden className="size-3.5 text-good" />
      ) : (
        <Copy aria-hidden className="size-3.5" />
      )}
    </button>
  );
}
