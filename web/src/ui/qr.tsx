import encodeQR from 'qr';
import { useMemo } from 'react';

/** With the one that the library draws: four, as ISO 18004 wants. */
const QUIET = 3;

/** A code for a camera. Dark on light in both themes: readers expect that. */
export function Qr({ text, label, className }: { text: string; label: string; className?: string }) {
  const { path, size } = useMemo(() => {
    const rows = encodeQR(text, 'raw', { border: 1, ecc: 'medium' });
    const path = rows
      .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : '')))
      .join('');
    return { path, size: rows.length + 2 * QUIET };
  }, [text]);
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      className={className ?? 'size-56 rounded-lg'}
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#0d1115" />
    </svg>
  );
}
