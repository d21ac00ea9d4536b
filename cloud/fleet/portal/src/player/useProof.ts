import { useEffect, useState } from 'react';
import { readProof } from '../api/fleet';
import { tell } from '../api/failure';
import type { Proof, Recording } from '../api/types';

interface ProofAnswer {
  playUrl: string;
  proof: Proof | null;
  fault: string | null;
}

/** What the recording must hash to. Null values while it is asked for, and for one that is still being recorded. */
export function useProof(recording: Recording | null): { proof: Proof | null; fault: string | null } {
  const [answer, setAnswer] = useState<ProofAnswer | null>(null);
  const playUrl = recording && !recording.open ? recording.playUrl : null;
  useEffect(() => {
    if (playUrl === null) return undefined;
    const abort = new AbortController();
    readProof(playUrl, abort.signal).then(
      (proof) => setAnswer({ playUrl, proof, fault: null }),
      (error: unknown) => {
        if (!abort.signal.aborted) setAnswer({ playUrl, proof: null, fault: tell(error) });
      },
    );
    return () => abort.abort();
  }, [playUrl]);
  return answer?.playUrl === playUrl ? answer : { proof: null, fault: null };
}
