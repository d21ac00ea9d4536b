import { useState } from 'react';
import { tell } from '../api/failure';

/** Runs a form's action once at a time. The action gives a fault to show, or null; what it throws is shown too. */
export function useSubmit(action: () => Promise<string | null>) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const run = async () => {
    setBusy(true);
    setFault(null);
    try {
      setFault(await action());
    } catch (error) {
      setFault(tell(error));
    } finally {
      setBusy(false);
    }
  };
  const submit = () => {
    if (!busy) void run();
  };
  return { busy, fault, submit };
}
