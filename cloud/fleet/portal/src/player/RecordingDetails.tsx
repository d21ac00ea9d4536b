import { useEffect, useState } from 'react';
import type { Camera, Recording } from '../api/types';
import { byteSize, clock } from '../time/text';
import { Icon } from '../ui/Icon';
import { downloadName } from './downloadName';
import { useProof } from './useProof';
import { canVerify, hashOf } from './verify';

interface RecordingDetailsProps {
  camera: Camera;
  recording: Recording;
  format: string | null;
  zone: string;
}

type Check = 'none' | 'running' | 'same' | 'different' | 'failed';

/** The recording on screen: its times, its size, what it must hash to, and its download. Keyed by recording, so a new one starts unchecked. */
export function RecordingDetails({ camera, recording, format, zone }: RecordingDetailsProps) {
  const { proof, fault } = useProof(recording);
  const [check, setCheck] = useState<Check>('none');
  const running = check === 'running';

  useEffect(() => {
    if (!running || !proof) return undefined;
    const abort = new AbortController();
    hashOf(recording.playUrl, abort.signal).then(
      (found) => setCheck(found === proof.sha256.toLowerCase() ? 'same' : 'different'),
      () => {
        if (!abort.signal.aborted) setCheck('failed');
      },
    );
    return () => abort.abort();
  }, [running, proof, recording.playUrl]);

  return (
    <div className="recording">
      <span className="recording-facts tabular">
        <strong>
          {clock(zone, recording.start)} – {recording.open ? 'now' : clock(zone, recording.end)}
        </strong>
        {recording.bytes > 0 && <span>{byteSize(recording.bytes)}</span>}
        {format && <span>{format}</span>}
        {recording.provenance === 'camera' && <span title="Taken back from the camera's own storage">From the camera</span>}
        {recording.holds && (
          <span className="recording-held" data-testid="recording-held" title={`Nothing deletes it while a hold stands:\n${recording.holds.join('\n')}`}>
            Held
          </span>
        )}
        {recording.deleted && <span className="recording-held">Deleted on its box although it was held</span>}
      </span>
      <span className="recording-proof">
        {recording.open ? (
          <span className="muted">Still being recorded; sealed with its hash when it closes.</span>
        ) : proof ? (
          <>
            <span className={`recording-hash recording-hash-${check}`} title={`SHA-256 ${proof.sha256}\nMerkle root ${proof.root}\nSegment ${proof.segment}, revision ${proof.revision}, hash ${proof.hashOrigin}`}>
              <Icon name="shield" />
              <span className="recording-label muted">SHA-256</span> <code data-testid="recording-hash">{proof.sha256}</code>
            </span>
            {canVerify() && (
              <button type="button" className="button button-small button-quiet" disabled={running} onClick={() => setCheck('running')}>
                {{ none: 'Verify', running: 'Verifying…', same: 'Verified', different: 'Does not match!', failed: 'Not readable, try again' }[check]}
              </button>
            )}
          </>
        ) : (
          <span className="muted">{fault ?? 'Reading the hash…'}</span>
        )}
      </span>
      <a className="button button-small" href={recording.playUrl} download={downloadName(camera, recording.start, zone)}>
        <Icon name="download" />
        Download
      </a>
    </div>
  );
}
