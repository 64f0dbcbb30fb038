import { LoaderCircle } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { common } from '../text';
import { cx } from './cx';

export type Tone = 'primary' | 'secondary' | 'quiet' | 'danger';
export type Size = 'sm' | 'md' | 'lg' | 'icon' | 'icon-sm';

const TONES: Record<Tone, string> = {
  primary: 'bg-accent text-accent-ink border-transparent hover:bg-accent-strong',
  secondary: 'bg-surface text-ink border-line-button hover:bg-hover',
  quiet: 'bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink',
  danger: 'bg-bad-solid text-bad-ink border-transparent hover:opacity-90',
};
const SIZES: Record<Size, string> = {
  sm: 'min-h-8 px-2.5 text-sm gap-1.5',
  md: 'min-h-10 px-3.5 text-base gap-2',
  lg: 'min-h-12 px-5 text-lg gap-2',
  icon: 'size-10',
  'icon-sm': 'size-8',
};

export const buttonClass = (tone: Tone = 'secondary', size: Size = 'md', className?: string): string =>
  cx(
    'inline-flex items-center justify-center rounded-md border font-medium whitespace-nowrap select-none',
    'transition-colors duration-100 disabled:cursor-not-allowed disabled:opacity-55 no-underline',
    TONES[tone],
    SIZES[size],
    className,
  );

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: Tone;
  size?: Size;
  /** A request runs: disabled, and says so. */
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ tone, size, busy, icon, className, children, disabled, type, ...rest }: Props) {
  return (
    <button
      {...rest}
      type={type ?? 'button'}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={buttonClass(tone, size, className)}
    >
      {busy ? <LoaderCircle aria-hidden className="size-4 animate-spin" /> : icon}
      {children}
      {busy && <span className="sr-only">{common.working}</span>}
    </button>
  );
}

interface IconProps extends Omit<Props, 'children' | 'icon'> {
  /** What it does, for those who do not see it; also its tooltip. */
  label: string;
  children: ReactNode;
}

export function IconButton({ label, children, tone = 'quiet', size, ...rest }: IconProps) {
  return (
    <Button {...rest} aria-label={label} title={label} tone={tone} size={size === 'sm' ? 'icon-sm' : 'icon'}>
      {children}
    </Button>
  );
}
