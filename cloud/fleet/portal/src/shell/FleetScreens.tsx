import { useEffect } from 'react';
import { ApiFailure, tell } from '../api/failure';
import { useFleet } from '../fleet/useFleet';
import { RecordingsScreen } from '../recordings/RecordingsScreen';
import { Notice } from '../ui/Notice';
import type { Route } from './useRoute';

interface FleetScreensProps {
  route: Route;
  onSignedOut: () => void;
}

/** Keeps the fleet's state fresh and shows the screen that the address names. */
export function FleetScreens({ route, onSignedOut }: FleetScreensProps) {
  const fleet = useFleet();
  const signedOut = fleet.error instanceof ApiFailure && fleet.error.signedOut;
  useEffect(() => {
    if (signedOut) onSignedOut();
  }, [signedOut, onSignedOut]);

  if (!fleet.data) {
    return (
      <div className="shell-wait">
        {fleet.error ? (
          <Notice kind="bad" onRetry={fleet.refresh}>
            {tell(fleet.error)}
          </Notice>
        ) : (
          <div className="spinner" role="status" aria-label="Loading" />
        )}
      </div>
    );
  }

  return <RecordingsScreen fleet={fleet.data} route={route} />;
}
