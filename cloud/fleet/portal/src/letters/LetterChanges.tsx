import type { Change } from '../api/letters';

/** What a person changed in an event, field by field. */
export function LetterChanges({ changes }: { changes: Change[] }) {
  return (
    <table className="letter-changes" data-testid="letter-changes">
      <thead>
        <tr>
          <th>Changed</th>
          <th>As it came</th>
          <th>Mended</th>
        </tr>
      </thead>
      <tbody>
        {changes.map((change) => (
          <tr key={change.path}>
            <td>{change.path === '' ? 'all of it' : change.path}</td>
            <td className="letter-before">{change.before ?? '—'}</td>
            <td className="letter-after">{change.after ?? '—'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
