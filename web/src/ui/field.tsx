import { ChevronRight } from 'lucide-react';
import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
  useContext,
  useId,
} from 'react';
import { common } from '../text';
import { CopyButton } from './copy';
import { cx } from './cx';

/** What a person must put right, in words; where the bank said it, with the id of the request. */
export interface FieldError {
  message: string;
  requestId?: string | undefined;
}

interface Ids {
  id: string;
  describedBy: string | undefined;
  invalid: boolean;
  required: boolean;
}
const FieldContext = createContext<Ids | null>(null);

/** Ties a control to the field around it. */
export function useFieldControl() {
  const ids = useContext(FieldContext);
  return {
    id: ids?.id,
    'aria-describedby': ids?.describedBy,
    'aria-invalid': ids?.invalid || undefined,
    'aria-required': ids?.required || undefined,
  };
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: FieldError | string | undefined | null;
  /** Marked for those who need not fill it in. */
  optional?: boolean;
  required?: boolean;
  className?: string;
  children: ReactNode;
}

export function Field({ label, hint, error, optional, required, className, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const told = typeof error === 'string' ? { message: error } : error;
  const describedBy = [hint && hintId, told && errorId].filter(Boolean).join(' ') || undefined;
  return (
    <div className={cx('grid content-start gap-1.5', className)}>
      <label htmlFor={id} className="flex items-baseline justify-between gap-2 text-sm font-medium text-ink">
        <span>{label}</span>
        {optional && <span className="font-normal text-ink-3">{common.optional}</span>}
      </label>
      <FieldContext value={{ id, describedBy, invalid: Boolean(told), required: Boolean(required) }}>
        {children}
      </FieldContext>
      {hint && (
        <div id={hintId} className="text-sm text-ink-3">
          {hint}
        </div>
      )}
      {told && (
        <div id={errorId} role="alert" className="text-sm text-bad">
          {told.message}
          {told.requestId && <RequestId id={told.requestId} />}
        </div>
      )}
    </div>
  );
}

/** The id of a request, one click away. */
export function RequestId({ id }: { id: string }) {
  return (
    <details className="group mt-0.5 text-xs text-ink-3">
      <summary className="inline-flex list-none items-center gap-0.5 underline decoration-dotted underline-offset-2 hover:text-ink">
        <ChevronRight aria-hidden className="size-3 transition-transform group-open:rotate-90" />
        {common.requestId}
      </summary>
      <span className="mt-1 flex items-center gap-1 font-mono break-all">
        {id}
        <CopyButton value={id} label={common.copyRequestId} />
      </span>
    </details>
  );
}

interface InputProps extends InputHTMLAttributes<HTMLInputElement> {
  ref?: Ref<HTMLInputElement>;
  /** Shown at the end of the control, like a currency. */
  suffix?: ReactNode;
  /** Figures that stand below each other. */
  figures?: boolean;
}

export function Input({ suffix, figures, className, ...rest }: InputProps) {
  const control = useFieldControl();
  const input = (
    <input
      autoComplete="off"
      {...control}
      {...rest}
      className={cx('control', figures && 'figures', suffix ? 'pr-16' : false, className)}
    />
  );
  if (!suffix) return input;
  return (
    <div className="relative">
      {input}
      <span className="pointer-events-none absolute inset-y-0 right-3 flex items-center text-sm text-ink-3">
        {suffix}
      </span>
    </div>
  );
}

export function Textarea({
  className,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> }) {
  const control = useFieldControl();
  return <textarea rows={3} {...control} {...rest} className={cx('control', className)} />;
}

interface CheckboxProps extends InputHTMLAttributes<HTMLInputElement> {
  label: ReactNode;
  ref?: Ref<HTMLInputElement>;
}

export function Checkbox({ label, className, ...rest }: CheckboxProps) {
  const id = useId();
  return (
    <span className={cx('flex items-start gap-2.5', className)}>
      <input {...rest} id={id} type="checkbox" className="mt-1 size-4 shrink-0 accent-accent" />
      <label htmlFor={id}>{label}</label>
    </span>
  );
}

interface Choice<T extends string> {
  value: T;
  label: ReactNode;
  about?: ReactNode;
}

/** A few choices, all of them seen. */
export function RadioCards<T extends string>(props: {
  name: string;
  legend: ReactNode;
  value: T | undefined;
  onChange: (value: T) => void;
  options: readonly Choice<T>[];
}) {
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1.5 text-sm font-medium">{props.legend}</legend>
      {props.options.map((option) => (
        <label
          key={option.value}
          className="flex cursor-pointer items-start gap-3 rounded-lg border border-line-strong bg-surface px-3.5 py-2.5 hover:bg-hover has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <input
            type="radio"
            name={props.name}
            value={option.value}
            checked={props.value === option.value}
            onChange={() => props.onChange(option.value)}
            className="mt-1 size-4 shrink-0 accent-accent outline-none"
          />
          <span>
            <span className="block font-medium">{option.label}</span>
            {option.about && <span className="block text-sm text-ink-2">{option.about}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
