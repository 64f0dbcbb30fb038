/** The mark: a shield with a door's wheel in it. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 32 32"
      className={className ?? 'size-7'}
      fill="none"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g stroke="var(--accent-ink)">
        <path d="M16 5.500 25 9v7.200c0 5.100-3.700 8.700-9 10.300-5.300-1.600-9-5.200-9-10.300V9z" />
        <circle cx="16" cy="15.300" r="3.100" />
        <path d="M16 10v2.200M16 18.400v3M11 15.300h1.900M19.100 15.300H21" />
      </g>
    </svg>
  );
}

export function Wordmark({ className }: { className?: string }) {
  return (
    <span className={className ?? 'inline-flex items-center gap-2.5'}>
      <Mark />
      <span className="text-lg font-semibold tracking-tight">Strongroom</span>
    </span>
  );
}
