/** The mark and the name. */
export function Brand() {
  return (
    <span className="brand">
      <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" fill="var(--accent)" />
        <path d="M9 8v16M23 8v16M9 16h14" stroke="#fff" strokeWidth="3.4" strokeLinecap="round" fill="none" />
        <circle cx="16" cy="16" r="3.6" fill="var(--accent)" stroke="#fff" strokeWidth="2.4" />
      </svg>
      <span className="brand-name">Heldar</span>
    </span>
  );
}
