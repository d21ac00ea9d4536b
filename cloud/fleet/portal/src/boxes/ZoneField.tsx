import { useId, useMemo } from 'react';
import { Field } from '../ui/Field';

interface ZoneFieldProps {
  value: string;
  onChange: (zone: string) => void;
}

/** A time zone by name, with the browser's list as suggestions. */
export function ZoneField({ value, onChange }: ZoneFieldProps) {
  const id = useId();
  const zones = useMemo(() => Intl.supportedValuesOf('timeZone'), []);
  return (
    <>
      <Field label="Time zone" value={value} onChange={onChange} required list={id} spellCheck={false} />
      <datalist id={id}>
        {zones.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
