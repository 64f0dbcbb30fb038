import { FileUp, X } from 'lucide-react';
import { type DragEvent, useId, useRef, useState } from 'react';
import { common } from '../text';
import { IconButton } from './button';
import { cx } from './cx';
import { useFieldControl } from './field';

const KIB = 1024;
const size = (bytes: number): string =>
  bytes < KIB
    ? `${bytes} B`
    : bytes < KIB * KIB
      ? `${(bytes / KIB).toFixed(1)} KiB`
      : `${(bytes / KIB / KIB).toFixed(1)} MiB`;

interface Props {
  file: File | null;
  onFile: (file: File | null) => void;
  /** As of an input of files: `.xml,.csv`. */
  accept?: string;
  hint?: string;
  disabled?: boolean;
}

/** A file, dropped or chosen. It is read in this browser and goes where the page says, not before. */
export function FileDrop({ file, onFile, accept, hint, disabled }: Props) {
  const control = useFieldControl();
  const own = useId();
  const id = control.id ?? own;
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped && !disabled) onFile(dropped);
  };
  if (file) {
    return (
      <div className="flex items-center gap-3 rounded-lg border border-line-strong bg-surface px-4 py-3">
        <FileUp aria-hidden className="size-5 text-accent" />
        <p className="min-w-0 flex-1">
          <span className="block truncate font-medium">{file.name}</span>
          <span className="figures text-sm text-ink-3">{size(file.size)}</span>
        </p>
        <IconButton size="sm" label={common.removeFile} onClick={() => onFile(null)} disabled={disabled}>
          <X aria-hidden className="size-4" />
        </IconButton>
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a convenience; the input is the control
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={cx(
        'grid justify-items-center gap-1 rounded-lg border border-dashed px-6 py-8 text-center has-focus-visible:outline-2 has-focus-visible:outline-accent',
        over ? 'border-accent bg-accent-soft' : 'border-line-strong bg-surface',
      )}
    >
      <FileUp aria-hidden className="mb-1 size-6 text-ink-3" />
      <p>
        <label htmlFor={id} className="font-medium text-accent underline underline-offset-2">
          {common.chooseFile}
        </label>{' '}
        {common.orDrop}
      </p>
      {hint && <p className="text-sm text-ink-3">{hint}</p>}
      <input
        {...control}
        ref={input}
        id={id}
        type="file"
        accept={accept}
        disabled={disabled}
        className="sr-only"
        onChange={(event) => onFile(event.target.files?.[0] ?? null)}
      />
    </div>
  );
}
