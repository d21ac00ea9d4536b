interface ChoiceProps {
  label: string;
  value: string;
  /** Value and name of each, in their order. */
  options: [string, string][];
  onChange: (value: string) => void;
}

/** A small labelled choice of one among several. */
export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label className="field">
      <span className="field-label">{label}</span>
      <select className="input input-small" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([key, name]) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
