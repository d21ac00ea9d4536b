import { useMemo, useState } from 'react';
import { addSite, makeEnrolmentToken } from '../api/fleet';
import { useSubmit } from '../access/useSubmit';
import type { EnrolmentToken, Site } from '../api/types';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { EnrolmentLines } from './EnrolmentLines';
import { slugOf } from './slug';
import { ZoneField } from './ZoneField';
import { isZone } from '../time/zone';

interface AddBoxProps {
  sites: Site[];
  onClose: () => void;
  onChanged: () => void;
}

const minutes = 15;
const newSite = '';

/** Makes a one-time token, and a site where one is needed, and says what to do on the box. */
export function AddBox({ sites, onClose, onChanged }: AddBoxProps) {
  const [chosen, setChosen] = useState(sites[0]?.site ?? newSite);
  const [siteName, setSiteName] = useState('');
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [boxName, setBoxName] = useState('');
  const [made, setMade] = useState<{ token: EnrolmentToken; zone: string } | null>(null);
  const existing = useMemo(() => sites.find((site) => site.site === chosen), [sites, chosen]);

  const { busy, fault, submit } = useSubmit(async () => {
    let site = existing?.site;
    if (site === undefined) {
      site = slugOf(siteName);
      if (site === '') return 'Give the site a name with at least one letter or digit.';
      if (!isZone(zone)) return `“${zone}” is not a time zone. Use a name such as Europe/Berlin.`;
      await addSite(site, siteName.trim(), zone);
      onChanged();
      setChosen(site);
    }

    setMade({ token: await makeEnrolmentToken(site, minutes), zone: existing?.timeZone ?? zone });
    return null;
  });

  return (
    <section className="card add-box" aria-label="Add a box">
      <div className="card-head">
        <h2>Add a box</h2>
        <button type="button" className="button button-small button-quiet" onClick={onClose}>
          Close
        </button>
      </div>
      <form
        className="add-box-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <label className="field">
          <span className="field-label">Site</span>
          <select className="input" value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {sites.map((site) => (
              <option key={site.site} value={site.site}>
                {site.name}
              </option>
            ))}
            <option value={newSite}>New site…</option>
          </select>
        </label>
        {!existing && <Field label="Name of the site" value={siteName} onChange={setSiteName} required maxLength={64} placeholder="Depot Berlin" />}
        {!existing && <ZoneField value={zone} onChange={setZone} />}
        <Field label="Name of the box" value={boxName} onChange={setBoxName} required maxLength={64} placeholder="Depot North" />
        <button type="submit" className="button button-primary add-box-submit" disabled={busy}>
          {busy ? 'Making a token…' : made ? 'Make a new token' : 'Make a token'}
        </button>
      </form>
      {fault && <Notice kind="bad">{fault}</Notice>}
      {made && <EnrolmentLines token={made.token} name={boxName.trim()} zone={made.zone} />}
    </section>
  );
}
